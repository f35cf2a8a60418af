"""An app that can record: a canvas that is drawn without a window, and a clock that is told the time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.app import App
from app.file_desk import Folders
from app.provenance import PictureProvenance
from app.recording_desk import RecordingDesk
from app.scheduler import Scheduler
from app.state import AppState
from app.viewport import Viewport
from render.host_compositor import HostCompositor
from tests.app.fakes import Clock, FakeWorker, NullUi
from tests.app.movies import PROVENANCE


def recording_app(
    folder: Path, provenance: Callable[[], PictureProvenance] = lambda: PROVENANCE
) -> tuple[App, NullUi, Clock]:
    ui, worker, clock = NullUi(), FakeWorker(), Clock()
    ui.compositor = HostCompositor()  # type: ignore[assignment]
    folders = Folders(folder / "sessions", folder / "pictures", folder / "videos")
    app = App(
        AppState(picture_size=(64, 64), model_name="fake", viewport=Viewport((96, 96)).fit((64, 64))),
        *(ui, worker, Scheduler(clock=clock, sleep=lambda seconds: None), folders),
        open_recording=lambda state: RecordingDesk(
            *(
                state,
                lambda: ui.compositor,
                folders,
                lambda: pytest.fail("no document"),
                provenance,
                clock,
            )
        ),
    )
    app.frame()
    return app, ui, clock
