"""Full picture or preview, on fake time."""

from __future__ import annotations

import pytest

from app.picture_choice import PictureChoice
from app.state import Quality
from tests.app.fake_time import FakeTime


def slow_model(quality: Quality = "automatic") -> tuple[PictureChoice, FakeTime]:
    """A full picture takes 200 ms and a preview 10; the mouse has just moved and a step was done."""
    time = FakeTime()
    choice = PictureChoice(time.clock)
    choice.quality, choice.has_preview = quality, True
    assert choice.next("resting", wanted=True) == "full"  # the first picture is the full one
    time.work(200.0)
    choice.note_made("full", 200.0)
    time.work(1000.0)
    choice.note_move()
    choice.note_change()
    return choice, time


def test_while_the_mouse_moves_a_slow_model_shows_previews_and_at_rest_the_full_picture() -> None:
    choice, time = slow_model()
    assert choice.next("stepping", wanted=True) == "preview"
    choice.note_made("preview", 10.0)
    assert choice.next("stepping", wanted=True) is None
    assert choice.next("resting", wanted=False) == "full"
    time.work(200.0)
    choice.note_made("full", 200.0)
    assert choice.next("resting", wanted=True) is None


def test_a_stale_preview_is_never_what_rests() -> None:
    choice, _ = slow_model()
    choice.note_made("preview", 10.0)
    choice.note_change()
    assert choice.next("resting", wanted=False) == "full"


def test_a_model_that_is_fast_enough_never_shows_a_preview() -> None:
    time = FakeTime()
    choice = PictureChoice(time.clock)
    choice.has_preview = True
    choice.note_made("full", 20.0)
    choice.note_move()
    choice.note_change()
    time.work(1000.0)
    choice.note_move()
    assert choice.next("stepping", wanted=True) == "full"
    assert not choice.wants_preview


def test_a_first_picture_that_warms_the_machine_up_does_not_call_a_model_slow() -> None:
    time = FakeTime()
    choice = PictureChoice(time.clock)
    choice.has_preview = True
    choice.note_made("full", 100.0)
    for _ in range(3):
        choice.note_change()
        time.work(1000.0)
        choice.note_move()
        assert choice.next("stepping", wanted=True) == "full"
        assert not choice.wants_preview
        choice.note_made("full", 8.0)


def test_the_second_picture_says_whether_the_model_is_slow() -> None:
    time = FakeTime()
    choice = PictureChoice(time.clock)
    choice.has_preview = True
    choice.note_made("full", 100.0)
    choice.note_made("full", 90.0)
    choice.note_change()
    time.work(1000.0)
    choice.note_move()
    assert choice.next("stepping", wanted=True) == "preview"


def test_a_picture_that_was_made_beside_other_work_does_not_call_a_fast_model_slow() -> None:
    time = FakeTime()
    choice = PictureChoice(time.clock)
    choice.has_preview = True
    for cost_ms in (20.0, 8.0, 400.0):
        choice.note_made("full", cost_ms)
    choice.note_change()
    time.work(1000.0)
    choice.note_move()
    assert choice.next("stepping", wanted=True) == "full"


def test_a_picture_whose_cost_is_not_known_yet_says_nothing() -> None:
    choice = PictureChoice(FakeTime().clock)
    choice.note_made("full", None)
    choice.note_made("full", 200.0)
    assert choice.wants_preview


def test_a_preview_that_saves_little_is_not_shown() -> None:
    choice, time = slow_model()
    choice.note_made("preview", 170.0)
    choice.note_change()
    time.work(200.0)
    choice.note_move()
    assert choice.next("stepping", wanted=True) == "full"


def test_a_preview_that_saves_a_third_is_shown() -> None:
    choice, time = slow_model()
    choice.note_made("preview", 133.0)
    choice.note_change()
    time.work(200.0)
    choice.note_move()
    assert choice.next("stepping", wanted=True) == "preview"


def test_where_the_mouse_rests_the_steps_are_shown_in_full() -> None:
    choice, time = slow_model()
    time.work(301.0)
    assert choice.next("stepping", wanted=True) == "full"


def test_without_a_faithful_preview_there_is_only_the_full_picture() -> None:
    choice, _ = slow_model()
    choice.has_preview = False
    assert choice.next("stepping", wanted=True) == "full"
    assert choice.wants_preview


@pytest.mark.parametrize(("quality", "expected"), [("full", "full"), ("preview", "preview")])
def test_the_pinned_quality_holds_while_stepping_and_rest_is_full(quality: Quality, expected: str) -> None:
    choice, time = slow_model(quality)
    time.work(5000.0)
    assert choice.next("stepping", wanted=True) == expected
    assert choice.next("resting", wanted=True) == "full"
    assert choice.wants_preview == (quality == "preview")


def test_in_a_pause_of_the_hand_the_preview_is_sharpened_when_the_mouse_rests() -> None:
    choice, time = slow_model()
    assert choice.ask_again_s("paused") is None  # nothing to sharpen yet: the preview comes first
    assert choice.next("paused", wanted=False) == "preview"
    choice.note_made("preview", 10.0)
    assert choice.next("paused", wanted=True) is None
    again_s = choice.ask_again_s("paused")
    assert again_s is not None
    assert 0.29 < again_s < 0.31
    time.work(again_s * 1000)
    assert choice.next("paused", wanted=True) == "full"
    choice.note_made("full", 200.0)
    assert choice.ask_again_s("paused") is None


def test_pictures_leave_the_steps_their_share() -> None:
    choice, time = slow_model("full")
    choice.note_made("full", 200.0)
    choice.note_change()
    assert choice.next("stepping", wanted=True) is None
    time.work(201.0)
    assert choice.next("stepping", wanted=False) is None
    assert choice.next("stepping", wanted=True) == "full"


def test_a_device_without_memory_for_the_full_picture_rests_on_the_preview() -> None:
    choice, _ = slow_model("full")
    choice.full_fits = False
    assert choice.next("resting", wanted=True) == "preview"
    choice.note_made("preview", 10.0)
    assert choice.next("resting", wanted=True) is None


def test_a_device_that_cannot_hold_a_cheap_full_picture_wants_a_preview() -> None:
    choice = PictureChoice(FakeTime().clock)
    choice.note_made("full", 2.0)
    assert not choice.wants_preview
    choice.full_fits = False
    assert choice.wants_preview
