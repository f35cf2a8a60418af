"""`Program`: app, worker and window as they are wired for a model on a GPU, drawn off-screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path

import torch

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
from tests.app.hand import move
from tests.app.offscreen_window import OffscreenWindow

SIZE = 64
DEADLINE_S = 120.0  # only bounds a hang
FRAMES_AT_A_PLACE = 10
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

    def drag_until(self, is_enough: Callable[[], bool], places: tuple[tuple[float, float], ...]) -> None:
        """Frames in which the hand that holds a target goes from place to place and round again, image px:
        however soon the handle arrives at one, there are more steps to do."""
        frame_numbers, to_go_to = count(), cycle(places)

        def goes_on() -> bool:
            if next(frame_numbers) % FRAMES_AT_A_PLACE == 0:
                move(self.app, *next(to_go_to))
            return is_enough()

        self.frames_until(goes_on)

    def close(self) -> None:
        self.worker.close()
        self.window.compositor.close()
