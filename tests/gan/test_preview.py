"""Previews: fitted, measured, cached under the model's hash; their cost stops at their block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan import DragSession, load_generator
from gan.preview import (
    PreviewSettings,
    asked_for,
    cheapest_faithful,
    fit_previews,
    load_or_fit_previews,
    nearest,
)
from tests.gan.cases import small_generator

SETTINGS = PreviewSettings(sample_count=12, held_out_count=4, pixels_per_sample=200)


def test_a_fit_beats_the_bare_rgb_sum_and_is_measured() -> None:
    generator = small_generator(resolution=32)
    previews = fit_previews(generator, SETTINGS)
    assert [p.resolution for p in previews] == [4, 8, 16]
    half = previews[-1]
    w_plus = generator.sample(50)
    full = torch.nn.functional.avg_pool2d(generator.image(w_plus)[None], 2)[0]
    corrected = half.picture(generator, w_plus)
    assert corrected.shape == (3, 16, 16)
    assert (corrected - full).square().mean() < (generator.rgb_after(w_plus, 16) - full).square().mean()
    assert all(p.psnr_db > 0 and 0 < p.mean_error < 2 for p in previews)


def test_a_linear_last_block_is_learnt_exactly() -> None:
    """A generator whose last block adds nothing: the preview is the picture, up to its size."""
    generator = small_generator(resolution=32)
    last = generator.synthesis.blocks[-1]
    silent = replace(last.torgb, weight=last.torgb.weight * 0, bias=last.torgb.bias * 0 + 0.1)
    blocks = (*generator.synthesis.blocks[:-1], replace(last, torgb=silent))
    generator = replace(generator, synthesis=replace(generator.synthesis, blocks=blocks))
    half = fit_previews(generator, replace(SETTINGS, ridge=1e-9))[-1]
    w_plus = generator.sample(60)
    full = torch.nn.functional.avg_pool2d(generator.image(w_plus)[None], 2)[0]
    inner = (slice(None), slice(1, -1), slice(1, -1))  # upsampling has a border of its own
    error = half.picture(generator, w_plus)[inner] - full[inner]
    assert error.square().mean() < 0.01 * full[inner].var()


def test_the_threshold_decides() -> None:
    previews = fit_previews(small_generator(resolution=16), SETTINGS)
    assert cheapest_faithful(previews, replace(SETTINGS, faithful_psnr_db=-100)) is previews[0]
    assert cheapest_faithful(previews, replace(SETTINGS, faithful_psnr_db=1000)) is None


def test_where_none_is_faithful_the_nearest_is_there_for_whoever_asks() -> None:
    fitted = fit_previews(small_generator(resolution=16), SETTINGS)[-2:]
    for psnrs_db, unasked, asked in (
        ((27.0, 35.0), 1, 1),
        ((33.0, 35.0), 0, 0),
        ((27.0, 28.0), None, 1),
        ((20.0, 21.0), None, None),
    ):
        previews = [replace(p, psnr_db=db) for p, db in zip(fitted, psnrs_db, strict=True)]
        assert cheapest_faithful(previews) is (None if unasked is None else previews[unasked])
        assert asked_for(previews) is (None if asked is None else previews[asked])
        assert nearest(previews) is previews[1]
    assert nearest([]) is None


def test_of_the_embedded_generator_only_the_block_below_the_picture_is_faithful() -> None:
    """The one below that loses mouths."""
    few = PreviewSettings(sample_count=60, held_out_count=6)
    previews = fit_previews(load_generator(None, "cpu"), few)
    shown = cheapest_faithful(previews)
    assert shown is not None
    assert [p.resolution for p in previews] == [32, 64, 128]
    assert shown.resolution == 128


def test_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = small_generator(resolution=16)
    seen: list[tuple[int, int]] = []
    first = load_or_fit_previews(generator, tmp_path / "new", SETTINGS, lambda *at: seen.append(at))
    assert seen[-1] == (16, 16)
    monkeypatch.setattr("gan.preview.fit_previews", lambda *_: pytest.fail("fitted again"))
    again = load_or_fit_previews(generator, tmp_path / "new", SETTINGS)
    for a, b in zip(first, again, strict=True):
        assert torch.equal(a.weight, b.weight)
        assert (a.resolution, a.psnr_db, a.mean_error) == (b.resolution, b.psnr_db, b.mean_error)
    monkeypatch.undo()
    (file,) = (tmp_path / "new").iterdir()
    file.write_bytes(b"not a cache")
    assert load_or_fit_previews(generator, tmp_path / "new", SETTINGS)[0].psnr_db == first[0].psnr_db
    (tmp_path / "file").touch()  # a folder that cannot be made is no error
    assert load_or_fit_previews(generator, tmp_path / "file" / "x", SETTINGS)[0].psnr_db == first[0].psnr_db


def test_a_session_shows_it_without_moving() -> None:
    generator = small_generator(resolution=32)
    preview = fit_previews(generator, SETTINGS)[-1]
    session = DragSession(generator, generator.sample(0), [(10, 10)], [(20, 12)])
    session.step()
    before = session.snapshot()
    assert session.preview_tensor(preview).shape == (3, 16, 16)
    assert session.snapshot() is before
