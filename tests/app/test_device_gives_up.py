"""A device that gives up in the middle of an edit: on the processor everything is there that was done."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from app.exported_edit import ExportedEdit
from app.frame_maker import FrameMaker
from app.session.autosave import Autosave
from app.session.document import load_document
from app.session.edit_session import EditSession
from app.session.edits import MoveTarget, StartFromSeed
from app.session.replay import rebuild, replay
from app.session.session_files import SessionFiles
from app.window_commands import Apply, Begin, Cancel, Command, Export, Redo, SetRunning, StepOnce, Undo
from app.worker_frame import WorkerFrame
from gan import held_features
from gan.device_fallback import LOST_NOTICE, NOT_MOVED
from gan.drag_state import DragSnapshot
from gan.errors import EditError
from gan.generator import Generator
from gan.latent_reader import LatentReader
from tests.app.awaited_frames import wait_for
from tests.app.edited_sessions import state_of
from tests.app.lost_device import HANDLE, LOST, OnDevice, do, edited, working_on
from tests.app.said import has_failed, said
from tests.app.tiny import tiny_generator


def test_what_was_undone_can_be_redone_on_the_processor() -> None:
    session = edited()
    same = edited()
    with working_on(session) as worker:
        session.lost = True
        for label in ("further", "back"):
            frame = do(worker, Redo())
            same.redo()
            assert frame.undo_label == label
    assert worker.session is not session
    assert state_of(worker.session) == state_of(same)


@pytest.mark.parametrize("command", [Undo(), Redo(), StepOnce(), Apply(MoveTarget(0, (20.0, 20.0)))])
def test_a_command_that_finds_the_device_lost_is_done_once_on_the_processor(command: Command) -> None:
    session, same = edited(), edited()
    with working_on(session) as worker:
        session.lost = True
        do(worker, Begin("next"), command)
    if isinstance(command, Undo):
        same.undo()
    elif isinstance(command, Redo):
        same.redo()
    else:
        same.begin("next")
        if isinstance(command, Apply):
            same.apply(command.edit)
        else:
            same.step()
    assert worker.session is not session
    assert state_of(worker.session) == state_of(same)
    assert worker.session.document().edits == same.document().edits
    assert worker.session.redo_label == same.redo_label


def test_a_drag_in_the_hand_goes_on_and_can_still_be_given_up() -> None:
    session = OnDevice(tiny_generator())
    before = session.session.image()
    with working_on(session) as worker:
        worker.submit(Begin("drag"))
        worker.submit(Apply(HANDLE))
        worker.submit(SetRunning(True, hold=True))
        wait_for(worker, lambda frame: frame.iteration >= 3)
        session.lost = True
        wait_for(worker, lambda frame: bool(frame.messages))
        last = worker.submit(Apply(MoveTarget(0, (18.0, 12.0))))
        frame = wait_for(worker, lambda f: f.serial == last and f.iteration >= 6)
        assert frame.running
        assert frame.handles[0].target == (18.0, 12.0)
        assert frame.undo_label == "drag"
        frame = do(worker, Cancel())
        assert frame.handles == ()
        assert frame.undo_label is None
    assert (worker.session.session.image() == before).all()


def test_the_files_go_on_with_the_edit_on_the_processor(tmp_path: Path) -> None:
    session = OnDevice(tiny_generator(), StartFromSeed(7))
    files = SessionFiles(Autosave(tmp_path / "autosave", interval_s=0.0), tmp_path / "own.json")
    with working_on(session, files) as worker:
        worker.submit(Apply(HANDLE))
        worker.submit(SetRunning(True, hold=True))
        wait_for(worker, lambda frame: frame.iteration >= 2)
        session.lost = True
        wait_for(worker, lambda frame: bool(frame.messages))
        do(worker, SetRunning(False), Begin("last"), Apply(MoveTarget(0, (20.0, 20.0))))
    files.close(worker.session)
    (saved,) = (tmp_path / "autosave").glob("*.json")
    for path in (saved, tmp_path / "own.json"):
        document = load_document(path)
        assert document.edits == worker.session.document().edits
        assert state_of(replay(document, tiny_generator())) == state_of(worker.session)


def test_an_export_that_finds_the_device_lost_is_made_on_the_processor(tmp_path: Path) -> None:
    session = edited()
    exported: list[ExportedEdit] = []

    def export(asked: ExportedEdit, _command: Export, _advance: Callable[[float], None]) -> str:
        if asked is session:
            raise LOST
        exported.append(asked)
        return "Exported"

    with working_on(session, export=export) as worker:
        frame = do(worker, Export("picture", tmp_path / "a.png"))
    assert exported == [worker.session]
    assert said(frame).startswith("Exported\n")


def test_a_lost_device_without_a_way_out_is_one_line_and_the_worker_still_answers() -> None:
    session = edited()
    with working_on(session, reopen=None) as worker:
        wait_for(worker, lambda frame: frame.picture is not None)
        session.lost = True
        session.session.__class__ = Unreadable
        for _ in range(2):
            worker.submit(Undo())
            frame = wait_for(worker, lambda f: bool(f.messages) and f.serial == worker.sent_serial)
            assert has_failed(frame)
            assert "save the session and start the program again" in said(frame)
            assert "\n" not in said(frame)
    assert worker.session is session


class Unreadable(type(edited().session)):
    """A drag session on a lost device: not even where its handles are."""

    @property
    def handles(self) -> Tensor:
        raise LOST

    def image_tensor(self) -> Tensor:
        raise LOST


def test_what_failed_before_there_was_a_frame_is_said_in_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [MemoryError(), ValueError("no frame"), ValueError("no frame")]
    frame_of = FrameMaker.frame

    def frame(maker: FrameMaker, serial: int, session_text: str | None) -> WorkerFrame:
        if failures:
            raise failures.pop(0)
        return frame_of(maker, serial, session_text)

    monkeypatch.setattr(FrameMaker, "frame", frame)
    with working_on(edited(), reopen=None) as worker:
        for left in (1, 0):
            worker.submit(SetRunning(False))
            limit = time.monotonic() + 5
            while len(failures) > left and time.monotonic() < limit:
                time.sleep(0.002)
        worker.submit(SetRunning(False))
        texts = [message.text for message in wait_for(worker, lambda f: True).messages]
    assert "ValueError: no frame" in texts


def test_a_model_file_that_is_gone_is_said_and_the_edit_is_as_it_was() -> None:
    def gone(_generator: Generator) -> Generator:
        raise EditError("no model at 'cats.pkl'")

    session = edited()
    with working_on(session, reopen=gone) as worker:
        session.lost = True
        frame = do(worker, Undo())
        assert has_failed(frame)
        assert said(frame) == "no model at 'cats.pkl'"
    assert worker.session is session
    assert session.undo_label == "drag"


def test_an_edit_that_fails_half_way_has_changed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    session = edited()
    before = state_of(session)

    def fail(state: DragSnapshot, reader: LatentReader) -> DragSnapshot:
        raise LOST

    with monkeypatch.context() as patched:
        patched.setattr(held_features, "read_again", fail)
        with pytest.raises(torch.AcceleratorError):
            session.apply(StartFromSeed(11))
    assert state_of(session) == before


def test_a_rebuilt_session_opens_the_unit_that_was_to_come() -> None:
    session = edited()
    session.begin("mine")
    again = rebuild(session, tiny_generator())
    again.step()
    assert again.undo_label == "mine"


def test_a_rebuild_is_given_up_when_the_program_ends() -> None:
    def refuse(_session: EditSession) -> None:
        raise EditError("the window was closed")

    with pytest.raises(EditError, match="closed"):
        rebuild(edited(), tiny_generator(), before_step=refuse)


def test_a_processor_without_memory_for_the_edit_is_one_line_and_the_session_is_saved(tmp_path: Path) -> None:
    full = [RuntimeError("[enforce fail at alloc_cpu.cpp] can't allocate memory\nadvice"), MemoryError()]

    def reopen(_generator: Generator) -> Generator:
        if full:
            raise full.pop()
        return tiny_generator()

    session, same = edited(), edited()
    files = SessionFiles(Autosave(tmp_path / "autosave", interval_s=0.0), tmp_path / "own.json")
    with working_on(session, files, reopen) as worker:
        session.lost = True
        for _ in range(2):
            frame = do(worker, Redo())
            assert has_failed(frame)
            assert said(frame) == NOT_MOVED
            assert worker.session is session
        frame = do(worker, Redo())  # there is memory again
        assert frame.undo_label == "further"
        assert said(frame).splitlines()[-1] == LOST_NOTICE
    same.redo()
    assert state_of(worker.session) == state_of(same)
    files.close(worker.session)
    assert state_of(replay(load_document(tmp_path / "own.json"), tiny_generator())) == state_of(same)
