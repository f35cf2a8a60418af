"""Errors as notices; long work with progress, time left and cancel."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app import events
from app.errors import TaskCancelled
from app.notice_desk import KEPT_COUNT, OPEN_COUNT
from app.state import Status
from app.task_board import TaskBoard, time_left
from app.worker_frame import Message
from tests.app.fakes import make_app


def test_an_error_becomes_a_notice_with_details_until_it_is_dismissed(tmp_path: Path) -> None:
    app, _, _ = make_app()
    app.apply(events.LoadMask(tmp_path / "none.png"))
    app.frame()
    (notice,) = app.state.window.open_notices
    assert "none.png" in notice.text
    assert "Traceback" in notice.details
    app.state.status = Status("Ready")
    app.frame()
    assert app.state.window.open_notices == (notice,)
    app.apply(events.DismissNotice(notice.id))
    assert app.state.window.open_notices == ()
    assert app.state.window.notices == (notice,)


def test_the_same_error_again_is_counted_and_many_are_bounded() -> None:
    app, _, _ = make_app()
    for _ in range(3):
        app.state.status = Status("the disk is full", "error")
        app.frame()
        app.frame()
    assert [(n.text, n.count) for n in app.state.window.open_notices] == [("the disk is full", 3)]
    for number in range(KEPT_COUNT + 5):
        app.state.status = Status(f"error {number}", "error")
        app.frame()
    assert len(app.state.window.notices) == KEPT_COUNT
    assert len(app.state.window.open_notices) == OPEN_COUNT
    app.apply(events.DismissNotice())
    assert app.state.window.open_notices == ()
    app.apply(events.ToggleNotices())
    assert app.state.window.show_notices


def test_several_errors_in_one_frame_are_a_notice_each() -> None:
    app, _, worker = make_app()
    failed = Message("the edit was refused", failed=True, details="where")
    worker.answer(messages=(failed, Message("the disk is full", failed=True), Message("Saved a.json")))
    app.apply(events.BlendBookmarks("a", "a", 0.5))  # refused by the window
    app.frame()
    texts = [notice.text for notice in app.state.window.open_notices]
    assert texts[1:] == ["the edit was refused", "the disk is full"]
    assert "two different bookmarks" in texts[0]
    assert app.state.window.open_notices[1].details == "where"
    assert app.state.status.text == "Saved a.json"
    app.frame()
    assert [notice.count for notice in app.state.window.notices] == [1, 1, 1]


def test_what_is_no_error_is_no_notice() -> None:
    app, _, _ = make_app()
    app.state.status = Status("Arrived", "good")
    app.frame()
    assert app.state.window.notices == ()


def test_a_task_shows_its_share_and_the_time_left() -> None:
    now = [0.0]
    board = TaskBoard(lambda: now[0])
    with board.task("Rendering") as task:
        task.advance(0.0)
        assert board.look() == ()  # too young: it would only flicker
        now[0] = 10.0
        task.advance(0.25, "frame 25 of 100")
        (view,) = board.look()
        assert (view.title, view.stage, view.share) == ("Rendering", "frame 25 of 100", 0.25)
        assert view.left_s == pytest.approx(30.0)
        task.advance()
        assert board.look()[0].left_s is None
    assert board.look() == ()


def test_cancel_reaches_the_thread_that_works() -> None:
    board = TaskBoard(lambda: 0.0)
    began, outcome = threading.Event(), []

    def work() -> None:
        try:
            with board.task("Long") as task:
                began.set()
                while True:
                    task.advance(0.5)
        except TaskCancelled as error:
            outcome.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    assert began.wait(60)
    board.cancel(1)
    thread.join(60)
    assert outcome == ["Gave up: long"]
    board.cancel(1)  # done already: no error


def test_what_cannot_be_given_up_goes_on() -> None:
    now = [0.0]
    board = TaskBoard(lambda: now[0])
    with board.task("Writing", can_cancel=False) as task:
        now[0] = 1.0
        assert not board.look()[0].can_cancel
        board.cancel(task.id)
        task.advance(1.0)


@pytest.mark.parametrize(
    ("left_s", "text"),
    [(None, ""), (0.2, "1 s left"), (42.4, "42 s left"), (150, "2 min left"), (5400, "1.5 h left")],
)
def test_time_left_is_no_more_exact_than_it_can_be(left_s: float | None, text: str) -> None:
    assert time_left(left_s) == text
