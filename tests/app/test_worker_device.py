"""The worker as it runs on a GPU, with everything of the GPU faked; and a device that gives up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from app.device_choice import load_on, worker_device
from app.device_pictures import host_copy
from app.session.edit_session import EditSession
from app.session.edits import MoveTarget, Steps
from app.window_commands import Apply, Undo
from app.worker import DragWorker
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from gan.device_fallback import LOST_NOTICE
from gan.device_faults import DeviceFault, fault_of
from gan.errors import DeviceError
from gan.generator import Generator
from tests.app.awaited_frames import start_drag, take_until
from tests.app.fake_gpu import gpu_device
from tests.app.lost_device import failing_at
from tests.app.polling import DEADLINE_S
from tests.app.said import has_failed, said
from tests.app.tiny import tiny_generator


def test_steps_begin_with_the_windows_frames() -> None:
    session = EditSession(tiny_generator())
    worker = DragWorker(session, device=gpu_device())
    last = start_drag(worker)
    take_until(worker, lambda f: f.serial == last and f.iteration >= 1)
    worker.close()
    steps_done = sum(edit.count for edit in session.document().edits if isinstance(edit, Steps))
    assert steps_done == session.session.iteration


def test_the_picture_at_rest_is_that_of_the_last_step() -> None:
    session = EditSession(tiny_generator())
    worker = DragWorker(session, device=gpu_device())
    last = start_drag(worker, hold=False)
    pictures: list[object] = []

    def rests(frame: WorkerFrame) -> bool:
        if frame.picture is not None:
            pictures[:] = [host_copy(frame.picture.array)]
        return frame.serial == last and not frame.running  # its picture may have come with an earlier one

    take_until(worker, rests)
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:  # what was under way when the last result came
        frame = worker.take()
        if frame is None:
            time.sleep(0.05)
            if worker.take() is None:
                break
        elif frame.picture is not None:
            pictures[:] = [host_copy(frame.picture.array)]
            frame.hand_back()
    worker.close()
    shown = torch.as_tensor(pictures[0]).int()
    assert (shown - torch.as_tensor(session.session.image()).int()).abs().max() <= 1


def test_a_moved_target_reaches_the_steps_and_the_frames_without_asking_the_device() -> None:
    worker = DragWorker(EditSession(tiny_generator()), device=gpu_device())
    start_drag(worker)
    last = worker.submit(Apply(MoveTarget(0, (16.0, 10.0))))
    frame = take_until(worker, lambda f: f.serial == last and f.iteration >= 2)
    assert frame.handles[0].target == (16.0, 10.0)
    take_until(worker, lambda f: f.done)
    worker.close()


def test_undo_in_the_middle_of_steps_brings_back_the_start() -> None:
    session = EditSession(tiny_generator())
    before = session.session.image()
    worker = DragWorker(session, device=gpu_device())
    start_drag(worker)
    take_until(worker, lambda f: f.iteration >= 2)
    last = worker.submit(Undo())
    frame = take_until(worker, lambda f: f.serial == last and f.picture is not None)
    assert frame.iteration == 0
    assert frame.handles == ()
    worker.close()
    assert (session.session.image() == before).all()


ERRORS = (
    torch.OutOfMemoryError("CUDA out of memory"),
    torch.AcceleratorError("CUDA error: lost"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED\nadvice for programmers"),
)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("on_gpu", [True, False])
def test_a_device_that_gives_up_in_a_step_leaves_the_edit_on_the_processor(
    error: Exception, on_gpu: bool
) -> None:
    session = failing_at(3, error)
    reopened: list[Generator] = []

    def reopen(generator: Generator) -> Generator:
        reopened.append(generator)
        return tiny_generator()

    worker = DragWorker(session, device=gpu_device(reopen) if on_gpu else WorkerDevice(reopen_on_cpu=reopen))
    start_drag(worker)
    told: list[str] = []

    def goes_on(frame: WorkerFrame) -> bool:
        told.extend(message.text for message in frame.messages)
        return frame.iteration >= 6 and frame.picture is not None

    frame = take_until(worker, goes_on)
    worker.close()
    assert reopened == [session.generator]
    assert worker.session is not session
    assert frame.picture.shape == (32, 32, 3)
    assert frame.undo_label == "drag"
    assert len(told) == 1
    assert "processor" in told[0]
    assert (told[0] == LOST_NOTICE) == (fault_of(error) is DeviceFault.LOST)
    assert "\n" not in told[0]


def test_without_a_way_to_the_processor_the_drag_stops_and_the_edit_stays() -> None:
    session = failing_at(3, ERRORS[1])
    worker = DragWorker(session, device=gpu_device())
    start_drag(worker)
    frame = take_until(worker, has_failed)
    assert not frame.running
    assert "\n" not in said(frame)
    worker.close()
    assert worker.session is session
    assert session.session.iteration == 3


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            RuntimeError("can't allocate memory: you tried\nto allocate"),
            "the memory is full; close other prog",
        ),
        (RuntimeError("shapes do not fit\nat line 3"), "RuntimeError: shapes do not fit"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_a_processor_that_cannot_stops_the_drag_with_one_line_and_the_edit_stays(
    error: Exception, line: str
) -> None:
    session = failing_at(3, error)
    worker = DragWorker(session)
    start_drag(worker)
    frame = take_until(worker, has_failed)
    assert said(frame).startswith(line)
    assert "\n" not in said(frame)
    assert not frame.running
    worker.close()
    assert worker.session is session
    assert session.session.iteration == 3
    session.session.step()


def test_the_best_device_is_taken_and_left_with_one_line_where_it_fails() -> None:
    said: list[str] = []
    asked: list[str] = []

    def load(_model: Path | None, device: str) -> Generator:
        asked.append(device)
        if device == "cuda":
            raise RuntimeError("CUDA driver is too old\nSee the web")
        return tiny_generator()

    load_on(None, None, said.append, load, lambda: torch.device("cuda"))
    assert asked == ["cuda", "cpu"]
    assert said == ["cuda cannot be used (CUDA driver is too old); computing on the processor instead"]


def test_a_device_that_was_asked_for_and_fails_is_an_error() -> None:
    def load(_model: Path | None, device: str) -> Generator:
        raise DeviceError(f"no {device}")

    with pytest.raises(DeviceError, match="no cuda"):
        load_on(None, "cuda", lambda _text: None, load)


def test_a_processor_needs_nothing_of_a_gpu() -> None:
    device = worker_device(torch.device("cpu"), takes_device_pictures=False)
    assert device.pictures is None
    assert device.stepper is None
