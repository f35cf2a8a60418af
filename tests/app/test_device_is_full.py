"""A device whose memory is full: previews in place of full pictures, then the processor, with a line each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from app.device_pictures import DevicePictures
from app.device_stepper import DeviceStepper
from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed
from app.session.replay import replay
from app.window_commands import Apply, Begin, SetRunning, ViewPicture
from app.worker import DragWorker
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from gan.device_fallback import NOTICES, DeviceLevel
from gan.drag_session import DragSession
from gan.generator import Generator
from gan.preview import Preview
from gan.random_model import random_generator
from tests.app.awaited_frames import take_until, wait_for
from tests.app.edited_sessions import state_of
from tests.app.fake_gpu import FakeCopyStream, QuickTimer
from tests.app.lost_device import HANDLE, edited, on_processor
from tests.app.tiny import tiny_architecture, tiny_generator


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
