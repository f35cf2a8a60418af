"""Thumbnails of models: made once from the first picture, kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from platformdirs import user_cache_path

from gan.generator import Generator, to_uint8

SIZE_PX = 48
SEED = 0
TRUNCATION_PSI = 0.7


def default_folder() -> Path:
    """Where thumbnails are kept; it may not exist yet."""
    return user_cache_path("livedrag", appauthor=False) / "thumbnails"


def thumbnail_path(model: Path, folder: Path) -> Path | None:
    """Where a model's thumbnail is or will be; another one after the file has changed. None: no such file."""
    try:
        status = model.stat()
    except OSError:
        return None
    identity = f"{model.resolve()}|{status.st_size}|{status.st_mtime_ns}"
    return folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}.png"


def make_thumbnail(generator: Generator, path: Path) -> None:
    """Writes the picture of seed 0, small, with black beside it where it is not square.

    A cache that cannot be written is no error: the thumbnail is made again the next time.
    """
    picture = (
        to_uint8(generator.image(generator.sample(SEED, TRUNCATION_PSI))).cpu().numpy()
    )  # sync: a worker
    image = Image.fromarray(picture)
    image.thumbnail((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (SIZE_PX, SIZE_PX))
    canvas.paste(image, ((SIZE_PX - image.width) // 2, (SIZE_PX - image.height) // 2))
    unfinished = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas.save(unfinished, format="PNG")
        unfinished.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # its folder may be what is in the way
            unfinished.unlink(missing_ok=True)


def read_thumbnail(path: Path) -> NDArray[np.float32] | None:
    """RGBA values 0..1, (SIZE_PX, SIZE_PX, 4); None where there is none or it is damaged."""
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGBA"), np.float32) / np.float32(255)
    except (OSError, ValueError):
        return None
    return pixels if pixels.shape == (SIZE_PX, SIZE_PX, 4) else None
