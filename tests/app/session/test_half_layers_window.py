"""16-bit layers that overflow under the hand: what the window is told, and what a GPU has under way then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.device_stepper import DeviceStepper
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed, Steps
from app.session.replay import replay
from app.session.session_files import SessionFiles
from app.window_commands import AddBookmark, Apply, Begin, SetRunning, StepOnce
from app.worker import DragWorker
from app.worker_device import WorkerDevice
from gan.drag_params import DragParams
from tests.app.awaited_frames import take_until
from tests.app.edited_sessions import state_of
from tests.app.fake_gpu import gpu_device
from tests.app.session.overflowing import (
    GOOD_STEPS,
    HALF,
    HANDLE,
    SEED,
    begun,
)
from tests.app.tiny import tiny_generator


def step_count(session: EditSession) -> int:
    """That were recorded."""
    return sum(edit.count for edit in session.document().edits if isinstance(edit, Steps))


Device = Callable[[], WorkerDevice]


@pytest.mark.parametrize("device", [WorkerDevice, gpu_device], ids=["waited-for", "gpu"])
def test_the_window_tells_one_line_and_goes_on(overflowing: DragParams, device: Device) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(SEED), overflowing)
    session.use_half(HALF)
    worker = DragWorker(session, device=device())
    worker.submit(Begin("drag"))
    worker.submit(Apply(HANDLE))
    worker.submit(SetRunning(True, True))
    told: list[str] = []

    def went_on(frame: object) -> bool:
        told.extend(message.text for message in frame.messages)  # type: ignore[attr-defined]
        assert not any(message.failed for message in frame.messages)  # type: ignore[attr-defined]
        return frame.iteration >= GOOD_STEPS + 4 and frame.running  # type: ignore[attr-defined]

    take_until(worker, went_on)
    for command in (AddBookmark("end"), SetRunning(False), StepOnce()):
        worker.submit(command)
    take_until(worker, lambda frame: frame.serial == worker.sent_serial)
    worker.close()
    assert len(told) == 1
    assert told[0].startswith("16 bits were not enough")
    assert step_count(session) == session.step_count == session.session.iteration
    again = replay(session.document(), tiny_generator())
    assert state_of(again) == state_of(session)
    assert again.session.iteration == session.session.iteration


class LateTimer:
    """Its work is never done before somebody waits for it."""

    def stop(self) -> None:
        pass

    def elapsed_ms(self) -> float | None:
        return None


def test_an_edit_hears_what_is_under_way(overflowing: DragParams) -> None:
    """The steps that a frame has begun are heard of before an edit after which they could not be repeated."""
    session = EditSession(tiny_generator(), StartFromSeed(SEED), overflowing)
    session.use_half(HALF)
    worker = DragWorker(session, device=WorkerDevice(stepper=DeviceStepper(start_timer=LateTimer)))
    worker.submit(Begin("drag"))
    worker.submit(Apply(HANDLE))
    worker.submit(SetRunning(True, True))
    number = 1
    while session.half == HALF:
        last = worker.submit(Apply(AddHandle(number, (20.0, 20.0), (20.0, 20.0))))
        frame = take_until(worker, lambda frame, last=last: frame.serial >= last)
        take_until(worker, lambda f, frame=frame: f.iteration > frame.iteration)
        number += 1
        assert number < 30
    worker.close()
    assert step_count(session) == session.session.iteration
    assert state_of(replay(session.document(), tiny_generator())) == state_of(session)


def test_an_opened_session_has_the_layers_of_the_one_before() -> None:
    present, document = begun(), begun(half=None).document()
    opened = SessionFiles().open(document, None, present, lambda _session, _share: None)
    assert opened.half == HALF
