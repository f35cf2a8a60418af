"""Going to a picture that must be made again, step for step: it can be given up, and nothing has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import TaskCancelled
from app.exporter import export
from app.session.autosave import UNFINISHED
from app.session.bookmarks import Bookmark
from app.session.document import SessionDocument, save_document
from app.session.edit_session import EditSession
from app.session.edits import (
    AddHandle,
    ClearHandles,
    MoveTarget,
    ReturnTo,
    SetParams,
    StartFromSeed,
    Steps,
    Unit,
)
from app.task_board import Task, TaskBoard
from app.window_commands import (
    AddBookmark,
    Apply,
    Begin,
    BlendBookmarks,
    Cancel,
    Command,
    Export,
    OpenSession,
    Redo,
    ReturnToPicture,
    SetRunning,
    Undo,
    ViewPicture,
)
from app.worker import DragWorker
from app.worker_frame import WorkerFrame
from gan.drag_params import DragParams
from tests.app.awaited_frames import wait_for
from tests.app.edited_sessions import state_of
from tests.app.said import has_failed, said
from tests.app.task_boards import Impatient
from tests.app.tiny import tiny_generator

LONG = 1500  # steps of the branch that was left: seconds, where they are waited for
SHORT = LONG + 1  # position of the only step of the other branch
DEADLINE_S = 60.0  # bounds a hang


def left_behind(steps: int = LONG) -> SessionDocument:
    """A long drag, and a short one from the start, which is where the session is."""
    document = EditSession(tiny_generator(), StartFromSeed(3)).document()
    document.edits.extend(
        (Unit("long"), AddHandle(0, (10.0, 10.0), (25.0, 10.0)), Steps(steps)),
    )
    document.edits.extend((Unit("back"), ReturnTo(0)))
    document.edits.extend((Unit("short"), AddHandle(1, (20.0, 10.0), (22.0, 10.0)), Steps(1)))
    return document


def opened(document: SessionDocument) -> EditSession:
    session = EditSession.opened(tiny_generator(), document)
    for _ in session.advance():
        pass
    return session


@pytest.mark.parametrize(
    "commands",
    [
        [Undo(), Undo()],
        [Undo(), Undo(), Redo()],
        [ReturnToPicture(LONG)],
        [
            *(ViewPicture(LONG), Begin("drag"), Apply(AddHandle(7, (5.0, 5.0), (9.0, 5.0)))),
            SetRunning(True, handle=7),
        ],
        [ViewPicture(LONG), Begin("parameters"), Apply(SetParams(DragParams.released()))],
        [
            *(ViewPicture(LONG), AddBookmark("far"), ViewPicture(0), AddBookmark("near")),
            BlendBookmarks("near", "far", 0.5),
        ],
    ],
    ids=["undo", "undo and redo", "return", "grab", "params", "blend"],
)
def test_closing_does_not_wait_and_every_edit_is_still_there(commands: list[Command]) -> None:
    document = left_behind()
    session = opened(document)
    worker = DragWorker(session)
    for command in commands:
        worker.submit(command)
    worker.close()
    assert worker.session.document().edits == document.edits
    assert session.position in (SHORT, 0), "it is not where the long way leads"
    assert state_of(opened(session.document())) == state_of(session)


@pytest.mark.parametrize("way", ["undo", "return"])
def test_what_is_given_up_has_changed_nothing(way: str) -> None:
    session = opened(left_behind(steps=30))
    if way == "undo":
        session.undo()

    def go() -> object:
        return session.undo() if way == "undo" else session.return_to(30)

    before, shares = state_of(session), list[float]()

    def at_the_tenth(share: float) -> None:
        shares.append(share)
        if len(shares) == 10:
            raise TaskCancelled("enough")

    with pytest.raises(TaskCancelled), session.asking(at_the_tenth):
        go()
    assert shares == pytest.approx([i / 30 for i in range(10)])
    assert state_of(session) == before
    assert session.redo_label == ("short" if way == "undo" else None)
    with session.asking(shares.append):
        go()
    assert len(shares) - 10 == 21, "what was done until then is not done again"
    assert session.position == 30


def test_a_grab_at_a_picture_that_is_not_waited_for_is_left_out_whole() -> None:
    document = left_behind(steps=40)
    worker = DragWorker(opened(document), tasks=Impatient())
    try:
        last = worker.submit(ViewPicture(20))
        wait_for(worker, lambda f: f.serial == last)
        worker.submit(Begin("drag"))
        worker.submit(Apply(AddHandle(7, (5.0, 5.0), (9.0, 5.0))))
        worker.submit(SetRunning(True, hold=True, handle=7))
        last = worker.submit(Apply(MoveTarget(7, (12.0, 5.0))))
        told: list[str] = []

        def is_done(frame: WorkerFrame) -> bool:
            told.append(said(frame))
            assert not has_failed(frame)
            return frame.serial == last

        frame = wait_for(worker, is_done)
        assert "".join(told) == "Gave up: going back"
        assert not frame.running
        assert frame.history is not None
        assert frame.history.viewed == 20
    finally:
        worker.close()
    assert worker.session.document().edits == document.edits


class SecondGivenUp(TaskBoard):
    """Something happens when the second work begins, and then it is given up."""

    def __init__(self) -> None:
        super().__init__()
        self.begun_count = 0
        self.meanwhile: Callable[[], None] = lambda: None
        self.gives_up = True

    @contextmanager
    def task(self, title: str, can_cancel: bool = True) -> Iterator[Task]:
        self.begun_count += 1
        with super().task(title, can_cancel) as task:
            if self.begun_count == 2:
                self.meanwhile()
                if self.gives_up:
                    task.cancel()
            yield task


PULL = (Begin("drag"), Apply(AddHandle(7, (5.0, 5.0), (9.0, 5.0))))


@pytest.mark.parametrize(
    ("given_up", "meanwhile", "done"),
    [
        ([ViewPicture(LONG), Begin("new seed"), Apply(ClearHandles())], [Apply(StartFromSeed(5))], ()),
        ([ViewPicture(LONG), *PULL], [SetRunning(True, handle=7), Undo()], ()),
        ([ViewPicture(LONG), *PULL], [ViewPicture(None), Undo()], ("undone",)),
        ([Undo(), Undo()], [Undo()], ("undone",)),
        ([Undo(), Undo()], [*PULL, Undo()], ("undone", "pulled")),
    ],
    ids=["new seed", "grab and undo", "elsewhere", "undo", "undo and grab"],
)
def test_what_was_sent_for_it_is_given_up_with_it(
    given_up: list[Command], meanwhile: list[Command], done: tuple[str, ...]
) -> None:
    document, tasks = left_behind(), SecondGivenUp()
    worker = DragWorker(opened(document), tasks=tasks)

    def send(commands: list[Command]) -> None:
        for command in commands:
            worker.submit(command)

    tasks.meanwhile = lambda: send(meanwhile)
    try:
        send(given_up)
        wait_for(worker, lambda f: f.serial == len(given_up) + len(meanwhile))
    finally:
        worker.close()
    after = worker.session.document()
    undone = (Unit("drag", after=2), AddHandle(7, (5.0, 5.0), (9.0, 5.0))) if "pulled" in done else ()
    assert after.edits == [*document.edits, *undone]
    assert worker.session.position == (0 if done else SHORT)


@pytest.mark.parametrize(
    ("taking_back", "words"),
    [
        ([Cancel()], "Cancelled; the earlier"),
        ([Cancel(quietly=True)], ""),
        ([SetRunning(True, handle=7), Undo()], "Undone; the earlier"),
        ([Undo(), Undo()], "Undone; the earlier"),
    ],
    ids=["cancel", "quietly", "undo", "twice"],
)
def test_a_pull_at_a_picture_that_is_not_there_yet_is_taken_back_at_once(
    taking_back: list[Command], words: str
) -> None:
    document, tasks = left_behind(), SecondGivenUp()
    worker = DragWorker(opened(document), tasks=tasks)
    began = threading.Event()
    tasks.meanwhile = began.set
    tasks.gives_up = False
    try:
        for command in (ViewPicture(LONG), *PULL, SetRunning(True, handle=7)):
            worker.submit(command)
        assert began.wait(DEADLINE_S)
        last = [worker.submit(command) for command in taking_back][-1]
        told: list[str] = []

        def is_done(frame: WorkerFrame) -> bool:
            told.append(said(frame))
            return frame.serial == last

        frame = wait_for(worker, is_done)
        assert "".join(told).startswith(words)
        assert bool("".join(told)) == bool(words)
        assert frame.history is not None
        assert (frame.history.viewed, frame.history.now) == (LONG, SHORT)
    finally:
        worker.close()
    assert worker.session.document().edits == document.edits


def test_a_blend_that_is_not_waited_for_leaves_what_is_looked_at() -> None:
    document = left_behind(steps=40)
    document.bookmarks.extend((Bookmark("near", 0), Bookmark("far", 40)))
    worker = DragWorker(opened(document), tasks=Impatient())
    try:
        last = worker.submit(ViewPicture(20))
        wait_for(worker, lambda f: f.serial == last)
        last = worker.submit(BlendBookmarks("near", "far", 0.5))
        frame = wait_for(worker, lambda f: f.serial == last)
        assert said(frame) == "Gave up: going back"
        assert frame.history is not None
        assert frame.history.viewed == 20
    finally:
        worker.close()
    assert worker.session.document().edits == document.edits


@pytest.mark.parametrize("tasks", [Impatient(), TaskBoard()], ids=["given up", "opened"])
def test_a_session_that_a_crash_left_is_offered_until_it_is_open(tmp_path: Path, tasks: TaskBoard) -> None:
    document = left_behind(steps=5)
    left, kept = tmp_path / f"20260101-1{UNFINISHED}", tmp_path / "20260101-1.json"
    save_document(left, document)
    worker = DragWorker(EditSession(tiny_generator()), tasks=tasks)
    try:
        last = worker.submit(OpenSession(document, kept.name, unfinished=left))
        wait_for(worker, lambda f: f.serial == last)
    finally:
        worker.close()
    is_open = worker.session.document().edits == document.edits
    assert (is_open, left.exists(), kept.exists()) == (
        (False, True, False) if isinstance(tasks, Impatient) else (True, False, True)
    )


def test_what_is_undone_and_done_again_on_the_way_back_is_done() -> None:
    document, tasks = left_behind(steps=40), SecondGivenUp()
    worker = DragWorker(opened(document), tasks=tasks)
    tasks.gives_up = False
    sent: list[int] = []
    tasks.meanwhile = lambda: sent.extend(map(worker.submit, (Undo(), Redo())))
    try:
        for command in (ViewPicture(20), *PULL):
            worker.submit(command)
        frame = wait_for(worker, lambda f: len(sent) == 2 and f.serial == sent[-1])
        assert [handle.id for handle in frame.handles] == [0, 7]
    finally:
        worker.close()
    assert worker.session.document().edits[-1] == PULL[1].edit


def test_an_export_of_an_earlier_picture_that_closing_gives_up_is_told(tmp_path: Path) -> None:
    """The window asks before; where there was nobody to ask it is told on the terminal."""
    picture = tmp_path / "picture.png"
    worker = DragWorker(opened(left_behind()), export=export)
    worker.submit(ViewPicture(LONG))
    worker.submit(Export("picture", picture))
    worker.submit(Export("picture", tmp_path / "second.png"))
    worker.close()
    assert worker.unsaid_failures == tuple(
        f"'{path}' was not exported: the window was closed before it was done"
        for path in (picture, tmp_path / "second.png")
    )
    assert not picture.exists()
