"""Which handle goes with the next grab, and which is a pin: as the session says, whoever opens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.app import App, Folders
from app.scheduler import Scheduler
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, ClearHandles, MoveTarget, RemoveHandle
from app.session.last_grab import GRAB_LABEL, LastGrab
from app.session.replay import replay
from app.state import AppState
from app.viewport import Viewport
from app.window_commands import OpenSession, ViewPicture
from app.worker import DragWorker
from tests.app.fakes import NullUi
from tests.app.hand import pull
from tests.app.polling import wait_until
from tests.app.tiny import SIZE, tiny_generator


def grab(session: EditSession, handle_id: int, at: float, lets_go: int | None = None) -> None:
    """As the hand does: a press, a pull, a step."""
    session.begin(GRAB_LABEL)
    session.apply(AddHandle(handle_id, (at, at), (at, at)))
    if lets_go is not None:
        session.apply(RemoveHandle(lets_go))
    session.apply(MoveTarget(handle_id, (at + 4, at)))
    session.step()


def last(session: EditSession) -> int | None:
    return LastGrab().at(session.log, session.place)


def edited() -> EditSession:
    """A pin that was placed, one that a grab with Shift left, and a last grab."""
    session = EditSession(tiny_generator())
    session.begin("place handle")
    session.apply(AddHandle(0, (3.0, 3.0), (5.0, 3.0)))
    grab(session, 1, 8.0)
    grab(session, 2, 14.0)
    return session


def test_a_session_that_is_opened_knows_its_last_grab() -> None:
    session = edited()
    assert last(session) == 2
    assert last(replay(session.document(), tiny_generator())) == 2


def test_undo_and_redo_go_along() -> None:
    session, asked = edited(), LastGrab()
    grab(session, 3, 20.0, lets_go=2)
    assert asked.at(session.log, session.place) == 3
    session.undo()
    assert asked.at(session.log, session.place) == 2
    session.undo()
    assert asked.at(session.log, session.place) == 1
    session.redo()
    assert asked.at(session.log, session.place) == 2


def test_so_does_going_back_to_an_earlier_picture() -> None:
    session = edited()
    before = session.log.place_of(session.position - 1)
    assert LastGrab().at(session.log, before) == 1
    session.return_to(session.position - 1)
    assert last(session) == 1


@pytest.mark.parametrize(
    ("edit", "is_there"), [(ClearHandles(), None), (RemoveHandle(2), 2), (MoveTarget(1, (9.0, 9.0)), 2)]
)
def test_what_is_done_since(edit: ClearHandles | RemoveHandle | MoveTarget, is_there: int | None) -> None:
    """One that was removed makes no pin to the last grab."""
    session = edited()
    session.begin("something")
    session.apply(edit)
    assert last(session) == is_there


def test_handles_that_were_placed_are_pins() -> None:
    session = EditSession(tiny_generator())
    session.begin("place handles")
    session.apply(AddHandle(0, (3.0, 3.0), (5.0, 3.0)))
    session.begin("drag")
    session.step()
    assert last(session) is None


@pytest.mark.parametrize("shown", ["present", "earlier"])
def test_the_grab_after_an_opening_replaces_the_last_one(shown: str) -> None:
    """By the real worker, and with ids that another session had before."""
    session = EditSession(tiny_generator())
    grab(session, 0, 5.0)
    worker = DragWorker(session, thread_count=1)
    state = AppState(picture_size=(SIZE, SIZE), model_name="tiny")
    state.viewport = Viewport((640, 640), 20.0, 0.0, 0.0, fitted=False)
    folders = Folders(sessions=Path("sessions"), pictures=Path("pictures"))
    app = App(state, NullUi(), worker, Scheduler(sleep=lambda _s: None), folders)

    def shows(*ids: int) -> bool:
        app.frame()
        return list(state.handles) == list(ids)

    try:
        wait_until(lambda: shows(0))
        pull(app, (20.0, 20.0), (24.0, 20.0))
        document = edited().document()
        worker.submit(OpenSession(document, "opened"))
        wait_until(lambda: shows(0, 1, 2))
        if shown == "earlier":
            worker.submit(ViewPicture(1))
            wait_until(lambda: shows(0, 1))
        pull(app, (25.0, 25.0), (28.0, 25.0))
        expected = [0, 1, 3] if shown == "present" else [0, 3]
        wait_until(lambda: shows(*expected))
    finally:
        worker.close()
    assert worker.session.session.handle_ids == tuple(expected)


def test_a_grab_in_the_place_of_one_that_was_given_up_is_the_last() -> None:
    """The worker may have no time to say anything between the two."""
    session, asked = EditSession(tiny_generator()), LastGrab()
    grab(session, 1, 8.0)
    for handle_id in (2, 3):
        session.begin(GRAB_LABEL)
        session.apply(AddHandle(handle_id, (14.0, 14.0), (14.0, 14.0)))
        assert asked.at(session.log, session.place) == handle_id
        session.cancel()
