"""Masks as PNG files: there and back, what other programs paint, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.mask_file import load_mask, save_mask
from app.session.painted_mask import movable_region
from gan.errors import EditError


def a_mask() -> np.ndarray:
    painted = np.zeros((48, 64), np.uint8)
    painted[5:9, 7:30] = 1
    painted[20:30, 40:50] = 2
    return painted


def test_png_there_and_back(tmp_path: Path) -> None:
    save_mask(tmp_path / "mask.png", a_mask())
    assert (load_mask(tmp_path / "mask.png", (64, 48)) == a_mask()).all()


def test_what_the_window_saves_holds_the_same_region_everywhere(tmp_path: Path) -> None:
    """Grey is unpainted, not movable: else a saved brush stroke would free the whole picture."""
    save_mask(tmp_path / "mask.png", a_mask())
    region = movable_region(load_mask(tmp_path / "mask.png", (64, 48)))
    assert region is not None
    assert region.sum() == (a_mask() == 1).sum()


def test_black_and_white_of_other_programs(tmp_path: Path) -> None:
    white = np.zeros((48, 64), np.uint8)
    white[10:20] = 255
    Image.fromarray(white).convert("RGB").save(tmp_path / "mask.png")
    region = movable_region(load_mask(tmp_path / "mask.png", (64, 48)))
    assert region is not None
    assert (region == (white == 255)).all()


@pytest.mark.parametrize("size", [(32, 32), (64, 64)])
def test_another_size_is_refused_and_named(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("L", size, 255).save(tmp_path / "mask.png")
    with pytest.raises(EditError, match=f"is {size[0]}x{size[1]}, the picture 64x48"):
        load_mask(tmp_path / "mask.png", (64, 48))


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_text("no picture")
    with pytest.raises(EditError, match="not a readable PNG"):
        load_mask(tmp_path / "mask.png", (64, 48))


def test_a_picture_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (64, 48), 255).save(tmp_path / "mask.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(EditError, match="not a readable PNG"):
        load_mask(tmp_path / "mask.png", (64, 48))


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(EditError, match="cannot write the mask"):
        save_mask(tmp_path / "missing" / "mask.png", a_mask())
