"""Cancel, where long work is done: opening a model, replaying a session. What is open stays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from app import events
from app.exported_edit import ExportedEdit
from app.exporter import export
from app.model_loader import LoadNews, LoadRequest, ModelLoader
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed
from app.task_board import Task, TaskBoard
from app.window_commands import Export, ExportKind, OpenSession, SaveSession
from app.worker import DragWorker
from app.worker_frame import WorkerFrame
from gan.generator import Generator
from tests.app.fakes import make_app
from tests.app.said import has_failed, said
from tests.app.task_boards import Impatient
from tests.app.tiny import tiny_generator

DEADLINE_S = 60.0
T = TypeVar("T")


class Interrupted(TaskBoard):
    """Something happens whenever work begins."""

    on_begin: Callable[[], None]

    @contextmanager
    def task(self, title: str, can_cancel: bool = True) -> Iterator[Task]:
        self.on_begin()
        with super().task(title, can_cancel) as task:
            yield task


def test_a_replay_that_is_given_up_leaves_the_present_session() -> None:
    saved = EditSession(tiny_generator(), StartFromSeed(1))
    saved.apply(AddHandle(0, (4.0, 4.0), (9.0, 9.0)))
    for _ in range(3):
        saved.step()
    present = EditSession(tiny_generator(), StartFromSeed(5))
    worker = DragWorker(present, tasks=Impatient())
    try:
        worker.submit(OpenSession(saved.document(), "saved.json"))
        frame = wait_for(lambda: told(worker.take()))
    finally:
        worker.close()
    assert said(frame) == "Gave up: replaying saved.json"
    assert not has_failed(frame)
    assert worker.session is present


def test_a_model_that_is_given_up_says_so_and_nothing_is_opened(tmp_path: Path, model: Path) -> None:
    board, began, go_on = TaskBoard(), threading.Event(), threading.Event()

    def load(path: Path | None, _device: object, _say: object, read: Callable[..., Generator]) -> Generator:
        began.set()
        assert go_on.wait(DEADLINE_S)
        return read(path, "cpu")

    loader = ModelLoader(None, tmp_path, load, board)
    try:
        loader.open(LoadRequest(model))
        assert began.wait(DEADLINE_S)
        board.cancel(1)
        go_on.set()
        news = wait_for(lambda: ended(loader.take()))
    finally:
        loader.close()
    assert news.given_up
    assert news.session is None


def test_small_pictures_of_models_can_be_given_up(tmp_path: Path, model: Path) -> None:
    loader = ModelLoader(None, tmp_path, tasks=Impatient())
    try:
        loader.make_thumbnails([model, model])
        loader.open(LoadRequest(None))  # also given up: then the pictures are, before it or after
        wait_for(lambda: ended(loader.take()))
    finally:
        loader.close()
    assert loader.thumbnail_count == 0
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_is_given_up_writes_nothing(tmp_path: Path) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(5))
    worker = DragWorker(session, export=export, tasks=Impatient())
    kinds: tuple[ExportKind, ...] = ("all", "picture", "sheet")
    try:
        for what in kinds:
            worker.submit(Export(what, tmp_path / "a.png"))
            frame = wait_for(lambda: told(worker.take()))
            assert said(frame) == "Gave up: exporting a.png"
            assert not has_failed(frame)
    finally:
        worker.close()
    assert list(tmp_path.iterdir()) == []


def test_exports_that_are_given_up_with_the_window_are_not_written(tmp_path: Path) -> None:
    """Neither the one in hand nor those behind it; whatever else waits is done."""
    began, go_on = threading.Event(), threading.Event()

    def slow(edit: ExportedEdit, command: Export, advance: Callable[[float], None]) -> str:
        began.set()
        assert go_on.wait(DEADLINE_S)
        return export(edit, command, advance)

    worker = DragWorker(EditSession(tiny_generator(), StartFromSeed(5)), export=slow)
    kinds: tuple[ExportKind, ...] = ("picture", "latent", "all")
    for what in kinds:
        worker.submit(Export(what, tmp_path / f"{what}.png"))
    worker.submit(SaveSession(tmp_path / "saved.json"))
    assert began.wait(DEADLINE_S)
    worker.give_up_exports()
    go_on.set()
    worker.close()
    assert [path.name for path in tmp_path.iterdir()] == ["saved.json"]
    assert worker.unsaid_failures == tuple(
        f"'{tmp_path / what}.png' was not exported: the window was closed before it was done"
        for what in kinds
    )


def test_a_worker_that_ends_without_a_word_writes_what_waits(tmp_path: Path) -> None:
    """Ctrl+C in the terminal, say: nobody has given anything up."""
    worker = DragWorker(EditSession(tiny_generator(), StartFromSeed(5)), export=export)
    worker.submit(Export("latent", tmp_path / "a.npy"))
    worker.close()
    assert (tmp_path / "a.npy").exists()
    assert worker.unsaid_failures == ()


def test_who_waits_for_something_else_is_told_at_once() -> None:
    board = TaskBoard()
    told_of: list[str] = []
    with board.task("Waiting") as task:
        task.when_cancelled(lambda: told_of.append("at once"))
        board.cancel(task.id)
        assert told_of == ["at once"]
        task.when_cancelled(lambda: told_of.append("also afterwards"))
    assert told_of == ["at once", "also afterwards"]
    with board.task("For ever", can_cancel=False) as task:
        task.when_cancelled(lambda: told_of.append("never"))
        task.cancel()
    assert told_of == ["at once", "also afterwards"]


def test_the_action_gives_up_what_began_last() -> None:
    app, _, _ = make_app()
    app.apply(events.CancelTask())  # nothing goes on: no error
    assert app.state.window.notices == ()


def told(frame: WorkerFrame | None) -> WorkerFrame | None:
    return frame if frame is not None and frame.messages else None


def ended(news: LoadNews | None) -> LoadNews | None:
    return news if news is not None and (news.given_up or news.session or news.error) else None


def wait_for(ask: Callable[[], T | None]) -> T:
    """Asks until there is an answer; the deadline bounds a hang only."""
    deadline = time.monotonic() + DEADLINE_S
    while (answer := ask()) is None:
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return answer


def test_escape_while_a_session_is_opened_is_no_failure() -> None:
    saved = EditSession(tiny_generator(), StartFromSeed(1))
    saved.apply(AddHandle(0, (4.0, 4.0), (9.0, 9.0)))
    saved.step()
    present = EditSession(tiny_generator(), StartFromSeed(5))
    board = Interrupted()
    worker = DragWorker(present, tasks=board)
    board.on_begin = worker.give_up_opening
    try:
        worker.submit(OpenSession(saved.document(), "saved.json"))
        frame = wait_for(lambda: told(worker.take()))
    finally:
        worker.close()
    assert said(frame) == "Gave up opening the session; the one that was open is still there"
    assert not has_failed(frame)
    assert worker.session is present
