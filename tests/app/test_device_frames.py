"""Whole frames of the window on a GPU that is faked: a drag, with every map shown, copies no picture.

The app, the worker and the wiring are the real ones, and so is OpenGL, off-screen; CUDA's calls are fakes,
and tensors in the processor's memory stand for the device's. The same on a real GPU:
`tests/app/test_cuda_frames.py`.
"""

from __future__ import annotations

import pytest

from app import events
from app.device_choice import CudaCalls
from render.overlays import LAYER_NAMES
from tests.app.fake_gpu import FakeCopyStream, QuickTimer
from tests.app.gpu_program import WITH_MAPS, Program
from tests.app.hand import press, release
from tests.app.host_copies import HostCopies, watched_host_copies
from tests.render.fake_interop import FakeInteropDriver

pytestmark = pytest.mark.gl

LARGE = 2 * 32 * 32  # bytes: the smallest map, one plane of features; a step tells less than 100


def faked(driver: FakeInteropDriver) -> Program:
    """On a GPU that is faked."""
    return Program(CudaCalls(lambda _device: FakeCopyStream(), lambda _device: QuickTimer(), lambda: driver))


def drag_watched(program: Program) -> tuple[HostCopies, int]:
    """A drag of some pictures with every map shown, to its rest; and how many pictures were shown."""
    app, state, layers = program.app, program.state, program.worker.layers
    program.frames_until(lambda: app.picture_count > 0)
    for name in WITH_MAPS:
        app.apply(events.ToggleOverlay(name))
    with watched_host_copies() as copies:
        before = app.picture_count
        press(app, 20.0, 20.0)
        places = (26.0, 20.0), (23.0, 24.0)
        program.drag_until(lambda: app.picture_count >= before + 3 and state.iteration >= 3, places)
        program.drag_until(lambda: layers == set(LAYER_NAMES), places)
        layers.clear()
        program.drag_until(lambda: {"features", "similarity"} <= layers, places)  # they follow the drag
        release(app, 23.0, 24.0)
        if state.running:
            app.apply(events.ToggleRun())
        shown = app.picture_count
        program.frames_until(lambda: not state.running and app.picture_count > shown)
        return copies, app.picture_count - before


@pytest.mark.usefixtures("gl_context")
def test_a_drag_copies_nothing_of_a_pictures_size_to_the_host() -> None:
    driver = FakeInteropDriver()
    program = faked(driver)
    try:
        copies, picture_count = drag_watched(program)
        assert copies.to_host, "not even what a step tells was seen: this test proves nothing"
        assert copies.of_at_least(LARGE) == []
        assert driver.calls.count("copy_rows") >= picture_count + len(LAYER_NAMES)
        assert program.said == []
    finally:
        program.close()
    assert driver.alive == []


def other_gpu() -> FakeInteropDriver:
    return FakeInteropDriver(gl_devices=(1,))


def lost_later() -> FakeInteropDriver:
    driver = FakeInteropDriver()
    driver.failing.add("map")
    return driver


@pytest.mark.usefixtures("gl_context")
@pytest.mark.parametrize("driver", [other_gpu(), lost_later()])
def test_the_watch_notices_pictures_and_maps_that_go_through_the_host(driver: FakeInteropDriver) -> None:
    program = faked(driver)
    try:
        copies, picture_count = drag_watched(program)
        large = [name for name, _ in copies.of_at_least(LARGE)]
        assert len(large) >= 2 * (picture_count + len(LAYER_NAMES)), "to the host, and from there to OpenGL"
        assert len(program.said) == 1
    finally:
        program.close()
