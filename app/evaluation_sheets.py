"""The picture sheets of an evaluation: the best and the worst drags, samples, and a walk between seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app.export import Picture, save_picture
from app.provenance import PictureProvenance
from gan.evaluate.descriptions import samples_of
from gan.evaluate.drag_suite import DragOutcome
from gan.evaluate.suite_record import SuiteRecord
from gan.generator import Generator

CELL_PX = 256  # pictures are shown at this width
GAP_PX = 12
CAPTION_PX = 22
SHOWN_DRAGS = 12  # on each of the two sheets
SHEET_COLUMNS = 3  # of drags
SAMPLE_COLUMNS, SAMPLE_ROWS = 8, 6
STRIP_SEEDS = (0, 1, 2, 3)
STRIP_STEPS = 6  # pictures from one seed to the next
PAPER = (250, 250, 248)
INK = (40, 40, 40)
HANDLE, TARGET, LANDMARK = (235, 52, 46), (32, 110, 240), (255, 255, 255)
SMOOTH = 4  # markers are drawn so much larger and reduced


def write_sheets(
    folder: Path, name: str, generator: Generator, record: SuiteRecord | None, psi: float
) -> list[Path]:
    """Writes the sheets of one generator, file names beginning with `name`; the paths.

    record: its drags, None where it was not dragged. Raises OutputError.
    """
    sheets = {"samples": sample_sheet(generator), "interpolation": interpolation_strip(generator, psi)}
    if record is not None and record.outcomes:
        ranked = ranked_drags(list(record.outcomes.values()))
        shown = min(SHOWN_DRAGS, len(ranked))
        sheets["best-drags"] = drag_sheet(generator, ranked[:shown], record, psi)
        sheets["worst-drags"] = drag_sheet(generator, ranked[::-1][:shown], record, psi)
    provenance = PictureProvenance(generator.provenance.name, generator.provenance.sha256)
    paths: list[Path] = []
    for kind, sheet in sheets.items():
        path = folder / f"{name}-{kind}.png"
        save_picture(path, sheet, provenance)
        paths.append(path)
    return paths


def ranked_drags(outcomes: Sequence[DragOutcome]) -> list[DragOutcome]:
    """Best first: by the share of the way that the landmark has left to go, arrived ones before others."""

    def badness(outcome: DragOutcome) -> tuple[bool, float, int]:
        way = math.dist(outcome.start, outcome.target)
        return not outcome.arrived, outcome.landmark_distance / max(way, 1e-6), outcome.number

    return sorted(outcomes, key=badness)


def drag_sheet(
    generator: Generator, outcomes: Sequence[DragOutcome], record: SuiteRecord, psi: float
) -> Picture:
    """Before and after of every drag, side by side, with handle (red), target (blue) and, after, the landmark
    where it is found (white)."""
    pair_width = 2 * CELL_PX + GAP_PX
    cell_height = round(CELL_PX * generator.height / generator.width) + CAPTION_PX
    rows = -(-len(outcomes) // SHEET_COLUMNS)
    columns = min(SHEET_COLUMNS, len(outcomes))
    sheet = _paper(columns * (pair_width + 2 * GAP_PX), rows * (cell_height + GAP_PX) + GAP_PX)
    for i, outcome in enumerate(outcomes):
        x = GAP_PX + (i % SHEET_COLUMNS) * (pair_width + 2 * GAP_PX)
        y = GAP_PX + (i // SHEET_COLUMNS) * (cell_height + GAP_PX)
        before = _enlarged(_picture_of(generator, outcome.picture_seed, psi))
        after = _enlarged(record.after(outcome.number))
        markers = [(outcome.landmark_end, LANDMARK), (outcome.target, TARGET), (outcome.handle, HANDLE)]
        sheet.paste(
            _marked(before, outcome.start, [(outcome.target, TARGET), (outcome.start, HANDLE)]), (x, y)
        )
        sheet.paste(_marked(after, None, markers), (x + CELL_PX + GAP_PX, y))
        _caption(sheet, x, y + cell_height - CAPTION_PX, _words(outcome))
    return np.array(sheet)


def sample_sheet(generator: Generator) -> Picture:
    """Samples of seeds 0, 1, ... without truncation, row by row."""
    pictures = samples_of(generator)(0, SAMPLE_COLUMNS * SAMPLE_ROWS).cpu()  # sync: drawn on the host
    cells = [_enlarged(picture.permute(1, 2, 0).numpy(), CELL_PX // 2) for picture in pictures]
    return _grid(cells, SAMPLE_COLUMNS)


def interpolation_strip(generator: Generator, psi: float) -> Picture:
    """From seed to seed along straight lines in w, one line a row."""
    ends = [generator.sample(seed, psi) for seed in STRIP_SEEDS]
    cells: list[Image.Image] = []
    for a, b in pairwise(ends):
        for step in range(STRIP_STEPS + 1):
            w_plus = torch.lerp(a, b, step / STRIP_STEPS)
            cells.append(_enlarged(_as_picture(generator, w_plus), CELL_PX // 2))
    return _grid(cells, STRIP_STEPS + 1)


def _words(outcome: DragOutcome) -> str:
    way = 100 * math.dist(outcome.start, outcome.target)
    end = f"arrived in {outcome.iterations}" if outcome.arrived else f"not there after {outcome.iterations}"
    part = outcome.landmark.replace("_", " ")
    off = f"landmark {outcome.landmark_distance:.1f}% off"
    return f"seed {outcome.picture_seed}: {part} by {way:.0f}%, {end}, {off}"


def _picture_of(generator: Generator, seed: int, psi: float) -> Picture:
    return _as_picture(generator, generator.sample(seed, psi))


def _as_picture(generator: Generator, w_plus: torch.Tensor) -> Picture:
    from gan.generator import to_uint8

    return to_uint8(generator.image(w_plus)).cpu().numpy()


def _enlarged(picture: NDArray[np.uint8], width: int = CELL_PX) -> Image.Image:
    size = (width, round(width * picture.shape[0] / picture.shape[1]))
    return Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.BICUBIC)


def _grid(cells: Sequence[Image.Image], columns: int) -> Picture:
    width, height = cells[0].size
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), PAPER)
    for i, cell in enumerate(cells):
        sheet.paste(cell, ((i % columns) * width, (i // columns) * height))
    return np.array(sheet)


def _paper(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), PAPER)


def _marked(
    picture: Image.Image,
    arrow_from: tuple[float, float] | None,
    markers: Sequence[tuple[tuple[float, float], tuple[int, int, int]]],
) -> Image.Image:
    """The picture with rings at positions (shares) and, from arrow_from, a line to the first of them."""
    width, height = picture.size
    layer = Image.new("RGBA", (width * SMOOTH, height * SMOOTH), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)

    def at(place: tuple[float, float]) -> tuple[float, float]:
        return place[0] * width * SMOOTH, place[1] * height * SMOOTH

    if arrow_from is not None:
        draw.line([at(arrow_from), at(markers[0][0])], fill=(255, 255, 255, 220), width=2 * SMOOTH)
    for place, colour in markers:
        x, y = at(place)
        for radius, fill in ((5.0 * SMOOTH, (20, 20, 20)), (4.0 * SMOOTH, colour)):
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(*fill, 255))
    layer = layer.resize(picture.size, Image.Resampling.LANCZOS)
    result = picture.copy()
    result.paste(layer, (0, 0), layer)
    return result


def _caption(sheet: Image.Image, x: int, y: int, words: str) -> None:
    ImageDraw.Draw(sheet).text((x, y + 4), words, fill=INK, font=ImageFont.load_default(size=14))
