"""Pictures that stay on a device: two buffers, handed back, each copied when its picture is made."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from app.device_pictures import DevicePictures, host_copy
from app.mailbox import Mailbox
from app.picture_feed import PictureFeed
from app.picture_maker import MadePicture
from app.session.edit_session import EditSession
from gan import drag_session
from gan.drag_session import DragSession
from gan.execution import make_execution
from gan.generator import to_uint8
from gan.step_runner import Graph
from render.device_image import DeviceImage
from render.errors import RenderError
from tests.app.fake_gpu import FakeCopyStream, QuickTimer
from tests.app.fake_pictures import tiny_preview
from tests.app.fakes import FRAME
from tests.app.tiny import tiny_generator
from tests.gan.played_graphs import PlayedGraphs


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


def test_recording_the_picture_is_not_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []

    class Graphs(PlayedGraphs):
        def capture(self, work: Callable[[], None]) -> Graph:
            happened.append("recorded")
            return super().capture(work)

    def timer() -> QuickTimer:
        happened.append("timed")
        return QuickTimer()

    monkeypatch.setattr(drag_session, "make_execution", lambda g, r: make_execution(g, r, Graphs()))
    session = EditSession(tiny_generator()).session
    assert DevicePictures(FakeCopyStream, timer).make(session, None) is not None
    assert happened == ["recorded", "timed"]


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
