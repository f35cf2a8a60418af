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


def tiny_preview(psnr_db: float = 40.0) -> Preview:
    """As near by decree; faithful, where nothing is said."""
    channels = tiny_generator().architecture.channels[16]
    return Preview(16, torch.zeros(3, channels + 27), torch.zeros(3), psnr_db=psnr_db, mean_error=0.01)


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

    def __init__(self, *psnrs_db: float) -> None:
        """psnrs_db: of its previews, lowest block first; none given = one that is faithful."""
        super().__init__(Path())
        self.fitted = tuple(tiny_preview(psnr_db) for psnr_db in psnrs_db or (40.0,))

    def previews_of(self, generator: Generator, on_cpu: bool = False) -> tuple[Preview, ...]:
        return self.fitted

    def known(self, generator: Generator) -> tuple[Preview, ...]:
        return self.fitted

    def is_known(self, generator: Generator) -> bool:
        return True
