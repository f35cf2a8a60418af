"""The generators of the benchmark, and one drag on each: by `DragSession` and by the literal reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.architecture import Architecture
from gan.build import build_generator
from gan.drag_params import DragParams
from gan.drag_session import DragSession
from gan.generator import Generator, Provenance
from gan.half_precision import HalfPrecision
from gan.model_file import EMBEDDED_MODEL, read_model_file
from gan.random_model import random_architecture, random_tensors
from gan.step_runner import EagerRunner
from tests.reference.loop import ReferenceDrag

RANDOM_WIDTHS = {256: 16384, 512: 32768, 1024: 32768}  # resolution: channel base
NAMES = ("embedded", "random-256", "random-512", "random-1024")
DEFAULT_NAMES = NAMES[:3]
SEED = 34
Pixel = tuple[float, float]
# name: number of handles, and the part of the picture's width that they are spread over
LAYOUTS = {"1": (1, 0.0), "4": (4, 0.2), "32 landmarks": (32, 0.35), "32 scattered": (32, 0.9)}
DRAG = ((0.5, 0.5), (0.85, 0.55))  # handle and target, of the picture's size: too far to arrive while timing


class ReferenceOnDevice(ReferenceDrag):
    """The reference, its coordinates made where its features are."""

    def step(self) -> list[Pixel]:
        with torch.device(self.w0.device):
            return super().step()

    def shown_picture(self) -> NDArray[np.uint8]:
        """(H, W, 3): the picture of the step's own pass, as the released program shows it."""
        assert self.picture is not None, "every pass makes one"
        pixels = (self.picture[0].permute(1, 2, 0) * 127.5 + 128).clamp(0, 255).to(torch.uint8)
        return pixels.cpu().numpy()  # sync: the released program draws from the host's memory


@dataclass(frozen=True)
class Subject:
    """One generator of the benchmark with its raw tensors (the reference needs them)."""

    name: str
    title: str
    tensors: dict[str, Tensor]
    architecture: Architecture
    generator: Generator
    half: HalfPrecision | None = None  # of our drags

    def session(self, params: DragParams, layout: str = "1", masked: bool = False) -> DragSession:
        """Our drag. layout: one of LAYOUTS. masked: the border of the picture is fixed."""
        handles, targets = self._points(layout)
        mask = self._mask() if masked else None
        return DragSession(self.generator, self._latent(), handles, targets, mask, params, half=self.half)

    def reference(self, layout: str = "1", masked: bool = False) -> ReferenceOnDevice:
        """The same drag by the literal reference with the released program's parameters, in 32-bit."""
        with torch.device(self.generator.device):  # its coordinates are made where its features are
            reference = self._reference(layout, masked)
        if reference.mask is not None:
            reference.mask = reference.mask.to(self.generator.device)
        return reference

    def eager_session(self, layout: str, masked: bool) -> DragSession:
        """Our drag, its steps never a captured graph."""
        handles, targets = self._points(layout)
        mask = self._mask() if masked else None
        params = DragParams.released()
        return DragSession(
            self.generator, self._latent(), handles, targets, mask, params, runner=EagerRunner()
        )

    def _reference(self, layout: str, masked: bool) -> ReferenceOnDevice:
        handles, targets = self._points(layout)
        params = DragParams.released()
        size, cells = self.architecture.resolution, self.architecture.default_feature_resolution
        return ReferenceOnDevice(
            {name: tensor.to(self.generator.device) for name, tensor in self.tensors.items()},
            size,
            self._latent(),
            handles,
            targets,
            self._mask() if masked else None,
            feature_resolution=cells,
            r1_px=params.supervision_radius_px(size, cells),
            r2_px=params.tracking_radius_px(size, cells),
            learning_rate=params.learning_rate,
            order=params.order,
            norm=params.tracking_norm,
            stop_px=params.stop_distance_px(size, cells, len(handles)),
            clamp=self.architecture.conv_clamp,
            dtype=torch.float32,
        )

    def _latent(self) -> Tensor:
        return self.generator.sample(SEED, 0.7)

    def _mask(self) -> NDArray[np.bool_]:
        size = self.architecture.resolution
        mask = np.zeros((size, size), dtype=bool)
        mask[size // 5 : -size // 5, size // 5 : -size // 5] = True
        return mask

    def _points(self, layout: str) -> tuple[list[Pixel], list[Pixel]]:
        """Handles, all pulled by the same vector. A face's 32 landmarks fill a third of the width."""
        size = self.architecture.resolution
        (x0, y0), (x1, y1) = DRAG
        count, spread = LAYOUTS[layout]
        drawn = np.random.RandomState(0).rand(count, 2) - 0.5
        places = np.array([[x0, y0]]) + spread * drawn
        handles = [(float(x), float(y)) for x, y in np.round(places * size)]
        way = round((x1 - x0) * size), round((y1 - y0) * size)
        return handles, [(x + way[0], y + way[1]) for x, y in handles]


def make_subject(name: str, device: str = "cpu", half: HalfPrecision | None = None) -> Subject:
    """One of NAMES. half: the 16-bit layers of our drags, None = none."""
    if name == "embedded":
        tensors, architecture, provenance = read_model_file(EMBEDDED_MODEL)
        title = f"embedded ({provenance.name}, {architecture.resolution} px)"
    else:
        resolution = int(name.removeprefix("random-"))
        base = RANDOM_WIDTHS[resolution]
        architecture = random_architecture(resolution, base)
        tensors = random_tensors(architecture)
        title = f"random weights, {resolution} px, channel base {base}"
    if half is not None:
        title += f", layers of {half.lowest_resolution} cells and more in 16 bits"
    provenance = Provenance(name=name, sha256=name)
    generator = build_generator(tensors, architecture, provenance, torch.device(device))
    return Subject(name, title, tensors, architecture, generator, half)
