"""Factors: drawn by seed and index alone; the format's order is kept."""

from __future__ import annotations

import torch

from gan.critters.anatomy import anatomy
from gan.critters.factors import (
    APPEARANCE_FACTORS,
    FACTOR_COUNT,
    FACTOR_NAMES,
    GEOMETRY_FACTORS,
    SIDED_FACTORS,
    mirrored,
    sample_factors,
)
from gan.critters.look import COAT_PALETTE, MANE_PALETTE, look, palette


def test_a_row_depends_on_seed_and_index_alone() -> None:
    together = sample_factors(11, range(40))
    assert together.shape == (40, FACTOR_COUNT)
    assert together.dtype == torch.float32
    assert torch.equal(sample_factors(11, range(17, 29)), together[17:29])
    assert torch.equal(sample_factors(11, [31, 2]), together[[31, 2]])
    assert not torch.equal(sample_factors(12, range(40)), together)
    assert sample_factors(11, []).shape == (0, FACTOR_COUNT)


def test_the_stream_is_pinned() -> None:
    """Sets on disk and held-out splits name critters by seed and index: these must stay who they are."""
    first = sample_factors(0, [0])[0, :3]
    torch.testing.assert_close(first, torch.tensor([0.059911, 0.0155596, -1.1644385]), atol=1e-6, rtol=0)


def test_factors_are_standard_normal() -> None:
    z = sample_factors(3, range(4000))
    assert z.mean(0).abs().max() < 0.08
    assert (z.std(0) - 1).abs().max() < 0.06
    off_diagonal = torch.corrcoef(z.t()) - torch.eye(FACTOR_COUNT)
    assert off_diagonal.abs().max() < 0.09


def test_the_order_of_a_trained_generator_is_kept() -> None:
    assert len(set(FACTOR_NAMES)) == FACTOR_COUNT <= 56
    assert sorted(GEOMETRY_FACTORS + APPEARANCE_FACTORS) == list(range(FACTOR_COUNT))
    assert GEOMETRY_FACTORS[:29] == tuple(range(29))
    assert APPEARANCE_FACTORS[:19] == tuple(range(29, 48))
    assert (FACTOR_NAMES[0], FACTOR_NAMES[28], FACTOR_NAMES[29], FACTOR_NAMES[47]) == (
        "yaw",
        "chin",
        "coat_hue",
        "saturation",
    )


def test_geometry_and_appearance_do_not_touch_each_other() -> None:
    """A generator keeps the two in halves of w: a colour must not move anything, nor a shape colour it."""
    z = sample_factors(5, range(3))
    for i in range(FACTOR_COUNT):
        moved = z.clone()
        moved[:, i] += 0.7
        shape_changed = not torch.equal(torch.stack(anatomy(moved)), torch.stack(anatomy(z)))
        look_changed = not torch.equal(torch.stack(look(moved)), torch.stack(look(z)))
        assert not (shape_changed and i in APPEARANCE_FACTORS), FACTOR_NAMES[i]
        assert not (look_changed and i in GEOMETRY_FACTORS), FACTOR_NAMES[i]


def test_mirroring_twice_changes_nothing() -> None:
    z = sample_factors(5, range(3))
    assert torch.equal(mirrored(mirrored(z)), z)
    changed = (mirrored(z) != z).all(0).nonzero()[:, 0].tolist()
    assert tuple(changed) == tuple(sorted(SIDED_FACTORS))


def test_a_palette_goes_through_its_anchors_without_jumps() -> None:
    at = torch.linspace(0, 1, len(COAT_PALETTE))
    torch.testing.assert_close(torch.stack(palette(COAT_PALETTE, at), 1), torch.tensor(COAT_PALETTE))
    fine = torch.stack(palette(MANE_PALETTE, torch.linspace(0, 1, 2001)), 1)
    assert fine.diff(dim=0).abs().max() < 0.003
