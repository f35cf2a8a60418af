"""Small training data for the tests: a paired set and a folder of pictures, both random but smooth."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from gan.critters.dataset import ABOUT, FORMAT, FORMAT_VERSION, About
from gan.critters.factors import FACTOR_COUNT, FACTOR_NAMES
from gan.critters.landmarks import LANDMARK_COUNT
from gan.critters.renderer import RENDERER_VERSION


def write_paired_set(folder: Path, count: int = 40, resolution: int = 16) -> Path:
    """A set in the form of `livedrag dataset`: pictures whose colours follow the first factors."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    factors = random.standard_normal((count, FACTOR_COUNT), dtype=np.float32)
    across = np.linspace(0, 1, resolution)[None, :, None] * np.ones((resolution, 1, 1))
    colours = np.tanh(factors[:, None, None, :3])  # (N, 1, 1, 3)
    pictures = (127.5 + 100 * colours * across).astype(np.uint8)
    landmarks = random.uniform(0, resolution - 1, (count, LANDMARK_COUNT, 2)).astype(np.float32)
    for name, array in (("pictures", pictures), ("factors", factors), ("landmarks", landmarks)):
        np.save(folder / f"{name}.npy", array)
    names = list(FACTOR_NAMES)
    about = About(
        FORMAT, FORMAT_VERSION, "array", 0, count, resolution, RENDERER_VERSION, False, names, count
    )
    (folder / ABOUT).write_bytes(msgspec.json.encode(about))
    return folder


def write_pictures(folder: Path, count: int = 12) -> Path:
    """PNG, JPEG and WebP files of mixed sizes, one of them grey, one transparent, one in a folder below."""
    (folder / "below").mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    for i in range(count):
        height, width = (int(n) for n in random.integers(9, 60, 2))
        small = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        image = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        name = f"{i:02d}.{('png', 'jpg', 'webp')[i % 3]}"
        if i == 0:
            image = image.convert("L")
        elif i == 3:
            image.putalpha(128)
        image.save(folder / ("below" if i == 1 else ".") / name)
    return folder


def add_damaged_files(folder: Path) -> list[str]:
    """Three files that cannot be decoded: cut short, not a picture, empty. Returns their names."""
    whole = (folder / "06.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_bytes(b"not a picture at all")
    (folder / "nothing.webp").write_bytes(b"")
    return ["cut.png", "nothing.webp", "text.jpg"]
