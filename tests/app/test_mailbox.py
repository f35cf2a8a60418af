"""What the worker leaves for the window: the newest frame; what only an older one has told is not lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.mailbox import Mailbox
from tests.app.test_input_latency import FRAME


def test_an_error_that_nobody_has_taken_keeps_its_details() -> None:
    box = Mailbox()
    box.put(replace(FRAME, message="it failed", failed=True, details="where"))
    box.put(FRAME)
    taken = box.take(picture=True)
    assert taken is not None
    assert (taken.message, taken.failed, taken.details) == ("it failed", True, "where")


def test_a_message_takes_no_details_of_an_older_error() -> None:
    box = Mailbox()
    box.put(replace(FRAME, message="it failed", failed=True, details="where"))
    box.put(replace(FRAME, message="Saved"))
    taken = box.take(picture=True)
    assert taken is not None
    assert (taken.message, taken.failed, taken.details) == ("Saved", False, "")


def test_what_is_told_once_does_not_come_again_with_a_picture_that_was_left() -> None:
    box = Mailbox()
    told = replace(FRAME, message="Copied", session_text="{}", losses=(1.0,))
    box.put(replace(told, picture=np.zeros((4, 4, 3), np.uint8)))
    first, second = box.take(picture=False), box.take(picture=True)
    assert first is not None
    assert second is not None
    assert (first.message, first.session_text, first.losses) == ("Copied", "{}", (1.0,))
    assert (second.message, second.session_text, second.losses) == (None, None, ())
    assert second.picture is not None
