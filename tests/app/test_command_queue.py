"""The window's commands on their way to the worker: in order, the pointless ones left out."""

from __future__ import annotations

import threading

import pytest

from app.command_queue import CommandQueue
from app.map_request import MapRequest
from app.session.edits import AddHandle, MoveTarget, SetParams, StartFromSeed
from app.window_commands import Apply, BlendBookmarks, Command, SetMaps, Undo, ViewPicture
from gan.drag_params import DragParams


def nothing_to_do(_frame_begins: bool) -> bool:
    return False


def target(x: float, handle_id: int = 0) -> Apply:
    return Apply(MoveTarget(handle_id, (x, 1.0)))


def seed(number: int) -> Apply:
    return Apply(StartFromSeed(number))


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ([target(1), target(2), target(3)], [target(3)]),
        ([target(1), target(2, 1)], [target(1), target(2, 1)]),
        ([target(1), Undo(), target(2)], [target(1), Undo(), target(2)]),
        ([seed(1), seed(2)], [seed(2)]),
        ([Apply(SetParams(DragParams())), seed(2)], [Apply(SetParams(DragParams())), seed(2)]),
        ([SetMaps(MapRequest()), SetMaps(MapRequest(start=True))], [SetMaps(MapRequest(start=True))]),
        ([ViewPicture(1), ViewPicture(None)], [ViewPicture(None)]),
        ([BlendBookmarks("a", "b", 0.1), BlendBookmarks("a", "b", 0.2)], [BlendBookmarks("a", "b", 0.2)]),
        ([BlendBookmarks("a", "b", 0.1), BlendBookmarks("a", "c", 0.2)], None),
        ([Apply(AddHandle(0, (1, 1), (2, 2))), target(3)], None),
    ],
)
def test_a_command_takes_the_place_of_one_that_it_makes_pointless(
    sent: list[Command], left: list[Command] | None
) -> None:
    queue = CommandQueue()
    serials = [queue.submit(command) for command in sent]
    assert serials == list(range(1, len(sent) + 1))
    commands, closing = queue.wait(nothing_to_do, None)
    assert [queued.command for queued in commands] == (sent if left is None else left)
    assert commands[-1].serial == queue.sent_serial == len(sent)
    assert not closing


def test_a_frame_of_the_window_is_a_turn_once() -> None:
    queue = CommandQueue()
    asked: list[bool] = []

    def steps_with_the_frame(frame_begins: bool) -> bool:
        asked.append(frame_begins)
        return frame_begins

    queue.begin_frame()
    assert queue.wait(steps_with_the_frame, None) == ([], False)
    assert queue.wait(steps_with_the_frame, 0.001) == ([], False), "it waited, and nothing came"
    assert asked[0] is True
    assert set(asked[1:]) == {False}


def test_closing_wakes_the_worker_with_what_is_still_queued() -> None:
    queue = CommandQueue()
    turns: list[tuple[int, bool]] = []

    def work() -> None:
        commands, closing = queue.wait(nothing_to_do, None)
        turns.append((len(commands), closing))

    thread = threading.Thread(target=work)
    thread.start()
    queue.close()
    thread.join(60.0)
    assert turns == [(0, True)]
    queue.submit(Undo())
    assert queue.is_waiting
    commands, closing = queue.wait(nothing_to_do, None)
    assert (len(commands), closing) == (1, True)
