"""A pull of an hour: what the window asks of the log in every frame takes no longer for it."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from app.session.edits import (
    AddHandle,
    ClearHandles,
    Edit,
    MoveTarget,
    ReturnTo,
    SetParams,
    StartFromSeed,
    Steps,
    Unit,
)
from app.session.history_log import HistoryLog, Place
from app.session.indexed_edits import IndexedEdits, picture_count
from app.session.last_grab import GRAB_LABEL, LastGrab
from app.session.logged_unit import LoggedUnit
from gan.drag_params import DragParams

SHORT, LONG = 20, 20_000


def pulled(move_count: int) -> HistoryLog:
    """A handle that is pulled with a step for every move."""
    log = HistoryLog([StartFromSeed(0), SetParams(DragParams())])
    log.open_unit(GRAB_LABEL)
    log.append(AddHandle(7, (3.0, 3.0), (3.0, 3.0)))
    for number in range(move_count):
        log.append(MoveTarget(7, (3.0 + number, 3.0)))
        log.append(Steps(1))
    return log


def lines_run(action: Callable[[], object]) -> int:
    """How many lines of Python it takes: a time that no other program changes."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


QUESTIONS: dict[str, Callable[[HistoryLog, Place], object]] = {
    "last grab": lambda log, place: LastGrab().at(log, place),
    "position of a place": lambda log, place: log.position_at(place),
    "place of a position": lambda log, _place: log.place_of(log.position_count - 2),
    "pictures on the way": lambda log, place: log.pictures_to(place),
    "one more move": lambda log, _place: log.append(MoveTarget(7, (9.0, 9.0))),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_asked_in_every_frame(question: str) -> None:
    ask = QUESTIONS[question]
    short, long = pulled(SHORT), pulled(LONG)
    few = lines_run(lambda: ask(short, short.end_of(1)))
    many = lines_run(lambda: ask(long, long.end_of(1)))
    assert few > 0
    assert many <= 2 * few


def test_a_pull_does_not_make_it_look_for_the_last_grab_again() -> None:
    """Also where that is many units back."""
    log, asked = pulled(3), LastGrab()
    for _ in range(1000):
        log.open_unit("move target")
        log.append(MoveTarget(7, (1.0, 1.0)))
        log.append(Steps(1))
    assert asked.at(log, log.end_of(log.now)) == 7
    log.append(MoveTarget(7, (2.0, 1.0)))
    assert lines_run(lambda: asked.at(log, log.end_of(log.now))) < 50
    assert asked.at(log, log.end_of(log.now)) == 7


def test_positions_and_places_of_a_long_pull() -> None:
    log = pulled(LONG)
    for position in (1, 2, LONG // 2, LONG):
        place = log.place_of(position)
        assert place == Place(1, 2 * position, 1)
        assert log.position_at(place) == position
    assert log.pictures_to(log.end_of(1)) == [(0, LONG)]


KINDS: tuple[Edit, ...] = (
    Steps(1),
    Steps(5),
    MoveTarget(0, (1.0, 1.0)),
    AddHandle(1, (1.0, 1.0), (2.0, 2.0)),
    ClearHandles(),
    StartFromSeed(4),
    ReturnTo(0),
)


def test_the_index_says_what_going_through_the_edits_says() -> None:
    source = random.Random(0)
    indexed, plain = IndexedEdits(), list[Edit]()
    for _ in range(600):
        edit, what = source.choice(KINDS), source.random()
        if what < 0.15 and plain:
            place = source.randrange(len(plain))
            indexed.replace(place, edit)
            plain[place] = edit
        elif what < 0.2:
            count = source.randint(0, len(plain))
            indexed.cut(count)
            del plain[count:]
        else:
            indexed.append(edit)
            plain.append(edit)
        assert list(indexed) == plain
        made = [(i, n + 1) for i, other in enumerate(plain) for n in range(picture_count(other))]
        assert [indexed.maker_of(number + 1) for number in range(len(made))] == made
        count, first = source.randint(0, len(plain)), source.randint(0, len(plain))
        assert indexed.picture_count_to(count) == sum(picture_count(other) for other in plain[:count])
        kinds = tuple(type(kind) for kind in source.sample(KINDS, 2))
        found = [i for i in range(first, count) if type(plain[i]) in kinds]
        assert indexed.last_of(kinds, count, first) == (found[-1] if found else None)


def test_steps_that_are_taken_back_out_of_the_middle_of_a_run() -> None:
    unit = LoggedUnit("drag", 0, 0)
    for edit in (AddHandle(0, (1.0, 1.0), (2.0, 2.0)), Steps(3), MoveTarget(0, (3.0, 3.0)), Steps(2)):
        unit.append(edit)
    assert unit.take_back_steps(6) is None
    assert unit.take_back_steps(4) == [MoveTarget(0, (3.0, 3.0))]
    assert list(unit.edits) == [AddHandle(0, (1.0, 1.0), (2.0, 2.0)), Steps(1)]
    assert unit.picture_count_to(len(unit.edits)) == 1


def test_a_file_is_read_with_the_same_index() -> None:
    log = HistoryLog.of([StartFromSeed(0), SetParams(DragParams()), Unit("drag"), *KINDS])
    assert log.position_at(log.end_of(1)) == 0, "it went back to the first"
    assert log.position_count == 1 + 1 + 5 + 1
