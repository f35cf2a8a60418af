"""Whole frames of the window on a real GPU, off-screen: a drag whose steps and pictures are recorded graphs.
Pictures and maps reach OpenGL without the host. Skipped, with the reason, where there is none."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from app import events
from app.device_choice import CudaCalls
from gan.step_runner import CapturedRunner
from render.offscreen import OffscreenContext
from tests.app.gpu_program import WITH_MAPS, Program
from tests.app.hand import press, release
from tests.offscreen import driver_or_skip

DEADLINE_S = 20.0  # only bounds a hang, and leaves ./test gpu its time for the others

pytestmark = [pytest.mark.gl, pytest.mark.cuda]


def test_a_drag_in_whole_frames(gl_context: OffscreenContext, caplog: pytest.LogCaptureFixture) -> None:
    driver_or_skip(gl_context)
    caplog.set_level(logging.INFO)
    program = Program(CudaCalls(), torch.device("cuda"), DEADLINE_S)
    app, state = program.app, program.state
    try:
        program.frames_until(lambda: app.picture_count > 0)
        for name in WITH_MAPS:
            app.apply(events.ToggleOverlay(name))
        press(app, 20.0, 20.0)
        program.drag_until(lambda: state.iteration >= 40, ((26.0, 20.0), (23.0, 24.0)))
        release(app, 23.0, 24.0)
        if state.running:
            app.apply(events.ToggleRun())
        shown = app.picture_count
        program.frames_until(lambda: not state.running and app.picture_count > shown)
        assert program.said == [], "pictures go through the host"
        assert program.window.takes_device_pictures
        program.worker.close()
        session = program.worker.session.session
        assert np.isfinite(session.w_plus.cpu().numpy()).all()
        runner = session._execution.runner
        assert isinstance(runner, CapturedRunner)
        assert runner.capture_count >= 1
        told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
        assert told == [], "steps or pictures could not be recorded, or the worker failed"
        assert program.window.compositor.read().std() > 1
    finally:
        program.close()
