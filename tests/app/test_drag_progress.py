"""What is known of the handles from step to step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.drag_progress import DragProgress
from gan import DragSession
from gan.step_result import HostStepResult
from tests.app.tiny import tiny_generator


def step(iteration: int, *confidences: float) -> HostStepResult:
    points = np.zeros((len(confidences), 2))
    distances = np.ones(len(confidences))
    return HostStepResult(
        iteration, points, points, distances, np.array(confidences), loss=1.0, done=False, finite=True
    )


def at(iteration: int, place: tuple[float, float]) -> HostStepResult:
    """A step that led the only handle there, and is sure of it."""
    return replace(step(iteration, 0.9), handles=np.array([place]))


@pytest.mark.parametrize(
    ("place", "handle_id", "step_count", "holds"),
    [
        ((5.0, 6.0), 0, 7, True),
        ((5.3, 6.0), 0, 7, False),  # another way led to that number
        ((5.0, 6.0), 1, 7, False),  # another handle
        ((5.0, 6.0), 0, 0, False),  # another picture
    ],
)
def test_going_back_to_where_a_step_led_its_numbers_hold_again(
    place: tuple[float, float], handle_id: int, step_count: int, holds: bool
) -> None:
    generator = tiny_generator()
    session = DragSession(generator, generator.sample(0), [(5, 6)], [(5, 6)])
    progress = DragProgress()
    progress.note_step(at(session.iteration, place), 1.0, (handle_id,))
    progress.note_step(at(session.iteration + 1, (9.0, 9.0)), 1.0, (handle_id,))
    progress.note_change()
    assert [h.confidence for h in progress.handle_frames(session)] == [None]
    progress.note_gone_back(session, step_count)
    (frame,) = progress.handle_frames(session)
    assert (frame.confidence, frame.was_sure) == ((0.9, True) if holds else (None, False))


def test_a_handle_that_was_sure_stays_known_as_such_until_the_edit_changes() -> None:
    generator = tiny_generator()
    session = DragSession(generator, generator.sample(0), [(5, 6), (20, 21)], [(9, 9), (12, 12)])
    progress = DragProgress()

    def sure() -> list[bool]:
        return [h.was_sure for h in progress.handle_frames(session)]

    assert sure() == [False, False], "before any step"
    progress.note_step(step(1, 0.9, 0.3), 1.0, session.handle_ids)
    progress.note_step(step(2, 0.1, 0.3), 1.0, session.handle_ids)
    assert sure() == [True, False]
    progress.note_target(0, (8.0, 8.0))
    assert sure() == [True, False], "it holds on to the same thing"
    progress.note_change()
    progress.note_step(step(3, 0.1, 0.3), 1.0, session.handle_ids)
    assert sure() == [False, False], "what it holds on to now was never sure"
