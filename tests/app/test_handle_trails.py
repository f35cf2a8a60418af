"""Tracked paths over undo, redo, re-placing and new pictures."""

from __future__ import annotations

from dataclasses import replace

from app.handle_trails import LONGEST_COUNT, HandleTrails
from app.history_state import HistoryView
from app.worker_frame import HandleFrame, PassedStep, WorkerFrame
from tests.app.fakes import FRAME

Point = tuple[float, float]


class Drag:
    """A drag of handle 0 as the worker would report it."""

    def __init__(self) -> None:
        self.trails = HandleTrails()
        self.first = 0
        self.viewed: int | None = None  # the picture that is looked at

    def report(self, iteration: int, at: Point, *passed: PassedStep) -> tuple[Point, ...]:
        frame: WorkerFrame = replace(
            FRAME,
            handles=(HandleFrame(0, at, (9.0, 9.0), 1.0),),
            iteration=iteration - self.first,
            session_iteration=iteration,
            passed=passed,
            history=HistoryView(count=5, viewed=self.viewed),
        )
        self.trails.note(frame)
        return self.trails.trails()[0]

    def place(self, iteration: int, at: Point) -> tuple[Point, ...]:
        return self.report(iteration, at, PassedStep(iteration, ((0, at),), begins=True))

    def steps(self, first: int, *places: Point) -> tuple[Point, ...]:
        passed = [PassedStep(first + i, ((0, place),)) for i, place in enumerate(places)]
        return self.report(first + len(places) - 1, places[-1], *passed)


A, B, C, D, E = ((float(i), 2.0 * i) for i in range(5))


def test_a_path_begins_where_the_handle_was_put() -> None:
    drag = Drag()
    assert drag.place(0, A) == (A,)
    assert drag.steps(1, B, C) == (A, B, C)
    assert drag.steps(3, D) == (A, B, C, D)


def test_undo_shortens_it_redo_gives_it_back_and_new_steps_replace_what_was_undone() -> None:
    drag = Drag()
    drag.place(0, A)
    drag.steps(1, B, C, D)
    assert drag.report(1, B) == (A, B)
    assert drag.report(3, D) == (A, B, C, D)
    drag.report(1, B)
    assert drag.steps(2, E) == (A, B, E)
    assert drag.report(3, D) == (), "that way is gone, and the handle is not on the new one"


def test_a_handle_that_is_put_elsewhere_begins_a_new_path() -> None:
    drag = Drag()
    drag.place(0, A)
    drag.steps(1, B, C)
    assert drag.place(2, E) == (E,)
    assert drag.steps(3, D) == (E, D)
    assert drag.report(2, E) == (E,)


def test_undoing_that_gives_the_old_path_back() -> None:
    drag = Drag()
    drag.place(0, A)
    drag.steps(1, B, C)
    drag.place(2, E)
    assert drag.report(2, C) == (A, B, C)
    assert drag.steps(3, D) == (A, B, C, D)


def test_another_picture_begins_anew() -> None:
    """psi: the handles stay, the picture and the count of steps are new."""
    drag = Drag()
    drag.place(0, A)
    drag.steps(1, B, C)
    drag.first = 2
    assert drag.report(2, C) == (C,)
    assert drag.steps(3, D) == (C, D)


def test_a_handle_that_is_gone_has_no_path_and_a_long_one_stays_small() -> None:
    drag = Drag()
    drag.place(0, A)
    many = [(float(i), 0.0) for i in range(LONGEST_COUNT + 500)]
    assert len(drag.steps(1, *many)) == LONGEST_COUNT
    drag.trails.note(replace(FRAME, handles=(), session_iteration=9))
    assert drag.trails.trails() == {}


def test_looking_back_takes_nothing_from_the_path() -> None:
    drag = Drag()
    drag.place(0, A)
    drag.steps(1, B, C)
    drag.place(2, E)
    drag.viewed = 3
    assert drag.report(2, C) == ()  # the way to there is known no more
    drag.viewed = None
    assert drag.report(2, E) == (E,)
    assert drag.steps(3, D) == (E, D)
