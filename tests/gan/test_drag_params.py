"""The parameters: presets as published, ranges held, radii in pixels."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

import msgspec
import pytest

from gan import PARAM_RANGES, DragParams, DragSession, EditError
from gan.random_model import random_architecture
from tests.gan.cases import small_architecture, small_generator


def test_presets_are_the_published_columns() -> None:
    paper, released = DragParams.paper(), DragParams.released()
    assert (paper.learning_rate, paper.order, paper.tracking_norm) == (2e-3, "supervise-then-track", "l1")
    assert (released.learning_rate, released.order, released.tracking_norm) == (
        1e-3,
        "track-then-supervise",
        "l2",
    )
    for preset in (paper, released):
        assert (preset.supervision_radius, preset.tracking_radius, preset.mask_weight) == (3, 12, 20)
        assert (preset.optimised_row_count, preset.latent_space, preset.tracking_subdivision) == (6, "w+", 1)
        assert preset.supervised_beyond_px == 1


@pytest.mark.parametrize("picture_px", [256, 512, 1024])
def test_published_radii_where_the_map_has_128_cells(picture_px: int) -> None:
    params = DragParams.paper()
    assert params.supervision_radius_px(picture_px, 128) == max(1, round(3 / 512 * picture_px))
    assert params.tracking_radius_px(picture_px, 128) == max(2, round(12 / 512 * picture_px))


def test_radii_keep_their_size_in_cells_on_small_pictures() -> None:
    params = DragParams.paper()
    assert params.supervision_radius_px(64, 32) == 2
    assert params.tracking_radius_px(64, 32) == 6
    assert replace(params, supervision_radius=1, tracking_radius=2).tracking_radius_px(64, 64) == 2


def test_stop_distances() -> None:
    assert DragParams.released().stop_distance_px(1024, 128, 1) == 4
    assert DragParams.released().stop_distance_px(256, 32, 9) == 2
    assert DragParams.paper().stop_distance_px(512, 128, 5) == 1
    assert DragParams.paper().stop_distance_px(512, 128, 6) == 2
    assert DragParams().stop_distance_px(64, 32, 1) <= 0.5
    assert DragParams().stop_distance_px(256, 32, 1) == 1  # an eighth of a cell
    assert DragParams().stop_distance_px(1024, 128, 1) == 2


def test_every_field_has_a_range_and_a_default_within() -> None:
    assert [f.name for f in fields(DragParams)] == list(PARAM_RANGES)
    assert all(r.help and (r.choices or r.minimum < r.maximum) for r in PARAM_RANGES.values())


def test_json_and_back() -> None:
    params = DragParams.released()
    assert DragParams(**msgspec.json.decode(msgspec.json.encode(asdict(params)))) == params


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("learning_rate", 0.0, "learning_rate is 0; allowed are 1e-05 to 0.1"),
        ("learning_rate", float("nan"), "give a number"),
        ("latent_space", "z", "latent_space is 'z'; allowed are w[+] and w"),
        ("optimised_row_count", 2.5, "give a whole number"),
        ("tracking_subdivision", 0, "allowed are 1 to 8"),
        ("order", "both", "allowed are supervise-then-track and track-then-supervise"),
        ("mask_weight", True, "give a number"),
    ],
)
def test_values_out_of_range_are_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(EditError, match=message):
        replace(DragParams(), **{field: value})


def test_a_block_that_the_generator_lacks_is_refused() -> None:
    generator = small_generator(resolution=32)
    with pytest.raises(EditError, match="feature_resolution is 128; this generator has blocks of"):
        DragSession(generator, generator.sample(0), params=DragParams(feature_resolution=128))


@pytest.mark.parametrize(
    ("num_ws", "given", "expected"), [(18, None, 6), (10, None, 6), (4, None, 4), (10, 9, 9), (4, 6, 4)]
)
def test_the_first_six_rows_are_optimised_unless_a_number_is_given(
    num_ws: int, given: int | None, expected: int
) -> None:
    assert DragParams(optimised_row_count=given).row_count(num_ws) == expected


@pytest.mark.parametrize(
    ("num_ws", "cells", "weights"),
    [
        (18, 128, (1, 1, 1, 1, 1, 1)),
        (16, 128, (1, 1, 1, 1, 1, 0.5)),
        (14, 128, (1, 1, 1, 1, 0.5, 0.25)),
        (14, 64, (1, 1, 1, 1, 0.5, 0.25)),
        (14, 32, (1, 1, 1, 0.5, 0.25, 0.125)),
        (12, 32, (1, 1, 1, 0.5, 0.25, 0.125)),
        (10, 32, (1, 1, 1, 0.5, 0.25, 0.125)),
        (2, 4, (1, 1)),
    ],
)
def test_finer_rows_fade_but_not_under_a_mask(num_ws: int, cells: int, weights: tuple[float, ...]) -> None:
    params = DragParams(row_fading=0.5)
    assert params.row_weights(num_ws, False, cells) == weights
    assert set(params.row_weights(num_ws, True, cells)) == {1.0}
    assert set(replace(params, row_fading=0.0).row_weights(num_ws, False, cells)) == {1.0}


def test_what_is_automatic_is_decided_for_a_generator() -> None:
    params = DragParams()
    assert params.automatic == ("optimised_row_count", "feature_resolution")
    decided = params.decided(12, 32)
    assert (decided.optimised_row_count, decided.feature_resolution) == (6, 32)
    assert decided.automatic == ()
    given = DragParams(optimised_row_count=18)
    assert given.decided(12, 32).optimised_row_count == 18


@pytest.mark.parametrize(
    ("resolution", "cells"), [(1024, 128), (512, 128), (256, 128), (128, 32), (64, 32), (32, 16), (8, 4)]
)
def test_the_feature_block_is_the_sixth_or_in_small_generators_a_coarser_one(
    resolution: int, cells: int
) -> None:
    assert small_architecture(resolution).default_feature_resolution == cells


@pytest.mark.parametrize(
    ("resolution", "channel_base", "channel_max", "cells"),
    [
        (1024, 32768, 512, 128),
        (256, 16384, 512, 128),
        (256, 8192, 512, 64),
        (256, 4096, 128, 32),
        (256, 2048, 512, 128),  # nothing is wide from 32 cells on
        (128, 4096, 128, 32),
    ],
)
def test_a_narrow_sixth_block_gives_way_to_a_wide_one_below(
    resolution: int, channel_base: int, channel_max: int, cells: int
) -> None:
    architecture = random_architecture(resolution, channel_base, channel_max)
    assert architecture.default_feature_resolution == cells
