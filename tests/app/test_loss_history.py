"""The loss that is shown is that of the step that made the picture shown, also while looking back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app import events
from app.app import App, Folders
from app.history_state import HistoryView
from app.scheduler import Scheduler
from app.session.edit_session import EditSession
from app.session.edits import AddHandle
from app.state import AppState
from app.window_commands import Apply, Begin, StepOnce
from app.worker import DragWorker
from tests.app.fakes import NullUi, make_app
from tests.app.polling import DEADLINE_S
from tests.app.tiny import SIZE, tiny_generator

LOSSES = (0.5, 0.4, 0.3, 0.2, 0.1)


@pytest.mark.parametrize(
    ("viewed", "iteration", "path", "loss"),
    [
        (2, 2, ((0, 5),), 0.4),
        (0, 0, ((0, 5),), None),  # the start
        (3, 2, ((0, 1), (3, 6)), 0.4),  # position 2 was undone: 1 is the first step, 3 the second
        (2, 2, ((0, 1), (3, 7)), None),  # undone: what its loss was is not kept
        (1, 1, ((0, 6),), None),  # of the picture before this one: another start lies between
    ],
)
def test_while_looking_back_it_is_that_pictures(
    viewed: int, iteration: int, path: tuple[tuple[int, int], ...], loss: float | None
) -> None:
    app, _, worker = make_app()
    now = path[-1][1]
    worker.answer(losses=LOSSES, iteration=5, history=HistoryView(now + 1, now, path=path))
    app.frame()
    assert app.state.loss == LOSSES[-1]
    looking = HistoryView(now + 1, now, viewed, viewed, path)
    worker.answer(iteration=iteration, history=looking)
    app.frame()
    assert app.state.loss == loss
    assert app.state.losses == list(LOSSES), "the curve is the session's"
    worker.answer(iteration=5, history=HistoryView(now + 1, now, path=path))
    app.frame()
    assert app.state.loss == LOSSES[-1]


def test_it_is_what_the_worker_measured_at_that_step() -> None:
    worker = DragWorker(EditSession(tiny_generator()), thread_count=1)
    state = AppState(picture_size=(SIZE, SIZE), model_name="tiny")
    nowhere = Folders(sessions=Path("sessions"), pictures=Path("pictures"))
    app = App(state, NullUi(), worker, Scheduler(sleep=lambda _seconds: None), nowhere)

    def frames_until(is_enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not is_enough():
            assert time.monotonic() < deadline
            app.frame()
            time.sleep(0.001)  # else the frames take the worker's time

    try:
        worker.submit(Begin("drag"))
        worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
        told: list[float | None] = [None]
        for step in range(1, 6):
            worker.submit(StepOnce())
            frames_until(lambda step=step: state.iteration == step)
            told.append(state.loss)
        assert len(set(told)) == len(told), "they differ: the test can tell them apart"
        for position in (3, 1, 0, 4):
            app.apply(events.ViewPicture(position))
            frames_until(lambda at=position: state.history.view.shown == at and state.iteration == at)
            assert state.loss == told[position]
        app.apply(events.ViewPicture(None))
        frames_until(lambda: state.iteration == 5)
        assert state.loss == told[5]
    finally:
        worker.close()
