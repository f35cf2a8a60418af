"""A hand on the mouse: image positions in, pointer events out. And what the worker was told."""

from __future__ import annotations

from app import events
from app.app import App
from app.window_commands import Begin
from tests.app.fakes import FakeWorker


def press(app: App, x: float, y: float, button: events.Button = "left", shift: bool = False) -> None:
    app.apply(events.PointerMoved(*app.state.viewport.to_canvas(x, y)))
    app.apply(events.PointerPressed(*app.state.viewport.to_canvas(x, y), button, shift))


def move(app: App, x: float, y: float) -> None:
    app.apply(events.PointerMoved(*app.state.viewport.to_canvas(x, y)))


def release(app: App, x: float, y: float, button: events.Button = "left") -> None:
    app.apply(events.PointerReleased(*app.state.viewport.to_canvas(x, y), button))


def pull(app: App, start: tuple[float, float], end: tuple[float, float], shift: bool = False) -> None:
    press(app, *start, shift=shift)
    move(app, *end)
    release(app, *end)


def begun(worker: FakeWorker) -> list[str]:
    return [command.label for command in worker.commands if isinstance(command, Begin)]
