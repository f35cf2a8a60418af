"""The generators of the benchmark, and one drag on each: by `DragSession` and by the literal reference."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.architecture import Architecture
from gan.build import build_generator
from gan.drag_params import DragParams
from gan.drag_session import DragSession
from gan.generator import Generator, Provenance
from gan.model_file import EMBEDDED_MODEL, read_model_file
from gan.random_model import random_architecture, random_tensors
from tests.reference.loop import ReferenceDrag

RANDOM_WIDTHS = {256: 16384, 512: 32768, 1024: 32768}  # resolution: channel base
NAMES = ("embedded", "random-256", "random-512", "random-1024")
DEFAULT_NAMES = NAMES[:3]
SEED = 34
DRAG = ((0.5, 0.5), (0.85, 0.55))  # handle and target, of the picture's size: too far to arrive while timing


@dataclass(frozen=True)
class Subject:
    """One generator of the benchmark with its raw tensors (the reference needs them)."""

    name: str
    title: str
    tensors: dict[str, Tensor]
    architecture: Architecture
    generator: Generator

    def session(self, params: DragParams) -> DragSession:
        """Our drag, one handle, no mask."""
        handle, target = self._points()
        return DragSession(self.generator, self._latent(), [handle], [target], params=params)

    def reference(self) -> ReferenceDrag:
        """The same drag by the literal reference with the released program's parameters, in 32-bit."""
        handle, target = self._points()
        params = DragParams.released()
        size, cells = self.architecture.resolution, self.architecture.default_feature_resolution
        return ReferenceDrag(
            self.tensors,
            size,
            self._latent(),
            [handle],
            [target],
            feature_resolution=cells,
            r1_px=params.supervision_radius_px(size, cells),
            r2_px=params.tracking_radius_px(size, cells),
            learning_rate=params.learning_rate,
            order=params.order,
            norm=params.tracking_norm,
            stop_px=params.stop_distance_px(size, 1),
            clamp=self.architecture.conv_clamp,
            dtype=torch.float32,
        )

    def _latent(self) -> Tensor:
        return self.generator.sample(SEED, 0.7)

    def _points(self) -> tuple[tuple[float, float], tuple[float, float]]:
        size = self.architecture.resolution
        (x0, y0), (x1, y1) = DRAG
        return (round(x0 * size), round(y0 * size)), (round(x1 * size), round(y1 * size))


def make_subject(name: str) -> Subject:
    """One of NAMES, on the CPU."""
    if name == "embedded":
        tensors, architecture, provenance = read_model_file(EMBEDDED_MODEL)
        title = f"embedded ({provenance.name}, {architecture.resolution} px)"
    else:
        resolution = int(name.removeprefix("random-"))
        base = RANDOM_WIDTHS[resolution]
        architecture = random_architecture(resolution, base)
        tensors = random_tensors(architecture)
        title = f"random weights, {resolution} px, channel base {base}"
    provenance = Provenance(name=name, sha256=name)
    generator = build_generator(tensors, architecture, provenance, torch.device("cpu"))
    return Subject(name, title, tensors, architecture, generator)
