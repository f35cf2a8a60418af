"""A device that gives up in the middle of an edit: on the processor everything is there that was done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from app.device_pictures import DevicePictures
from app.device_stepper import DeviceStepper
from app.exported_edit import ExportedEdit
from app.session.autosave import Autosave
from app.session.document import load_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, Edit, MoveTarget, StartFromSeed
from app.session.replay import rebuild, replay
from app.session.session_files import SessionFiles
from app.step_budget import StepBudget
from app.window_commands import (
    Apply,
    Begin,
    Cancel,
    Command,
    Export,
    Redo,
    SaveSession,
    SetRunning,
    StepOnce,
    Undo,
    UseSession,
    ViewPicture,
)
from app.worker import DragWorker
from app.worker_commands import Exporter
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from gan.cuda_graphs import PendingResult
from gan.device_fallback import LOST_NOTICE, NOT_MOVED, NOTICES, DeviceLevel
from gan.drag_session import DragSession
from gan.errors import EditError
from gan.generator import Generator
from gan.preview import Preview
from gan.random_model import random_generator
from gan.step_result import HostStepResult, StepResult
from tests.app.fakes import FakeCopyStream
from tests.app.said import has_failed, said
from tests.app.test_session import state_of
from tests.app.test_worker import wait_for
from tests.app.test_worker_device import take_until
from tests.app.tiny import tiny_architecture, tiny_generator


class QuickTimer:
    """2 ms, at once."""

    def stop(self) -> None:
        pass

    def elapsed_ms(self) -> float | None:
        return 2.0


LOST = torch.AcceleratorError("CUDA error: unspecified launch failure\nCUDA kernel errors might be late")
HANDLE = AddHandle(0, (10.0, 10.0), (14.0, 10.0))


class OnDevice(EditSession):
    """A session whose device is lost from the moment that the test says so: whatever asks it fails."""

    lost = False

    def apply(self, edit: Edit) -> None:
        self._ask()
        super().apply(edit)

    def step(self) -> StepResult:
        self._ask()
        return super().step()

    def undo(self) -> str | None:
        self._ask()
        return super().undo()

    def redo(self) -> str | None:
        self._ask()
        return super().redo()

    def cancel(self) -> str | None:
        self._ask()
        return super().cancel()

    def _ask(self) -> None:
        if self.lost:
            raise LOST


def on_processor(_generator: Generator) -> Generator:
    return tiny_generator()


@contextmanager
def working_on(
    session: EditSession,
    files: SessionFiles | None = None,
    reopen: Callable[[Generator], Generator] | None = on_processor,
    export: Exporter | None = None,
) -> Iterator[DragWorker]:
    worker = DragWorker(session, files, export, device=WorkerDevice(reopen_on_cpu=reopen))
    try:
        yield worker
    finally:
        worker.close()


def do(worker: DragWorker, *commands: Command) -> WorkerFrame:
    """The frame in which they are done."""
    for command in commands:
        worker.submit(command)
    return wait_for(worker, lambda frame: frame.serial == worker.sent_serial)


def edited() -> OnDevice:
    """Three units, the last two of them undone."""
    session = OnDevice(tiny_generator(), StartFromSeed(3))
    for label, target in (("drag", (14.0, 10.0)), ("further", (16.0, 11.0)), ("back", (11.0, 12.0))):
        session.begin(label)
        session.apply(HANDLE if label == "drag" else MoveTarget(0, target))
        session.step()
        session.step()
    session.undo()
    session.undo()
    return session


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
    frame_of = DragWorker._frame

    def frame(worker: DragWorker) -> WorkerFrame:
        if failures:
            raise failures.pop(0)
        return frame_of(worker)

    monkeypatch.setattr(DragWorker, "_frame", frame)
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

    def fail() -> None:
        raise LOST

    with monkeypatch.context() as patched:
        patched.setattr(session.session, "_reread", fail)
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


class GpuThatIsLost:
    """Its results' copies fail from the one on that the test names."""

    def __init__(self, first: int, error: Exception) -> None:
        self.left = first
        self.error = error

    def start(self, result: StepResult) -> PendingResult:
        self.left -= 1
        if self.left < 0:
            raise self.error
        return PendingResult.start(result)


ERRORS = [LOST, torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("CUDA error: out of memory")]


def drag_until_moved(session: EditSession, stepper: DeviceStepper) -> tuple[EditSession, list[str]]:
    """A drag on a GPU that gives up, until it goes on on the processor, and what was told."""
    told: list[str] = []
    worker = DragWorker(session, device=WorkerDevice(stepper=stepper, reopen_on_cpu=on_processor))
    worker.submit(Begin("drag"))
    worker.submit(Apply(HANDLE))
    worker.submit(SetRunning(True, hold=True))

    def has_moved(frame: WorkerFrame) -> bool:
        told.extend(message.text for message in frame.messages)
        return any("processor" in line for line in told) and frame.iteration >= 8

    wait_for(worker, has_moved)
    worker.close()
    return worker.session, told


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("first", [0, 3])
def test_a_device_that_gives_up_while_a_result_is_copied(error: Exception, first: int) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(3))
    gpu = GpuThatIsLost(first, error)
    moved, told = drag_until_moved(session, DeviceStepper(start_timer=QuickTimer, start_result=gpu.start))
    assert moved is not session
    assert len([line for line in told if "processor" in line]) == 1
    assert moved.session.iteration == moved.step_count
    assert state_of(moved) == state_of(replay(moved.document(), tiny_generator()))
    assert moved.document().edits[: len(session.document().edits) - 1] == session.document().edits[:-1]


class LostInALaunch(EditSession):
    """The device is lost in the second of the steps that one frame begins."""

    def step(self) -> StepResult:
        if self.session.iteration == 2:
            raise LOST
        return super().step()


def test_a_device_lost_in_the_second_step_of_a_launch_keeps_the_first() -> None:
    session = LostInALaunch(tiny_generator(), StartFromSeed(3))
    budget = StepBudget()
    stepper = DeviceStepper(budget, start_timer=QuickTimer)
    session.apply(HANDLE)
    session.step()
    budget.note_steps(1, 0.01)
    assert budget.step_count > 1
    with pytest.raises(torch.AcceleratorError):
        stepper.launch(session)
    assert session.session.iteration == 2
    assert [step.result.iteration for step in stepper.finished()] == [2]  # it is heard of
    session = LostInALaunch(tiny_generator(), StartFromSeed(3))
    moved, told = drag_until_moved(session, DeviceStepper(budget, start_timer=QuickTimer))
    assert told == [LOST_NOTICE]
    assert session.session.iteration == 2
    assert state_of(moved) == state_of(replay(moved.document(), tiny_generator()))


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


class SmallDevice:
    """Device memory that the test takes away; noted is what asks for it. On the processor all fits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, gpu: Generator) -> None:
        self.full_fits = self.preview_fits = True
        self.released = 0
        image, plain, release = DragSession.image_tensor, DragSession.preview_tensor, DragSession.release

        def image_tensor(session: DragSession) -> Tensor:
            if session.generator is gpu and not self.full_fits:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return image(session)

        def preview_tensor(session: DragSession, preview: Preview) -> Tensor:
            if session.generator is gpu and not self.preview_fits:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return plain(session, preview)

        def noted_release(session: DragSession) -> None:
            self.released += 1
            release(session)

        monkeypatch.setattr(DragSession, "image_tensor", image_tensor)
        monkeypatch.setattr(DragSession, "preview_tensor", preview_tensor)
        monkeypatch.setattr(DragSession, "release", noted_release)


def test_a_full_device_goes_on_with_previews_then_on_the_processor_with_a_line_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpu = random_generator(tiny_architecture(), 1)
    device = SmallDevice(monkeypatch, gpu)
    session = EditSession(gpu, StartFromSeed(3))
    fake_gpu = WorkerDevice(
        DevicePictures(FakeCopyStream, QuickTimer), DeviceStepper(start_timer=QuickTimer), on_processor
    )
    worker = DragWorker(session, device=fake_gpu)
    told: list[str] = []

    def shown(is_preview: bool, iteration: int = 0) -> Callable[[WorkerFrame], bool]:
        def fits(frame: WorkerFrame) -> bool:
            told.extend(message.text for message in frame.messages)
            assert not any("out of memory" in line for line in told)
            if frame.picture is None:
                return False
            frame.hand_back()
            return frame.is_preview == is_preview and frame.iteration >= iteration

        return fits

    wait_for(worker, shown(is_preview=False))
    worker.submit(Begin("drag"))
    worker.submit(Apply(HANDLE))
    worker.submit(SetRunning(True, hold=True))
    wait_for(worker, shown(is_preview=False, iteration=2))
    assert device.released == 0
    device.full_fits = False
    frame = wait_for(worker, shown(is_preview=True))
    assert device.released == 1
    wait_for(worker, shown(is_preview=True, iteration=frame.iteration + 2))
    assert told == [NOTICES[DeviceLevel.PREVIEW]]
    assert worker._run.session is session
    device.preview_fits = False
    wait_for(worker, shown(is_preview=False, iteration=frame.iteration + 4))
    assert told == [NOTICES[DeviceLevel.PREVIEW], NOTICES[DeviceLevel.CPU]]
    worker.close()
    assert worker.session.generator is tiny_generator()
    assert state_of(worker.session) == state_of(replay(worker.session.document(), tiny_generator()))


def test_the_second_drag_of_the_timeline_gives_its_share_too(monkeypatch: pytest.MonkeyPatch) -> None:
    session = edited()
    device = SmallDevice(monkeypatch, session.generator)
    fake_gpu = WorkerDevice(DevicePictures(FakeCopyStream, QuickTimer), None, on_processor)
    worker = DragWorker(session, device=fake_gpu)
    worker.submit(ViewPicture(0))
    take_until(worker, lambda frame: frame.serial == worker.sent_serial)
    device.full_fits = False
    worker.submit(ViewPicture(1))
    take_until(worker, lambda frame: frame.is_preview and frame.picture is not None)
    worker.close()
    assert device.released == 2


@dataclass
class LostPending:
    """A result that never comes."""

    error: Exception

    def ready(self) -> bool:
        return False

    def host(self) -> HostStepResult:
        raise self.error


@pytest.mark.parametrize(("error", "line"), [(LOST, "the device gave up"), (RuntimeError("odd"), "odd")])
def test_with_results_that_never_come_the_session_is_saved_and_left(
    tmp_path: Path, error: Exception, line: str
) -> None:
    session, other = EditSession(tiny_generator(), StartFromSeed(3)), EditSession(tiny_generator())
    stepper = DeviceStepper(start_timer=QuickTimer, start_result=lambda _result: LostPending(error))
    worker = DragWorker(session, device=WorkerDevice(stepper=stepper))
    worker.submit(Begin("drag"))
    worker.submit(Apply(HANDLE))
    worker.submit(SetRunning(True, hold=True))
    wait_for(worker, lambda frame: frame.iteration >= 2)
    frame = do(worker, SaveSession(tmp_path / "a.json"))
    assert "Saved" in said(frame)
    assert load_document(tmp_path / "a.json").edits == session.document().edits
    texts = []
    for _ in range(2):
        worker.submit(SetRunning(False))
        wait_for(worker, lambda f: f.serial == worker.sent_serial and not texts.append(said(f)))
    assert line in texts[0]
    assert texts[1] == ""  # it is not asked again
    do(worker, UseSession(other, WorkerDevice()))
    assert worker._run.session is other
    worker.close()
