"""A folder of ordinary pictures of any size, brought to squares of one size, once, in one file of bytes.

Decoding a photograph takes longer than a training step needs its pixels, and a damaged file should be named
at the start, not after a night.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from gan.train.settings import TrainError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
FEWEST_PICTURES = 8
PICTURES_FILE = "pictures.npy"
LIST_FILE = "pictures.json"


class PictureList(msgspec.Struct):
    """What is in the prepared file. key: changes with the folder's files and the resolution."""

    key: str
    files: list[str]
    skipped: dict[str, str]


@dataclass(frozen=True)
class PreparedPictures:
    """Pictures (N, R, R, 3) of bytes in a memory-mapped file. skipped: file -> why it could not be read."""

    pixels: NDArray[np.uint8]
    files: Sequence[str]
    skipped: dict[str, str]

    def __len__(self) -> int:
        return len(self.files)

    def pictures(self, indices: Sequence[int]) -> Tensor:
        """(N, 3, R, R) of bytes; channels-last in memory."""
        picked = np.ascontiguousarray(self.pixels[np.asarray(indices)])
        return torch.from_numpy(picked).permute(0, 3, 1, 2)  # pyright: ignore[reportUnknownMemberType]


def prepare_folder(
    folder: Path,
    resolution: int,
    cache: Path,
    note: Callable[[int, int], None] = lambda _done, _count: None,
) -> PreparedPictures:
    """Every picture in `folder` and below, its middle square scaled to `resolution`, in a file in `cache`.

    A prepared file of the same pictures is used again. note: hears how many of how many are done. Raises
    TrainError where there are no or too few pictures, or `cache` lies among them.
    """
    if folder.is_dir() and cache.resolve().is_relative_to(folder.resolve()):
        raise TrainError(
            f"'{cache}' lies in '{folder}', so its sample sheets would be trained on; give another --out"
        )
    paths = picture_files(folder)
    key = _key_of(paths, resolution)
    prepared = _opened(cache, key)
    if prepared is None:
        _write(folder, paths, resolution, cache, key, note)
        prepared = _opened(cache, key)
        assert prepared is not None
    if len(prepared) < FEWEST_PICTURES:
        damaged = f" and {len(prepared.skipped)} damaged files" if prepared.skipped else ""
        raise TrainError(
            f"'{folder}' has {len(prepared)} readable pictures{damaged}; "
            f"training needs at least {FEWEST_PICTURES}, and hundreds to be worth it"
        )
    return prepared


def picture_files(folder: Path) -> list[Path]:
    """PNG, JPEG and WebP files in `folder` and below, by name. Raises TrainError where there are none."""
    if not folder.is_dir():
        raise TrainError(f"'{folder}' is not a folder; give one with PNG, JPEG or WebP pictures")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not paths:
        raise TrainError(f"'{folder}' has no pictures; PNG, JPEG and WebP files are read")
    return paths


def read_square(path: Path, resolution: int) -> NDArray[np.uint8]:
    """The picture's middle square as it is meant to be seen, (resolution, resolution, 3) of bytes.

    Transparent pixels become white. Raises what Pillow raises on damaged files.
    """
    with Image.open(path) as image:
        # a JPEG can be decoded at half, a quarter or an eighth of its size for a fraction of the time
        image.draft("RGB", (2 * resolution, 2 * resolution))
        image.load()
        seen: Any = ImageOps.exif_transpose(image)
        if seen.mode.startswith("I;16"):  # Pillow would clip 16 bits of grey to white
            seen = Image.fromarray((np.asarray(seen) >> 8).astype(np.uint8))
        if seen.has_transparency_data:
            seen = seen.convert("RGBA")
            seen = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
        size = (resolution, resolution)
        square = ImageOps.fit(seen.convert("RGB"), size, Image.Resampling.LANCZOS)
        return np.asarray(square)


def _write(
    folder: Path,
    paths: list[Path],
    resolution: int,
    cache: Path,
    key: str,
    note: Callable[[int, int], None],
) -> None:
    files: list[str] = []
    skipped: dict[str, str] = {}

    def read(path: Path) -> NDArray[np.uint8] | str:
        try:
            return read_square(path, resolution)
        except Exception as error:  # noqa: BLE001 - Pillow's decoders raise anything at all on damaged files
            return str(error).replace(str(path), path.name) or type(error).__name__

    unfinished = cache / f".{PICTURES_FILE}.part"
    try:
        pixels = np.lib.format.open_memmap(
            unfinished, mode="w+", dtype=np.uint8, shape=(len(paths), resolution, resolution, 3)
        )
        # a bounded window: `map` alone would decode the whole folder into memory ahead of the writing
        window = 64
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for first in range(0, len(paths), window):
                some = paths[first : first + window]
                for path, picture in zip(some, pool.map(read, some), strict=True):
                    name = str(path.relative_to(folder))
                    if isinstance(picture, str):
                        skipped[name] = picture
                    else:
                        pixels[len(files)] = picture
                        files.append(name)
                note(first + len(some), len(paths))
        pixels.flush()
        del pixels
        unfinished.replace(cache / PICTURES_FILE)
        (cache / LIST_FILE).write_bytes(msgspec.json.encode(PictureList(key, files, skipped)))
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise TrainError(f"cannot write '{cache / PICTURES_FILE}': {error.strerror or error}") from error


def _opened(cache: Path, key: str) -> PreparedPictures | None:
    """The prepared pictures, None where they are not there or of other files."""
    try:
        known = msgspec.json.decode((cache / LIST_FILE).read_bytes(), type=PictureList)
        if known.key != key:
            return None
        pixels = np.load(cache / PICTURES_FILE, mmap_mode="r")
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    return PreparedPictures(pixels, known.files, known.skipped)


def _key_of(paths: list[Path], resolution: int) -> str:
    digest = hashlib.sha256(str(resolution).encode())
    for path in paths:
        about = path.stat()
        digest.update(f"\n{path} {about.st_size} {about.st_mtime_ns}".encode())
    return digest.hexdigest()
