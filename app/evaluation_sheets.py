"""The picture sheets of an evaluation: the best and the worst drags, samples, and a walk between seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from app.export import Picture, save_picture
from app.picture_sheets import (
    CAPTION_PX,
    CELL_PX,
    GAP_PX,
    HANDLE,
    LANDMARK,
    TARGET,
    caption,
    enlarged,
    grid,
    marked,
    paper,
)
from app.provenance import PictureProvenance
from gan.evaluate.descriptions import samples_of
from gan.evaluate.drag_suite import DragOutcome
from gan.evaluate.suite_record import SuiteRecord
from gan.generator import Generator, to_uint8

SHOWN_DRAGS = 12  # on each of the two sheets
SHEET_COLUMNS = 3  # of drags
SAMPLE_COLUMNS, SAMPLE_ROWS = 8, 6
SAMPLE_PX = 128  # pictures of samples and strips are shown at this width, larger ones at their own
STRIP_SEEDS = (0, 1, 2, 3)
STRIP_STEPS = 6  # pictures from one seed to the next
LEGEND = ("handle point", HANDLE), ("target point", TARGET), ("landmark, as found afterwards", LANDMARK)


def write_sheets(
    folder: Path, name: str, generator: Generator, record: SuiteRecord | None, psi: float
) -> list[Path]:
    """Writes the sheets of one generator, file names beginning with `name`; the paths.

    record: its drags, None where it was not dragged. Raises OutputError.
    """
    sheets = {"samples": sample_sheet(generator), "interpolation": interpolation_strip(generator, psi)}
    if record is not None and record.outcomes:
        ranked = ranked_drags(list(record.outcomes.values()))
        shown = min(SHOWN_DRAGS, -(-len(ranked) // 2))  # of few drags none is both
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
    where it is found (white); what the colours mean is said at the end."""
    pair_width = 2 * CELL_PX + GAP_PX
    cell_height = round(CELL_PX * generator.height / generator.width) + CAPTION_PX
    rows = -(-len(outcomes) // SHEET_COLUMNS)
    columns = min(SHEET_COLUMNS, len(outcomes))
    height = rows * (cell_height + GAP_PX) + GAP_PX
    sheet = paper(columns * (pair_width + 2 * GAP_PX), height + CAPTION_PX)
    for i, outcome in enumerate(outcomes):
        x = GAP_PX + (i % SHEET_COLUMNS) * (pair_width + 2 * GAP_PX)
        y = GAP_PX + (i // SHEET_COLUMNS) * (cell_height + GAP_PX)
        before = enlarged(picture_of(generator, generator.sample(outcome.picture_seed, psi)))
        after = enlarged(record.after(outcome.number))
        markers = [(outcome.landmark_end, LANDMARK), (outcome.target, TARGET), (outcome.handle, HANDLE)]
        sheet.paste(
            marked(before, outcome.start, [(outcome.target, TARGET), (outcome.start, HANDLE)]), (x, y)
        )
        sheet.paste(marked(after, None, markers), (x + CELL_PX + GAP_PX, y))
        caption(sheet, x, y + cell_height - CAPTION_PX + 4, _words(outcome))
    sheet.paste(_legend(sheet.width), (0, height - GAP_PX // 2))
    return np.array(sheet)


def sample_sheet(generator: Generator) -> Picture:
    """Samples of seeds 0, 1, ... without truncation, row by row."""
    pictures = samples_of(generator)(0, SAMPLE_COLUMNS * SAMPLE_ROWS).cpu()  # sync: drawn on the host
    width = max(SAMPLE_PX, generator.width)
    cells = [enlarged(picture.permute(1, 2, 0).numpy(), width) for picture in pictures]
    return grid(cells, SAMPLE_COLUMNS)


def interpolation_strip(generator: Generator, psi: float, seeds: Sequence[int] = STRIP_SEEDS) -> Picture:
    """From seed to seed along straight lines in w, one line a row; at least two seeds."""
    ends = [generator.sample(seed, psi) for seed in seeds]
    width = max(SAMPLE_PX, generator.width)
    cells = [
        enlarged(picture_of(generator, torch.lerp(a, b, step / STRIP_STEPS)), width)
        for a, b in pairwise(ends)
        for step in range(STRIP_STEPS + 1)
    ]
    return grid(cells, STRIP_STEPS + 1)


def picture_of(generator: Generator, w_plus: torch.Tensor) -> Picture:
    """The picture (H, W, 3) of a latent (num_ws, w_dim)."""
    return to_uint8(generator.image(w_plus)).cpu().numpy()  # sync: drawn on the host


def _legend(width: int) -> Image.Image:
    """What the markers' colours mean, in one line."""
    line = paper(width, CAPTION_PX)
    x = GAP_PX
    for words, colour in LEGEND:
        line = marked(line, None, [(((x + 6) / width, 0.5), colour)])
        x = caption(line, x + 18, 2, words) + 2 * GAP_PX
    return line


def _words(outcome: DragOutcome) -> str:
    way = 100 * math.dist(outcome.start, outcome.target)
    end = f"arrived in {outcome.iterations}" if outcome.arrived else f"not there after {outcome.iterations}"
    part = outcome.landmark.replace("_", " ")
    off = f"landmark {outcome.landmark_distance:.1f}% off"
    return f"seed {outcome.picture_seed}: {part} by {way:.0f}%, {end}, {off}"
