"""Pacing on fake time: nothing here sleeps."""

from __future__ import annotations

import pytest

from app.scheduler import Pace, PictureShare, Scheduler
from tests.app.fake_time import FakeTime


def make(pace: Pace | None = None) -> tuple[Scheduler, FakeTime]:
    time = FakeTime()
    return Scheduler(pace, time.clock, time.sleep), time


def run_frame(
    scheduler: Scheduler, time: FakeTime, work_ms: float, picture_ms: float = 0.0, changed: bool = True
) -> bool:
    plan = scheduler.begin_frame()
    takes = picture_ms > 0 and plan.take_picture
    time.work(work_ms + (picture_ms if takes else 0.0))
    scheduler.end_frame(changed=changed, took_picture=takes)
    return takes


def test_a_short_frame_sleeps_until_the_next_is_due() -> None:
    scheduler, time = make()
    for _ in range(5):
        run_frame(scheduler, time, work_ms=4.0)
    assert time.slept == pytest.approx([(1000 / 60 - 4.0) / 1000] * 5)
    assert list(scheduler.frame_times_ms) == pytest.approx([1000 / 60] * 4)


def test_a_long_frame_does_not_sleep() -> None:
    scheduler, time = make()
    run_frame(scheduler, time, work_ms=25.0)
    assert time.slept == []


def test_idle_frames_are_slower_and_the_first_change_ends_them() -> None:
    pace = Pace(active_ms=10.0, idle_ms=40.0, idle_after_ms=100.0)
    scheduler, time = make(pace)
    for _ in range(20):
        run_frame(scheduler, time, work_ms=1.0, changed=False)
    assert time.slept[0] == pytest.approx(0.009)
    assert time.slept[-1] == pytest.approx(0.039)
    run_frame(scheduler, time, work_ms=1.0, changed=True)
    assert time.slept[-1] == pytest.approx(0.009)


def test_pictures_within_the_budget_are_taken_every_frame() -> None:
    scheduler, time = make()
    assert all(run_frame(scheduler, time, work_ms=8.0, picture_ms=12.0) for _ in range(10))


def test_pictures_beyond_the_budget_leave_frames_without_one() -> None:
    scheduler, time = make()
    taken = [run_frame(scheduler, time, work_ms=8.0, picture_ms=60.0) for _ in range(30)]
    assert taken[0]
    assert 8 <= sum(taken) <= 12  # 68 ms is two budgets and a bit: every third frame


def test_slow_pictures_leave_half_of_the_time_to_the_steps() -> None:
    time = FakeTime()
    share = PictureShare(0.5, time.clock)
    assert share.is_due()
    with share.measured():
        time.work(400.0)
    time.work(300.0)
    assert not share.is_due()
    time.work(101.0)
    assert share.is_due()


def test_measured_times_reach_the_panel() -> None:
    scheduler, time = make()
    scheduler.begin_frame()
    time.work(5.0)
    assert scheduler.end_frame(changed=True, took_picture=False).work_ms == pytest.approx(5.0)
    scheduler.begin_frame()
    timing = scheduler.end_frame(changed=True, took_picture=False)
    assert timing.frame_ms == pytest.approx(1000 / 60)
    assert timing.frames_per_second == pytest.approx(60.0)
