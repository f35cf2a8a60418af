"""From the hand to the screen, on fake time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.input_latency import InputLatency
from app.state import Spread
from app.worker_frame import WorkerFrame
from tests.app.fake_time import FakeTime
from tests.app.fakes import FRAME

PICTURE = np.zeros((4, 4, 3), np.uint8)


class Hand:
    """A window of 10 ms a frame: the system is asked 1 ms before the end of each."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.latency = InputLatency(self.time.clock)

    def frame(
        self,
        finished: WorkerFrame | None = None,
        composed: bool = True,
        warped: bool = False,
        running: bool = True,
    ) -> None:
        self.time.work(9.0)
        self.latency.note_present()
        self.time.work(1.0)
        self.latency.note_frame(finished, composed, warped, running)


def pictured(serial: int, iteration: int = 1, done: bool = False) -> WorkerFrame:
    return replace(
        FRAME, serial=serial, pictured_serial=serial, picture=PICTURE, iteration=iteration, done=done
    )


def test_the_marker_waits_from_the_present_that_saw_the_event_to_the_end_of_the_next() -> None:
    hand = Hand()
    hand.frame()
    hand.latency.note_input(None)
    hand.frame()
    assert list(hand.latency.marker_ms) == pytest.approx([11.0])
    hand.frame()
    assert len(hand.latency.marker_ms) == 1


def test_an_event_that_changes_nothing_to_be_seen_is_not_waited_for() -> None:
    hand = Hand()
    hand.frame()
    hand.latency.note_input(None)
    hand.frame(composed=False)
    hand.frame()
    assert not hand.latency.marker_ms


def test_the_picture_counts_that_contains_the_command() -> None:
    hand = Hand()
    hand.frame()
    hand.latency.note_input(3)
    hand.frame(pictured(2))
    assert not hand.latency.picture_ms
    hand.frame(replace(FRAME, serial=3))
    hand.frame(pictured(3))
    assert list(hand.latency.picture_ms) == pytest.approx([31.0])
    assert list(hand.latency.response_ms) == pytest.approx([31.0])


def test_a_warp_answers_before_the_picture_does() -> None:
    hand = Hand()
    hand.frame()
    hand.latency.note_input(3)
    hand.frame(warped=True)
    hand.frame(pictured(3))
    assert list(hand.latency.response_ms) == pytest.approx([11.0])
    assert list(hand.latency.picture_ms) == pytest.approx([21.0])


def test_every_event_has_its_own_wait() -> None:
    hand = Hand()
    hand.frame()
    hand.latency.note_input(1)
    hand.frame()
    hand.latency.note_input(2)
    hand.frame(pictured(2))
    assert list(hand.latency.picture_ms) == pytest.approx([21.0, 11.0])


def test_at_rest_nothing_is_waited_for() -> None:
    hand = Hand()
    hand.frame()
    hand.latency.note_input(1)
    hand.frame(running=False)
    hand.frame(pictured(1))
    assert not hand.latency.picture_ms


def test_a_move_within_the_stop_distance_is_not_answered_by_a_much_later_picture() -> None:
    hand = Hand()
    hand.frame(pictured(3, iteration=7))
    hand.latency.note_input(4)
    hand.frame(replace(FRAME, serial=4, iteration=7, done=True))
    hand.latency.note_input(5)
    hand.frame(replace(FRAME, serial=5, iteration=8, done=True))  # a step did it; its picture is on the way
    hand.latency.note_input(6)  # while that is being made
    hand.frame(pictured(5, iteration=8, done=True))
    hand.frame(replace(FRAME, serial=6, iteration=8, done=True))
    hand.latency.note_input(7)
    hand.frame(pictured(7, iteration=9, done=True))
    assert list(hand.latency.picture_ms) == pytest.approx([21.0, 11.0])


def test_a_spread_is_median_and_95th_percentile() -> None:
    assert Spread.of(float(ms) for ms in range(101)) == Spread(50.0, 95.0)
    assert Spread.of([7.0]) == Spread(7.0, 7.0)
    assert Spread.of([]) is None
