"""The hand at an earlier picture: what the timeline says while the worker is still behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app import events
from app.app import App
from app.history_state import HistoryView
from app.window_commands import ReturnToPicture, ViewPicture
from app.worker_frame import Message
from tests.app.fakes import make_app
from tests.app.hand import move, press, release

LATEST = HistoryView(count=10, now=9, shown=9, path=((0, 9),))


@pytest.mark.parametrize(
    "edit",
    [
        lambda app: press(app, 20, 30),
        lambda app: app.apply(events.StepOnce()),
        lambda app: app.apply(events.SetSeed(7)),
    ],
    ids=["grab", "step", "seed"],
)
def test_an_edit_of_an_earlier_picture_goes_on_from_it_in_the_timeline_at_once(
    edit: Callable[[App], None],
) -> None:
    app, _, worker = make_app()
    worker.answer(history=LATEST)
    app.frame()
    app.apply(events.ViewPicture(4))
    assert app.state.history.view.viewed == 4
    behind = len(worker.commands)
    edit(app)
    for _ in range(2):
        view = app.state.history.view
        assert (view.at, view.viewed) == (4, None)
        worker.answer(until=behind, history=replace(LATEST, viewed=4, shown=4))
        app.frame()
    worker.answer(until=behind, history=replace(LATEST, now=10, count=11))
    app.frame()
    assert app.state.history.view.at == 10, "the worker is there, and going on"


def test_what_goes_on_from_here_does_not_let_go_of_a_pull_that_does_already() -> None:
    app, _, worker = make_app()
    worker.answer(history=LATEST)
    app.frame()
    app.apply(events.ViewPicture(4))
    assert worker.commands[-1] == ViewPicture(4)
    press(app, 20, 30)
    behind = len(worker.commands)
    move(app, 30, 30)
    worker.answer(until=behind, history=LATEST)
    app.frame()
    app.apply(events.GoOnFromHere())
    assert not any(isinstance(command, ReturnToPicture) for command in worker.commands)


def test_an_edit_of_an_earlier_picture_that_is_given_up_leaves_it_looked_at() -> None:
    app, _, worker = make_app()
    worker.answer(history=LATEST)
    app.frame()
    app.apply(events.ViewPicture(4))
    app.apply(events.SetSeed(7))
    worker.answer(history=HistoryView(count=10, now=9, viewed=4, shown=4, path=((0, 9),)))
    app.frame()
    assert app.state.history.view.viewed == 4


def test_the_last_steps_of_a_drag_do_not_take_away_what_is_said_of_an_earlier_picture() -> None:
    app, _, worker = make_app()
    press(app, 20, 30)
    move(app, 40, 30)
    release(app, 40, 30)
    behind = len(worker.commands)
    worker.answer(history=LATEST, running=True)
    app.frame()
    app.apply(events.ViewPicture(4))
    said = app.state.status
    assert "Looking back" in said.text
    worker.answer(until=behind, history=LATEST, losses=(0.5,), iteration=9, running=True)
    app.frame()
    worker.answer(history=replace(LATEST, viewed=4, shown=4), losses=(0.4,), iteration=10)
    app.frame()
    assert app.state.status == said
    app.apply(events.ViewPicture(None))
    worker.answer(history=LATEST, messages=(Message("Saved"),))
    app.frame()
    assert app.state.status.text == "Saved"
