"""Stand-ins for what makes pictures and previews: at a fake cost, or fitted already."""

from __future__ import annotations

from pathlib import Path

import torch

from app.picture_maker import MadePicture
from app.preview_fitter import PreviewFitter
from gan.drag_session import DragSession
from gan.generator import Generator
from gan.preview import Preview
from tests.app.fake_time import FakeTime
from tests.app.tiny import tiny_generator

FULL_MS, PREVIEW_MS = 200.0, 10.0


def tiny_preview() -> Preview:
    """Faithful by decree."""
    channels = tiny_generator().architecture.channels[16]
    return Preview(16, torch.zeros(3, channels + 27), torch.zeros(3), psnr_db=40.0, mean_error=0.01)


class SlowMaker:
    """Every picture costs fake time; it says what was made of which iteration."""

    def __init__(self, time: FakeTime) -> None:
        self._time = time
        self.made: list[tuple[str, int]] = []

    def make(self, session: DragSession, preview: Preview | None) -> MadePicture:
        kind, cost_ms = ("full", FULL_MS) if preview is None else ("preview", PREVIEW_MS)
        self._time.work(cost_ms)
        self.made.append((kind, session.iteration))
        return MadePicture(kind, cost_ms)

    def release(self) -> None:
        pass


class ReadyPreviews(PreviewFitter):
    """Fitted already."""

    def __init__(self) -> None:
        super().__init__(Path())

    def preview_of(self, generator: Generator, on_cpu: bool = False) -> Preview | None:
        return tiny_preview()

    def known(self, generator: Generator) -> Preview | None:
        return tiny_preview()
