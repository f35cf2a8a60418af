"""Whole frames of the window on a GPU that is faked: a drag, with every map shown, copies no picture.

The app, the worker and the wiring are the real ones, and so is OpenGL, off-screen; CUDA's calls are fakes,
and tensors in the processor's memory stand for the device's. The same on a real GPU:
`tests/app/test_cuda_frames.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from app import events
from app.app import App, Folders
from app.device_choice import CudaCalls
from app.device_wiring import DeviceWiring
from app.overlays import OverlayName
from app.scheduler import Scheduler
from app.session.edit_session import EditSession
from app.state import AppState
from app.viewport import Viewport
from app.worker import DragWorker
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from gan.random_model import random_architecture, random_generator
from render.gl_compositor import GlCompositor
from render.overlays import LAYER_NAMES
from tests.app.fake_gpu import FakeCopyStream, QuickTimer
from tests.app.hand import move, press, release
from tests.app.host_copies import HostCopies, watched_host_copies
from tests.app.offscreen_window import OffscreenWindow
from tests.render.fake_interop import FakeInteropDriver

pytestmark = pytest.mark.gl

SIZE = 64
LARGE = 2 * 32 * 32  # bytes: the smallest map, one plane of features; a step tells less than 100
DEADLINE_S = 120.0  # only bounds a hang
CPU, CUDA = torch.device("cpu"), torch.device("cuda")
WITH_MAPS: tuple[OverlayName, ...] = ("features", "similarity", "difference", "split", "paths", "radii")


class NotingWorker(DragWorker):
    """Knows which layers it handed over."""

    def __init__(self, session: EditSession, device: WorkerDevice) -> None:
        self.layers: set[str] = set()
        super().__init__(session, device=device)

    def take(self, picture: bool = True) -> WorkerFrame | None:
        frame = super().take(picture)
        if frame is not None:
            self.layers.update(layer.name for layer in frame.layers)
        return frame


class Program:
    """App, worker and window, wired as `run_window` does, for a model that is on a GPU."""

    def __init__(self, calls: CudaCalls, device: torch.device = CPU, deadline_s: float = DEADLINE_S) -> None:
        """device: where the model really is."""
        self.deadline_s = deadline_s
        self.said: list[str] = []
        self.window = OffscreenWindow(GlCompositor())
        wiring = DeviceWiring(self.window, CPU, self.said.append, calls)
        architecture = random_architecture(SIZE, 512, channel_max=16, z_dim=64, w_dim=64)
        generator = random_generator(architecture, device=device)
        _ = generator.latent_spread  # read from the weights once, when a model is opened
        self.worker = NotingWorker(EditSession(generator), wiring.wire(CUDA))
        self.state = AppState(picture_size=(SIZE, SIZE), model_name="random")
        self.state.viewport = Viewport((SIZE * 4, SIZE * 4), 4.0, 0.0, 0.0, fitted=False)
        nowhere = Folders(sessions=Path("sessions"), pictures=Path("pictures"))
        self.app = App(self.state, self.window, self.worker, Scheduler(), nowhere)

    def frames_until(self, is_enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.deadline_s
        while not is_enough():
            assert time.monotonic() < deadline, f"it did not happen: {self.state.status}"
            self.app.frame()

    def close(self) -> None:
        self.worker.close()
        self.window.compositor.close()


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
        move(app, 26.0, 20.0)
        program.frames_until(lambda: app.picture_count >= before + 3 and state.iteration >= 3)
        move(app, 23.0, 24.0)
        program.frames_until(lambda: layers == set(LAYER_NAMES))
        layers.clear()
        program.frames_until(lambda: {"features", "similarity"} <= layers)  # they follow the drag
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
