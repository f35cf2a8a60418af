"""Pictures of the worker: previews while the hand moves, the full one at rest; two buffers on a device."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from app.device_pictures import DevicePictures, host_copy
from app.mailbox import Mailbox
from app.picture_feed import PictureFeed
from app.picture_maker import MadePicture
from app.preview_fitter import OnSample, PreviewFitter
from app.session.edit_session import EditSession
from gan.drag_session import DragSession
from gan.generator import Generator, to_uint8
from gan.preview import Preview, PreviewSettings, load_or_fit_previews
from gan.random_model import random_generator
from render.device_image import DeviceImage
from render.errors import RenderError
from tests.app.fakes import FakeCopyStream
from tests.app.test_device_gives_up import QuickTimer
from tests.app.test_input_latency import FRAME
from tests.app.test_scheduler import FakeTime
from tests.app.tiny import tiny_architecture, tiny_generator

DEADLINE_S = 60.0
FULL_MS, PREVIEW_MS = 200.0, 10.0


def tiny_preview() -> Preview:
    """Faithful by decree."""
    channels = tiny_generator().architecture.channels[16]
    return Preview(16, torch.zeros(3, channels + 27), torch.zeros(3), psnr_db=40.0, mean_error=0.01)


class SlowMaker:
    """Every picture costs fake time; it says what was made of which iteration."""

    def __init__(self, time: FakeTime) -> None:
        self._time = time
        self.made: list[tuple[str, int]] = []

    def make(self, session: DragSession, preview: Preview | None) -> MadePicture:
        kind, cost_ms = ("full", FULL_MS) if preview is None else ("preview", PREVIEW_MS)
        self._time.work(cost_ms)
        self.made.append((kind, session.iteration))
        return MadePicture(kind, cost_ms)

    def release(self) -> None:
        pass


class ReadyPreviews(PreviewFitter):
    """Fitted already."""

    def __init__(self) -> None:
        super().__init__(Path())

    def preview_of(self, generator: Generator, on_cpu: bool = False) -> Preview | None:
        return tiny_preview()

    def known(self, generator: Generator) -> Preview | None:
        return tiny_preview()


def test_a_drag_shows_previews_and_rests_on_the_full_picture_of_its_last_step() -> None:
    fake, session, mailbox = FakeTime(), EditSession(tiny_generator()), Mailbox()
    maker = SlowMaker(fake)
    feed = PictureFeed(mailbox, maker, ReadyPreviews(), fake.clock)
    drag = session.session
    drag.add_handle((10.0, 10.0), (25.0, 10.0))
    feed.publish(drag, FRAME, "resting")
    assert mailbox.take(picture=True) is not None
    fake.work(1000.0)
    for _ in range(4):
        drag.step()
        feed.choice.note_change()
        feed.choice.note_move()
        fake.work(50.0)
        feed.publish(drag, FRAME, "stepping")
        taken = mailbox.take(picture=True)
        assert taken is not None
        assert taken.is_preview
        assert taken.picture_ms == PREVIEW_MS
    feed.publish(drag, FRAME, "resting")
    rest = mailbox.take(picture=True)
    assert rest is not None
    assert not rest.is_preview
    assert maker.made == [("full", 0), *(("preview", i) for i in range(1, 5)), ("full", 4)]


def test_a_preview_that_was_not_taken_gives_way_to_the_full_picture_at_rest() -> None:
    fake, session, mailbox = FakeTime(), EditSession(tiny_generator()), Mailbox()
    feed = PictureFeed(mailbox, SlowMaker(fake), ReadyPreviews(), fake.clock)
    feed.choice.quality = "preview"
    mailbox.put(FRAME)
    feed.publish(session.session, FRAME, "stepping")
    feed.publish(session.session, FRAME, "resting")
    taken = mailbox.take(picture=True)
    assert taken is not None
    assert taken.picture == "full"
    assert not taken.is_preview


class KeptTensors:
    """Makes nothing; notes what was to be shown."""

    def __init__(self) -> None:
        self.asked: list[Preview | None] = []
        self.released = 0

    def make(self, session: DragSession, preview: Preview | None) -> MadePicture:
        self.asked.append(preview)
        return MadePicture("picture", 1.0)

    def release(self) -> None:
        self.released += 1


def test_without_memory_for_full_pictures_there_is_a_plain_preview_until_one_is_fitted_on_the_processor(
    tmp_path: Path,
) -> None:
    """Also where a full picture was cheap, so that nothing was fitted before."""
    fitted_on: list[Generator] = []
    reopened = random_generator(tiny_architecture(), 1)
    may_end = threading.Event()  # when the plain one was seen

    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        tell(0, 1)
        assert may_end.wait(DEADLINE_S)
        fitted_on.append(generator)
        return [tiny_preview()]

    maker = KeptTensors()
    fitter = PreviewFitter(tmp_path, fit, reopen=lambda _generator: reopened)
    feed = PictureFeed(Mailbox(), maker, fitter, FakeTime().clock)
    session = EditSession(tiny_generator()).session
    feed.publish(session, FRAME, "resting")
    assert maker.asked == [None]
    assert fitted_on == []
    feed.give_up_full()
    assert maker.released == 1
    feed.publish(session, FRAME, "resting")
    plain = maker.asked[-1]
    assert plain is not None
    shown = session.preview_tensor(plain)
    torch.testing.assert_close(shown, session.generator.rgb_after(session.w_plus, 16), rtol=1e-6, atol=1e-6)
    may_end.set()
    job = fitter._job
    assert job is not None
    job.thread.join(DEADLINE_S)
    assert fitted_on == [reopened]
    feed.choice.note_change()
    feed.publish(session, FRAME, "resting")
    fitted = maker.asked[-1]
    assert fitted is not None
    assert fitted.psnr_db == tiny_preview().psnr_db
    fitter.close()


def test_buffers_that_nobody_holds_are_given_up() -> None:
    pictures = DevicePictures(FakeCopyStream, QuickTimer)
    session = EditSession(tiny_generator()).session
    held, free = (pictures.make(session, None) for _ in range(2))
    assert held is not None
    assert free is not None
    kept = weakref.ref(held.picture.array), weakref.ref(free.picture.array)
    free.hand_back()
    del held, free
    pictures.release()
    gc.collect()
    assert [ref() is None for ref in kept] == [False, True]


class FakeTimer:
    """Knows its time only when told."""

    done_ms: float | None = None

    def stop(self) -> None:
        pass

    def elapsed_ms(self) -> float | None:
        return self.done_ms


def device_pictures() -> DevicePictures:
    return DevicePictures(FakeCopyStream, FakeTimer)


def pixels(made: MadePicture | None) -> Tensor:
    assert made is not None
    image: DeviceImage = made.picture
    assert image.stream == 77
    array: Any = image.array
    return array


def test_a_device_picture_is_a_contiguous_half_tensor_that_reads_as_the_host_picture() -> None:
    drag = EditSession(tiny_generator()).session
    array = pixels(device_pictures().make(drag, None))
    assert array.dtype == torch.float16
    assert array.shape == (3, 32, 32)
    assert array.is_contiguous()
    difference = host_copy(array).astype(int) - drag.image().astype(int)
    assert abs(difference).max() <= 1
    assert tuple(pixels(device_pictures().make(drag, tiny_preview())).shape) == (3, 16, 16)


def test_a_buffer_is_written_to_again_only_when_it_was_handed_back() -> None:
    drag = EditSession(tiny_generator()).session
    pictures = device_pictures()
    first, second = pictures.make(drag, None), pictures.make(drag, None)
    assert pixels(first).data_ptr() != pixels(second).data_ptr()
    assert pictures.make(drag, None) is None
    assert first is not None
    first.hand_back()
    assert pixels(pictures.make(drag, None)).data_ptr() == pixels(first).data_ptr()


def test_copies_wait_for_their_picture_alone_and_the_next_one_waits_for_the_copy() -> None:
    log: list[tuple[str, int]] = []
    handles = iter((5, 6))

    class Noted(DragSession):
        def image_tensor(self) -> Tensor:
            log.append(("make", 0))
            return super().image_tensor()

    generator = tiny_generator()
    drag = Noted(generator, generator.sample(0))
    pictures = DevicePictures(lambda: FakeCopyStream(next(handles), log), FakeTimer)
    first = pictures.make(drag, None)
    assert log == [("make", 0), ("hold", 5), ("precede", 5), ("follow", 5)]
    second = pictures.make(drag, None)
    assert first is not None
    assert second is not None
    # the other buffer's: a copy of the first picture does not wait for the second
    assert log[4:] == [("make", 0), ("hold", 6), ("precede", 6), ("follow", 6)]
    assert (first.picture.stream, second.picture.stream) == (5, 6)
    second.hand_back()
    pictures.make(drag, None)
    assert log[8:] == [("make", 0), ("precede", 6), ("follow", 6)]  # the memory is held already
    first.hand_back()
    pictures.make(drag, tiny_preview())
    assert log[11:] == [("hold", 5), ("precede", 5), ("follow", 5)]  # of another size


def test_at_rest_the_newest_picture_takes_the_buffer_of_one_that_nobody_has_seen() -> None:
    drag, mailbox = EditSession(tiny_generator()).session, Mailbox()
    feed = PictureFeed(mailbox, device_pictures())
    feed.publish(drag, replace(FRAME, iteration=1), "resting")
    held = mailbox.take(picture=True)  # the window is still copying this one
    for iteration in (2, 3, 4):
        feed.choice.note_change()
        feed.publish(drag, replace(FRAME, iteration=iteration), "resting")
        assert not feed.waits_for_memory
    newest = mailbox.take(picture=True)
    assert held is not None
    assert newest is not None
    assert newest.iteration == 4
    assert newest.picture.array is not held.picture.array
    feed.choice.note_change()
    feed.publish(drag, FRAME, "resting")
    assert feed.waits_for_memory  # both are in the window's hands
    held.hand_back()
    feed.publish(drag, FRAME, "resting")
    assert not feed.waits_for_memory


def test_a_failed_synthesis_keeps_no_buffer() -> None:
    class Broken(DragSession):
        def image_tensor(self) -> Tensor:
            raise torch.OutOfMemoryError("full")

    generator = tiny_generator()
    pictures = device_pictures()
    for _ in range(3):
        with pytest.raises(torch.OutOfMemoryError):
            pictures.make(Broken(generator, generator.sample(0)), None)


def test_the_cost_of_a_device_picture_is_that_of_an_earlier_one() -> None:
    drag = EditSession(tiny_generator()).session
    timers: list[FakeTimer] = []

    def start() -> FakeTimer:
        timers.append(FakeTimer())
        return timers[-1]

    pictures = DevicePictures(FakeCopyStream, start)

    def cost() -> float | None:
        made = pictures.make(drag, None)
        assert made is not None
        made.hand_back()
        return made.cost_ms

    assert cost() is None
    assert cost() is None
    timers[0].done_ms = 2.5
    assert cost() == 2.5


def test_a_picture_that_cannot_be_read_is_one_line() -> None:
    class Lost:
        def float(self) -> Tensor:
            raise RuntimeError("CUDA error: the launch timed out\nand a page of advice")

    with pytest.raises(RenderError) as refused:
        host_copy(Lost())
    assert str(refused.value) == "The picture cannot be read from the GPU: CUDA error: the launch timed out"
    assert to_uint8(torch.zeros(3, 1, 1)).shape == (1, 1, 3)


def test_previews_are_fitted_only_while_nothing_else_is_to_be_done(tmp_path: Path) -> None:
    began, done = threading.Event(), threading.Event()
    samples: list[int] = []

    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        began.set()
        tell(0, 5)
        for i in range(5):
            samples.append(i)
            tell(i + 1, 5)
        done.set()
        return [tiny_preview()]

    fitter = PreviewFitter(tmp_path, fit)
    assert fitter.known(tiny_generator()) is None
    assert fitter.preview_of(tiny_generator()) is None
    assert began.wait(DEADLINE_S)  # what was kept of an earlier fit would be read now
    assert not done.wait(timeout=0.05)
    assert samples == []
    fitter.set_idle(True)
    assert done.wait(DEADLINE_S)
    deadline = time.monotonic() + DEADLINE_S
    while fitter.known(tiny_generator()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    assert len(samples) == 5
    fitter.close()


def test_a_fit_that_was_kept_serves_the_first_drag(tmp_path: Path) -> None:
    """It is read beside the steps; only fitting waits until nothing else is to be done."""
    settings = PreviewSettings(sample_count=2, held_out_count=1, faithful_psnr_db=-100.0)
    fit_and_keep = partial(load_or_fit_previews, cache_folder=tmp_path, settings=settings)
    fit_and_keep(tiny_generator())
    fitter = PreviewFitter(tmp_path)
    fitter.set_idle(False)
    fitter.preview_of(tiny_generator())
    job = fitter._job
    assert job is not None
    job.thread.join(DEADLINE_S)
    assert not job.thread.is_alive()
    fitter.close()


def test_after_a_slow_picture_at_rest_the_fit_begins_without_another_cause(tmp_path: Path) -> None:
    fitted = threading.Event()

    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        tell(0, 1)
        fitted.set()
        return [tiny_preview()]

    fake = FakeTime()
    fitter = PreviewFitter(tmp_path, fit)
    feed = PictureFeed(Mailbox(), SlowMaker(fake), fitter, fake.clock)
    feed.publish(EditSession(tiny_generator()).session, FRAME, "resting")
    assert fitted.wait(DEADLINE_S)
    fitter.close()


def test_a_fit_in_the_middle_of_which_the_window_closes_ends_at_once(tmp_path: Path) -> None:
    began = threading.Event()

    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        while True:
            began.set()
            tell(1, 2)

    fitter = PreviewFitter(tmp_path, fit)
    fitter.set_idle(True)
    fitter.preview_of(tiny_generator())
    assert began.wait(DEADLINE_S)
    fitter.close()
    assert fitter.known(tiny_generator()) is None
