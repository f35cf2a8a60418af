"""The landmark reader of some renders: trained once, then kept in the work folder."""

from __future__ import annotations

from pathlib import Path

import torch

from gan.critters.landmarks import LANDMARK_NAMES
from gan.evaluate.landmark_reader import LandmarkReader
from gan.evaluate.landmark_training import LandmarkTraining, scaled_pictures, train_landmark_reader
from gan.evaluate.progress import Progress
from gan.evaluate.renders import Renders
from gan.evaluate.work_folder import EVALUATION_VERSION, EvaluationError, key_of

LEAST_RENDERS = 50  # of which the landmark reader learns
READ_RENDERS = 250  # at a time


def reader_key(renders: Renders, training: LandmarkTraining) -> str:
    """Changes with what the reader learns from and how. Not with the device: any of them makes a good one."""
    return key_of(EVALUATION_VERSION, renders.key, training)


def kept_reader(
    renders: Renders,
    training: LandmarkTraining,
    work: Path,
    progress: Progress,
    device: torch.device | str = "cpu",
) -> LandmarkReader:
    """The reader on `device`, from the work folder or trained now. Raises EvaluationError."""
    path = work / f"landmarks-{reader_key(renders, training)}.safetensors"
    reader = LandmarkReader.load(path)
    if reader is None:
        reader = _trained(renders, training, progress, torch.device(device))
        reader.save(path)
    return reader.to(device)


def _trained(
    renders: Renders, training: LandmarkTraining, progress: Progress, device: torch.device
) -> LandmarkReader:
    count = len(renders)
    if count < LEAST_RENDERS:
        raise EvaluationError(f"{count} renders are too few to learn landmarks from; give {LEAST_RENDERS}")
    starts = range(0, count, READ_RENDERS)
    scaled: list[torch.Tensor] = []
    with progress("reading renders", len(starts)) as advance:
        for start in starts:
            pictures = renders.batch(start, min(start + READ_RENDERS, count))
            scaled.append(scaled_pictures(pictures, training.size_px))
            advance("")
    with progress("learning landmarks", training.step_count) as advance:
        return train_landmark_reader(
            torch.cat(scaled).to(device),
            renders.landmarks[:count].to(device),
            LANDMARK_NAMES,
            training,
            advance,
        )
