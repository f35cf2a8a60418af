"""Stand-ins for the window, the worker and the clock: nothing is drawn, nothing is computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from app import events
from app.app import App, Comfort, Folders
from app.scheduler import Scheduler
from app.session.edits import (
    AddHandle,
    ClearHandles,
    MoveHandle,
    MoveTarget,
    RemoveHandle,
    StartFromSeed,
)
from app.session.last_grab import GRAB_LABEL
from app.state import AppState
from app.viewport import Viewport
from app.window_commands import Apply, Begin, Command, LetGo, SetRunning
from app.worker_frame import HandleFrame, WorkerFrame
from gan.drag_params import DragParams
from render.compositor import Mask, Picture, Rect
from render.overlays import LayerName
from render.scene import Scene

SIZE = (64, 64)


class NullCompositor:
    """Counts what it is given."""

    def __init__(self) -> None:
        self.scenes: list[Scene] = []
        self.pictures: list[object] = []
        self.mask: Mask | None = None

    def set_picture(self, picture: object) -> None:
        self.pictures.append(picture)

    def set_mask(self, mask: Mask | None, rect: Rect | None = None) -> None:
        self.mask = mask

    def set_layer(self, name: LayerName, image: object | None) -> None:
        pass

    def compose(self, scene: Scene) -> None:
        self.scenes.append(scene)

    def read(self) -> Picture:
        return np.zeros((1, 1, 3), np.uint8)

    def begin_read(self) -> bool:
        return False

    def take_read(self) -> Picture | None:
        return None

    def companion(self) -> NullCompositor:
        return NullCompositor()

    def resize(self, width: int, height: int) -> None:
        pass

    def close(self) -> None:
        pass


class NullUi:
    """A window without a window: events are put in by the test."""

    def __init__(self) -> None:
        self.compositor = NullCompositor()
        self.events: list[events.Event] = []

    def poll_events(self) -> list[events.Event]:
        polled, self.events = self.events, []
        return polled

    def sync(self, state: AppState) -> None:
        pass

    def present(self, composed: bool) -> None:
        pass


class FakeWorker:
    """Keeps the commands and, when told to, answers as if it had done them: handles go half way."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self._frame = WorkerFrame(
            serial=0,
            handles=(),
            iteration=0,
            done=False,
            running=False,
            seed=0,
            truncation_psi=0.7,
            params=DragParams(),
            undo_label=None,
            redo_label=None,
            picture=np.zeros((64, 64, 3), np.uint8),
        )
        self._ready: WorkerFrame | None = self._frame
        self.exports_given_up = False

    @property
    def sent_serial(self) -> int:
        return len(self.commands)

    def submit(self, command: Command) -> int:
        self.commands.append(command)
        return len(self.commands)

    def take(self, picture: bool = True) -> WorkerFrame | None:
        ready, self._ready = self._ready, None
        return ready

    def give_up_opening(self) -> None:
        self.given_up = True

    def give_up_exports(self) -> None:
        self.exports_given_up = True

    def close(self) -> None:
        pass

    @property
    def edits(self) -> list[object]:
        """The edits among the commands."""
        return [command.edit for command in self.commands if isinstance(command, Apply)]

    def publish(self, frame: WorkerFrame) -> None:
        """The next `take` gets this."""
        self._ready = frame

    def answer(self, until: int | None = None, **changes: object) -> WorkerFrame:
        """Publishes the state after the first `until` commands (default: all)."""
        done = self.commands[:until]
        handles: dict[int, HandleFrame] = {}
        running, seed, label = False, 0, ""
        grabbed_before = grabbed = None
        for command in done:
            if isinstance(command, SetRunning):
                running = command.on
            if isinstance(command, Begin):
                label = command.label
            if isinstance(command, LetGo):
                handles = {i: frame for i, frame in handles.items() if i != grabbed_before}
            match command.edit if isinstance(command, Apply) else None:
                case AddHandle(id, handle, target):
                    handles[id] = HandleFrame(id, handle, target, 1.0)
                    if label == GRAB_LABEL:
                        grabbed_before, grabbed = grabbed, id
                case MoveTarget(id, target):
                    handles[id] = replace(handles[id], target=target)
                case MoveHandle(id, handle):
                    handles[id] = replace(handles[id], handle=handle)
                case RemoveHandle(id):
                    del handles[id]
                case ClearHandles():
                    handles.clear()
                case StartFromSeed(start):
                    seed = start
        frame = replace(
            self._frame,
            serial=len(done),
            handles=tuple(handles.values()),
            running=running,
            seed=seed,
            grabbed=grabbed,
        )
        frame = replace(frame, **changes)  # type: ignore[arg-type]
        self.publish(frame)
        return frame


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def make_app(
    folders: Folders | None = None, comfort: Comfort | None = None
) -> tuple[App, NullUi, FakeWorker]:
    """An app on a 640 px canvas that shows a 64 px picture at ten to one, without margin."""
    ui, worker = NullUi(), FakeWorker()
    state = AppState(picture_size=SIZE, model_name="fake")
    state.viewport = Viewport((640, 640), 10.0, 0.0, 0.0, fitted=False)
    scheduler = Scheduler(clock=lambda: 0.0, sleep=lambda seconds: None)
    nowhere = Folders(sessions=Path("sessions"), pictures=Path("pictures"))
    app = App(state, ui, worker, scheduler, folders or nowhere, comfort=comfort)
    app.frame()
    return app, ui, worker


FRAME = WorkerFrame(
    serial=0,
    handles=(),
    iteration=0,
    done=False,
    running=True,
    seed=0,
    truncation_psi=0.7,
    params=DragParams(),
    undo_label=None,
    redo_label=None,
)
