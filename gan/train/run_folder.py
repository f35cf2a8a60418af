"""What a run leaves behind as it goes: metrics.jsonl, sample sheets and the exported generator."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import torch
from PIL import Image
from torch import Tensor

from gan.formats.safetensors_file import ProvenanceHeader
from gan.generator import to_uint8
from gan.model_file import save_model_file
from gan.train.generator import TrainableGenerator
from gan.train.settings import TrainError

METRICS_FILE = "metrics.jsonl"
GENERATOR_FILE = "generator.safetensors"
SHEETS = "samples"
W_AVG_SAMPLES = 4096
SHEET_COLUMNS = 8


class RunFolder:
    """The folder of a run. Raises TrainError where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            (folder / SHEETS).mkdir(parents=True, exist_ok=True)
            with (folder / METRICS_FILE).open("ab"):
                pass
        except OSError as error:
            raise TrainError(
                f"cannot write to '{folder}': {error.strerror}; choose another folder"
            ) from error

    def forget_after(self, step: int) -> None:
        """Drops lines of steps that the checkpoint does not know: they will be trained and written again."""
        path = self.folder / METRICS_FILE
        kept = [line for line in path.read_bytes().splitlines() if _step_of(line) <= step]
        unfinished = self.folder / f".{METRICS_FILE}.part"
        with _told(path):
            unfinished.write_bytes(b"".join(line + b"\n" for line in kept))
            unfinished.replace(path)

    def log(self, line: dict[str, float]) -> None:
        """Appends one line to metrics.jsonl."""
        path = self.folder / METRICS_FILE
        with _told(path), path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")

    def save_sheet(self, pictures: Tensor, count: int) -> Path:
        """Pictures (N, 3, H, W) as one PNG, eight in a row, named by the pictures trained on."""
        path = self.folder / SHEETS / f"{count:09d}.png"
        with _told(path):
            Image.fromarray(sheet(pictures).numpy()).save(path)
        return path

    def export(self, generator: TrainableGenerator, provenance: ProvenanceHeader) -> Path:
        """Writes generator.safetensors, which gan.load_generator opens."""
        path = self.folder / GENERATOR_FILE
        save_model_file(path, exported_tensors(generator), generator.architecture, provenance)
        return path


@torch.no_grad()
def exported_tensors(generator: TrainableGenerator) -> dict[str, Tensor]:
    """The generator as a file stores it, with the average w of many normalised z."""
    architecture = generator.architecture
    source = torch.Generator().manual_seed(0)
    z = torch.randn(W_AVG_SAMPLES, architecture.z_dim, generator=source)
    z = z.to(generator.parameters()[0].device)
    return generator.exported() | {"mapping.w_avg": generator.map(z).mean(dim=0).cpu()}


def sheet(pictures: Tensor) -> Tensor:
    """(N, 3, H, W) in -1..1 -> (rows * H, 8 * W, 3) uint8; a last row that is not full is left out."""
    rows = [
        torch.cat([to_uint8(p) for p in pictures[i : i + SHEET_COLUMNS]], dim=1)
        for i in range(0, len(pictures) - SHEET_COLUMNS + 1, SHEET_COLUMNS)
    ]
    return torch.cat(rows, dim=0).cpu()


@contextmanager
def _told(path: Path) -> Generator[None]:
    """What a full disk is in one line."""
    try:
        yield
    except OSError as error:
        raise TrainError(
            f"cannot write '{path}': {error.strerror or error}; make room there, then give the same command "
            "again: it goes on from the last checkpoint"
        ) from error


def _step_of(line: bytes) -> float:
    try:
        return float(msgspec.json.decode(line, type=dict[str, float])["step"])
    except (msgspec.MsgspecError, KeyError):
        return float("inf")  # half a line, from a process that was killed
