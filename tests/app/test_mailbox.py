"""What the worker leaves for the window: the newest frame; what only an older one has told is not lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.mailbox import MESSAGE_COUNT, Mailbox
from app.worker_frame import Message
from tests.app.fakes import FRAME

FAILURE = Message("it failed", failed=True, details="where")


def test_an_error_that_nobody_has_taken_keeps_its_details() -> None:
    box = Mailbox()
    box.put(replace(FRAME, messages=(FAILURE,)))
    box.put(FRAME)
    taken = box.take(picture=True)
    assert taken is not None
    assert taken.messages == (FAILURE,)


def test_several_messages_before_the_window_looks_are_all_told_in_their_order() -> None:
    box = Mailbox()
    box.put(replace(FRAME, messages=(FAILURE, Message("this too", failed=True))))
    box.put(replace(FRAME, messages=(Message("Saved"),)))
    taken = box.take(picture=True)
    assert taken is not None
    assert taken.messages == (FAILURE, Message("this too", failed=True), Message("Saved"))


def test_a_window_that_does_not_look_costs_no_memory() -> None:
    box = Mailbox()
    for number in range(3 * MESSAGE_COUNT):
        box.put(replace(FRAME, messages=(Message(str(number)),)))
    taken = box.take(picture=True)
    assert taken is not None
    newest = range(2 * MESSAGE_COUNT, 3 * MESSAGE_COUNT)
    assert [message.text for message in taken.messages] == [str(number) for number in newest]


def test_what_is_told_once_does_not_come_again_with_a_picture_that_was_left() -> None:
    box = Mailbox()
    told = replace(FRAME, messages=(Message("Copied"),), session_text="{}", losses=(1.0,))
    box.put(replace(told, picture=np.zeros((4, 4, 3), np.uint8)))
    first, second = box.take(picture=False), box.take(picture=True)
    assert first is not None
    assert second is not None
    assert (first.messages, first.session_text, first.losses) == ((Message("Copied"),), "{}", (1.0,))
    assert (second.messages, second.session_text, second.losses) == ((), None, ())
    assert second.picture is not None
