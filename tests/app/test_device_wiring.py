"""A model opened in the window computes where it can: worker and window are made ready for its device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from app.device_choice import load_on
from app.device_pictures import DevicePictures
from app.device_stepper import DeviceStepper
from app.device_wiring import DeviceWiring
from app.mailbox import Mailbox
from app.model_loader import LoadNews, LoadRequest, ModelLoader
from app.picture_choice import PictureChoice
from app.picture_feed import PictureFeed
from app.session.edit_session import EditSession
from app.window_commands import UseSession
from app.worker import DragWorker
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from gan.errors import DeviceError
from gan.generator import Generator
from render.device_image import DeviceImage
from render.picture_uploader import PictureUploader
from tests.app.awaited_frames import start_drag, take_until
from tests.app.fake_gpu import FakeCopyStream, QuickTimer, gpu_device
from tests.app.lost_device import failing_at
from tests.app.polling import wait_until
from tests.app.said import said
from tests.app.tiny import tiny_generator

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


def nothing_reopens(_generator: Generator) -> Generator:
    raise AssertionError("the model fits")


def test_a_model_of_the_gpu_is_stepped_and_shown_there_in_a_window_that_began_on_the_processor() -> None:
    worker = DragWorker(EditSession(tiny_generator()))
    first = take_until(worker, lambda f: f.picture is not None)
    assert isinstance(first.picture, np.ndarray)
    session = EditSession(tiny_generator(2))
    stepper = DeviceStepper(start_timer=QuickTimer)
    opened = worker.submit(
        UseSession(session, WorkerDevice(DevicePictures(lambda: FakeCopyStream(7), QuickTimer), stepper))
    )
    picture = take_until(worker, lambda f: f.serial == opened and f.picture is not None).picture
    assert isinstance(picture, DeviceImage)
    assert picture.stream == 7
    last = start_drag(worker)
    take_until(worker, lambda f: f.serial == last and f.iteration >= 3)
    worker.close()
    assert stepper.budget.step_count > 1  # it was measured: the steps were this one's


def test_a_model_of_the_processor_is_stepped_there_in_a_window_that_began_on_the_gpu() -> None:
    device = gpu_device()
    assert device.stepper is not None
    worker = DragWorker(EditSession(tiny_generator()), device=device)
    start_drag(worker)
    take_until(worker, lambda f: f.iteration >= 2)
    opened = worker.submit(UseSession(EditSession(tiny_generator(2)), WorkerDevice()))
    frame = take_until(worker, lambda f: f.serial == opened and f.picture is not None)
    assert isinstance(frame.picture, np.ndarray)
    assert not device.stepper.in_flight
    last = start_drag(worker)
    take_until(worker, lambda f: f.serial == last and f.iteration >= 2)
    worker.close()


def test_a_smaller_model_after_one_that_did_not_fit_has_the_whole_device_again() -> None:
    session = failing_at(2, torch.OutOfMemoryError("CUDA out of memory"))
    worker = DragWorker(session, device=gpu_device(lambda _generator: tiny_generator()))
    start_drag(worker)
    take_until(worker, lambda f: "processor" in said(f))
    small = failing_at(2, torch.OutOfMemoryError("CUDA out of memory"))
    worker.submit(UseSession(small, gpu_device(lambda _generator: tiny_generator())))
    start_drag(worker)
    told: list[str] = []

    def goes_on(frame: WorkerFrame) -> bool:
        told.extend(message.text for message in frame.messages)
        return any("processor" in text for text in told)

    take_until(worker, goes_on)
    worker.close()
    assert worker.session is not small


def test_costs_of_the_last_model_say_nothing_of_this_one() -> None:
    feed = PictureFeed(Mailbox())
    choice = feed.choice
    choice.quality = "preview"
    choice.note_made("full", 900.0)
    choice.full_fits = False
    feed.use(None)
    assert choice.full_fits
    assert choice.quality == "preview"  # the person's, not the model's
    assert choice.next("resting", wanted=True) == "full"
    fresh = PictureChoice()
    fresh.note_made("full", 900.0)
    fresh.begin_anew()
    assert not fresh.wants_preview


class FakeWindow:
    """Counts who takes its pictures."""

    def __init__(self, shares: bool = True) -> None:
        self.opened = 0
        self.shares = shares

    @property
    def takes_device_pictures(self) -> bool:
        return self.shares and self.opened > 0

    def use_uploader(self, open_uploader: Callable[[], PictureUploader]) -> None:
        self.opened += 1


def test_the_window_shares_memory_with_a_gpu_from_the_first_model_on_it() -> None:
    window = FakeWindow()
    wiring = DeviceWiring(window, CPU, lambda _text: None)
    assert wiring.wire(CPU) == WorkerDevice()
    device = wiring.wire(CUDA)
    assert device.pictures is not None
    assert device.stepper is not None
    assert wiring.wire(CPU).pictures is None
    again = wiring.wire(CUDA)
    assert again.pictures is not device.pictures  # buffers of the other model's size are free
    assert again.stepper is not device.stepper
    assert window.opened == 1


def test_where_the_display_cannot_share_the_gpu_still_steps() -> None:
    device = DeviceWiring(FakeWindow(shares=False), CPU, lambda _text: None).wire(CUDA)
    assert device.pictures is None
    assert device.stepper is not None


@pytest.mark.parametrize("asked", [None, "cuda"])
def test_a_model_that_the_gpu_refuses_is_opened_on_the_processor_or_refused(
    asked: str | None, tmp_path: Path
) -> None:
    devices: list[str] = []

    def load(model: Path | None, wanted: str | None, say: Callable[[str], None], _load: object) -> Generator:
        def on_device(_model: Path | None, device: str) -> Generator:
            devices.append(device)
            if device == "cuda":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nSee the web")
            return tiny_generator()

        return load_on(model, wanted, say, on_device, lambda: CUDA)

    loader = ModelLoader(asked, tmp_path, load)
    found: list[LoadNews] = []

    def settled() -> bool:
        news = loader.take()
        found.extend([] if news is None else [news])
        return bool(found) and (found[-1].session is not None or found[-1].error is not None)

    try:
        loader.open(LoadRequest(None))
        wait_until(settled)
    finally:
        loader.close()
    news = found[-1]
    if asked is None:
        assert devices == ["cuda", "cpu"]
        assert news.session is not None
        assert "processor instead" in str(news.notice)
    else:
        assert news.session is None
        assert "use --device cpu" in str(news.error)


def test_a_gpu_that_was_asked_for_and_fails_is_one_line() -> None:
    def load(_model: Path | None, _device: str) -> Generator:
        raise torch.OutOfMemoryError("CUDA out of memory\nand more")

    with pytest.raises(DeviceError, match="use --device cpu"):
        load_on(None, "cuda", lambda _text: None, load)
