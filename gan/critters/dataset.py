"""Sets of critters on disk: written so that a killed run resumes, opened memory-mapped.

A set is a folder: dataset.json, factors.npy (N, FACTOR_COUNT) float32, landmarks.npy (N, 12, 2) float32 in
pixels, and the pictures: pictures.npy (N, H, W, 3) uint8, or one PNG each, 00000000.png and so on.
dataset.json says what the set is and how many of its critters are done: the first `done_count`.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from PIL import Image

from gan.critters.factors import FACTOR_COUNT, FACTOR_NAMES
from gan.critters.kernels import can_compile
from gan.critters.landmarks import LANDMARK_COUNT
from gan.critters.render_blocks import Array, Block, RenderJob, one_ahead, rendered_blocks
from gan.critters.renderer import RENDERER_VERSION, RESOLUTIONS
from gan.critters.set_arrays import DatasetError, create_array, open_array_file, write_rows
from gan.devices import resolve_device
from gan.file_lock import FileLock

FORMAT = "livedrag-critters"
FORMAT_VERSION = 1
ABOUT = "dataset.json"
LOCK = ".dataset.lock"  # of the run that renders into the folder
BLOCK_BYTES = 4 << 20  # of pictures between two notes of what is done
BLOCK_LIMIT = 16
GPU_BLOCK_BYTES = 64 << 20  # on a GPU a block takes a second, not half a minute
GPU_BLOCK_LIMIT = 512
COMPILE_FROM = 1500  # pictures; below, compiling takes longer than it saves

Form = Literal["array", "images"]
OnDone = Callable[[int], None]


class About(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The contents of dataset.json."""

    format: str
    format_version: int
    form: Form
    seed: int
    count: int
    resolution: int
    renderer_version: int
    compiled: bool  # a resumed run renders as the first one did: fused arithmetic rounds differently
    factor_names: list[str]
    done_count: int = 0


@dataclass(frozen=True)
class CritterArray:
    """A set, memory-mapped and read only: the critters that are done."""

    folder: Path
    seed: int
    resolution: int
    renderer_version: int
    planned_count: int
    pictures: Array  # (N, H, W, 3) uint8
    factors: Array  # (N, FACTOR_COUNT) float32
    landmarks: Array  # (N, 12, 2) float32, pixels

    def __len__(self) -> int:
        """How many critters are done."""
        return len(self.pictures)


def write_array(
    folder: Path | str,
    seed: int,
    count: int,
    resolution: int,
    *,
    worker_count: int = 1,
    device: str = "cpu",
    compiled: bool | None = None,
    on_done: OnDone | None = None,
) -> None:
    """Renders critters 0 .. count - 1 of `seed` into a memory-mappable set, or finishes one that was begun.

    compiled: see CritterRenderer; None: where it pays off. on_done: called with the number of critters that
    are done, first with those of an earlier run. Raises DatasetError, CritterError, DeviceError.
    """
    job = RenderJob(seed, resolution, device, compiled)
    _write(Path(folder), "array", job, count, worker_count, on_done)


def write_images(
    folder: Path | str,
    seed: int,
    count: int,
    resolution: int,
    *,
    worker_count: int = 1,
    device: str = "cpu",
    compiled: bool | None = None,
    on_done: OnDone | None = None,
) -> None:
    """As write_array, with one PNG for each picture."""
    _write(
        Path(folder), "images", RenderJob(seed, resolution, device, compiled), count, worker_count, on_done
    )


def open_array(folder: Path | str) -> CritterArray:
    """The critters of a set in array form that are done. Raises DatasetError where it is none or damaged."""
    folder = Path(folder)
    about = read_about(folder)
    if about.form != "array":
        raise DatasetError(f"'{folder}' holds one PNG for each critter; render it without --images to map it")
    if about.factor_names != list(FACTOR_NAMES):
        raise DatasetError(f"'{folder}' was rendered from other factors than this version's; render it again")
    arrays = [open_array_file(folder / name, *member) for name, member in _members(about).items()]
    pictures, factors, landmarks = (array[: about.done_count] for array in arrays)
    return CritterArray(
        folder,
        about.seed,
        about.resolution,
        about.renderer_version,
        about.count,
        pictures,
        factors,
        landmarks,
    )


def read_about(folder: Path) -> About:
    """What dataset.json says. Raises DatasetError."""
    path = folder / ABOUT
    try:
        about = msgspec.json.decode(path.read_bytes(), type=About)
    except FileNotFoundError as error:
        raise DatasetError(
            f"'{folder}' is no set of critters: it has no {ABOUT}; make one with livedrag dataset"
        ) from error
    except OSError as error:
        raise DatasetError(f"cannot read '{path}': {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DatasetError(f"'{path}' is damaged: {error}; delete the folder and render it again") from error
    if about.format != FORMAT or about.format_version != FORMAT_VERSION:
        raise DatasetError(
            f"'{path}' is {about.format} version {about.format_version}; "
            f"this program reads {FORMAT} version {FORMAT_VERSION}"
        )
    if not 0 <= about.done_count <= about.count:
        raise DatasetError(f"'{path}' is damaged: {about.done_count} of {about.count} critters are done")
    return about


def _write(
    folder: Path, form: Form, job: RenderJob, count: int, worker_count: int, on_done: OnDone | None
) -> None:
    if count < 1:
        raise DatasetError(f"a set of {count} critters cannot be; give 1 or more")
    if not RESOLUTIONS[0] <= job.resolution <= RESOLUTIONS[1]:
        low, high = RESOLUTIONS
        raise DatasetError(f"resolution {job.resolution} is out of range; give {low} to {high} pixels")
    device = resolve_device(job.device)
    compiled = job.compiled
    if compiled is None:
        compiled = count >= COMPILE_FROM and can_compile(device)
    wanted = About(
        FORMAT, FORMAT_VERSION, form, job.seed, count, job.resolution, RENDERER_VERSION, compiled,
        list(FACTOR_NAMES),
    )  # fmt: skip
    lock = _lock(folder)
    try:
        about = _begin(folder, wanted)
        if on_done is not None:
            on_done(about.done_count)
        job = RenderJob(job.seed, job.resolution, job.device, about.compiled)
        on_gpu = device.type != "cpu"
        blocks = rendered_blocks(job, _blocks(about, on_gpu), 1 if on_gpu else worker_count)
        # other processes render on while a block is written anyway
        for block in one_ahead(blocks) if on_gpu else blocks:
            _store(folder, about, block)
            about = msgspec.structs.replace(about, done_count=block.first + len(block.factors))
            _save_about(folder, about)
            if on_done is not None:
                on_done(about.done_count)
    except OSError as error:
        raise DatasetError(_explain(folder, wanted, error)) from error
    finally:
        lock.release()


def _lock(folder: Path) -> FileLock:
    """Raises DatasetError where another run has it: they would write over each other's pictures."""
    try:
        lock = FileLock.take(folder / LOCK)
    except OSError:  # a file system without locks; where nothing can be written at all, that is said below
        return FileLock.none()
    if lock is None:
        raise DatasetError(f"another run is rendering into '{folder}'; let it end, or choose another folder")
    return lock


def _begin(folder: Path, wanted: About) -> About:
    """A new set's files at their full size, or the set that is there, if it is the one that is wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / ABOUT).exists():
        found = read_about(folder)
        _check_same(folder, found, wanted)
        for name, member in _members(found).items():
            open_array_file(folder / name, *member)
        return found
    if not _is_unbegun(folder):
        raise DatasetError(f"'{folder}' is not empty and holds no set of critters; choose another folder")
    for name, (shape, dtype) in _members(wanted).items():
        create_array(folder / name, shape, dtype)
    _save_about(folder, wanted)
    return wanted


def _check_same(folder: Path, found: About, wanted: About) -> None:
    if found.factor_names != wanted.factor_names:
        raise DatasetError(
            f"'{folder}' holds critters of other factors than this version's; choose another folder"
        )
    for name in ("form", "seed", "count", "resolution", "renderer_version"):
        if getattr(found, name) != getattr(wanted, name):
            raise DatasetError(
                f"'{folder}' already holds another set of critters: its {name} is {getattr(found, name)}, "
                f"not {getattr(wanted, name)}; choose another folder"
            )


def _is_unbegun(folder: Path) -> bool:
    """Whether there is no more than what a run leaves that is killed before it wrote dataset.json."""
    own = {"pictures.npy", "factors.npy", "landmarks.npy", f"{ABOUT}.part", LOCK}
    return all(path.name in own for path in folder.iterdir())


def _members(about: About) -> dict[str, tuple[tuple[int, ...], type]]:
    """File name -> (shape, dtype) of the set's arrays."""
    members: dict[str, tuple[tuple[int, ...], type]] = {}
    if about.form == "array":
        members["pictures.npy"] = ((about.count, about.resolution, about.resolution, 3), np.uint8)
    members["factors.npy"] = ((about.count, FACTOR_COUNT), np.float32)
    members["landmarks.npy"] = ((about.count, LANDMARK_COUNT, 2), np.float32)
    return members


def _store(folder: Path, about: About, block: Block) -> None:
    """Writes a block in its place and makes sure of it, so that dataset.json may count it."""
    if about.form == "images":
        for i, picture in enumerate(block.pictures):
            Image.fromarray(picture).save(folder / image_name(block.first + i))
    for name, rows in (
        ("pictures.npy", block.pictures), ("factors.npy", block.factors), ("landmarks.npy", block.landmarks),
    ):  # fmt: skip
        if name in _members(about):
            write_rows(folder / name, about.count, block.first, rows)


def image_name(index: int) -> str:
    """The PNG of a critter."""
    return f"{index:08d}.png"


def _save_about(folder: Path, about: About) -> None:
    """Replaces dataset.json in one step: a reader or a resumed run sees the old one or the new one."""
    part = folder / f"{ABOUT}.part"
    part.write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n")
    part.replace(folder / ABOUT)


def _blocks(about: About, on_gpu: bool = False) -> list[range]:
    """The indices that remain, in blocks. Their borders do not depend on where a run was cut off."""
    limit, limit_bytes = (GPU_BLOCK_LIMIT, GPU_BLOCK_BYTES) if on_gpu else (BLOCK_LIMIT, BLOCK_BYTES)
    size = max(1, min(limit, limit_bytes // (3 * about.resolution**2)))
    blocks = [range(i, min(i + size, about.count)) for i in range(0, about.count, size)]
    return [range(max(b.start, about.done_count), b.stop) for b in blocks if b.stop > about.done_count]


def _explain(folder: Path, about: About, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"the disk of '{folder}' is full: {about.count} critters of {about.resolution} pixels need "
            f"{_size_text(about)}; free some space and run the same command again: it resumes"
        )
    return f"cannot write to '{folder}': {error.strerror}; choose another folder"


def _size_text(about: About) -> str:
    """What the whole set takes, as PNG files at most."""
    members = msgspec.structs.replace(about, form="array")  # the pictures too
    bytes_count = sum(
        int(np.prod(shape)) * np.dtype(dtype).itemsize for shape, dtype in _members(members).values()
    )
    kilobytes = max(bytes_count / 1e3, 1.0)
    return f"{kilobytes:,.0f} KB" if kilobytes < 1000 else f"{kilobytes / 1e3:,.0f} MB"
