"""A picture that overflows in 16 bits does not rest on the screen, and a drag does not wait to hear of it."""

from __future__ import annotations

import time

import pytest
import torch

from app.device_pictures import host_copy
from app.mailbox import Mailbox
from app.picture_choice import Pace
from app.picture_feed import OVERFLOW_ASKED_AFTER_S, PictureFeed
from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed
from app.window_commands import Apply
from app.worker import DragWorker
from gan import drag_session
from gan.drag_session import DragSession
from gan.execution import Execution, PictureOnGraphs, make_execution
from gan.generator import Generator
from gan.step_runner import StepRunner
from tests.app.fake_gpu import gpu_device
from tests.app.fake_pictures import SlowMaker
from tests.app.fake_time import FakeTime
from tests.app.fakes import FRAME
from tests.app.polling import DEADLINE_S
from tests.app.tiny import tiny_generator
from tests.gan.overflowing import Overflowing
from tests.gan.played_graphs import PlayedGraphs

FIRST = 3  # how often the work is done for the first picture: recording it takes two


def overflow_after(finite_count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In sessions from now on, whose pictures are made as on a GPU."""

    def execution(generator: Generator, runner: StepRunner | None) -> Execution:
        steps = make_execution(generator, runner, PlayedGraphs())
        picture = PictureOnGraphs(PlayedGraphs(), generator, Overflowing(finite_count))
        return Execution(steps.runner, picture, picture.overflowed, picture.prepare, picture.release)

    monkeypatch.setattr(drag_session, "make_execution", execution)


def test_the_last_picture_is_made_again_in_32_bits_though_nobody_asks_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    overflow_after(FIRST, monkeypatch)
    session = EditSession(tiny_generator())
    worker = DragWorker(session, device=gpu_device())
    last = -1
    shown: list[bool] = []  # whether each picture of the new seed was finite
    pixels: object = None
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline and True not in shown:
        frame = worker.take()
        if frame is None or frame.picture is None:
            time.sleep(0.002)
            continue
        if frame.pictured_serial == last:
            shown.append(bool(frame.picture.array.isfinite().all()))
            pixels = host_copy(frame.picture.array)
        frame.hand_back()
        if last < 0:
            last = worker.submit(Apply(StartFromSeed(5)))
    worker.close()
    assert shown[-1:] == [True]
    expected = torch.as_tensor(session.session.image()).int()
    assert (torch.as_tensor(pixels).int() - expected).abs().max() <= 1


class Told(DragSession):
    """Its pictures' fate is told when a test wants that."""

    overflowed: bool | None = None
    asked = 0

    def image_overflowed(self) -> bool | None:
        self.asked += 1
        return self.overflowed


def told_feed() -> tuple[PictureFeed, Told, SlowMaker]:
    generator, fake = tiny_generator(), FakeTime()
    maker = SlowMaker(fake)
    return PictureFeed(Mailbox(), maker, None, fake.clock), Told(generator, generator.sample(0)), maker


@pytest.mark.parametrize("pace", ["resting", "paused"])
def test_it_asks_again_until_the_device_has_told(pace: Pace) -> None:
    feed, session, maker = told_feed()
    for _ in range(3):
        feed.publish(session, FRAME, pace)
        assert feed.ask_again_s(pace) == OVERFLOW_ASKED_AFTER_S
    assert len(maker.made) == 1
    session.overflowed = True
    feed.publish(session, FRAME, pace)
    assert len(maker.made) == 2
    session.overflowed = False
    feed.publish(session, FRAME, pace)
    assert len(maker.made) == 2
    assert feed.ask_again_s(pace) is None


def test_a_finite_picture_that_is_known_of_at_once_wakes_nobody() -> None:
    feed, session, maker = told_feed()
    session.overflowed = False
    feed.publish(session, FRAME, "resting")
    assert feed.ask_again_s("resting") is None
    assert len(maker.made) == 1


def test_a_drag_goes_on_without_asking() -> None:
    feed, session, _ = told_feed()
    feed.publish(session, FRAME, "resting")
    asked = session.asked
    session.overflowed = True
    feed.publish(session, FRAME, "stepping")
    assert session.asked == asked
    assert feed.ask_again_s("stepping") is None


def test_what_became_of_another_sessions_picture_says_nothing() -> None:
    feed, session, maker = told_feed()
    feed.publish(session, FRAME, "resting")
    session.overflowed = True
    other = EditSession(tiny_generator()).session  # an earlier picture is looked at
    feed.choice.note_change()
    feed.publish(other, FRAME, "resting")
    feed.publish(other, FRAME, "resting")
    assert len(maker.made) == 2
    assert feed.ask_again_s("resting") is None
