"""What is known of the handles from step to step."""

from __future__ import annotations

import numpy as np

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
