"""Quality of pictures and vsync, from the panel's event to what they change; and pictures handed back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app import events
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, MoveTarget
from app.window_commands import Apply, SetQuality, SetRunning
from app.worker import DragWorker
from app.worker_device import WorkerDevice
from app.worker_frame import WorkerFrame
from gan.step_result import StepResult
from render.errors import RenderError
from tests.app.awaited_frames import wait_for
from tests.app.fake_pictures import ReadyPreviews, SlowMaker
from tests.app.fake_time import FakeTime
from tests.app.fakes import FRAME, make_app
from tests.app.tiny import SIZE, tiny_generator


def test_the_panels_choice_reaches_state_and_worker() -> None:
    app, ui, worker = make_app()
    ui.events.extend([events.SetQuality("preview"), events.SetVsync(True)])
    app.frame()
    assert app.state.quality == "preview"
    assert app.state.vsync
    assert worker.commands == [SetQuality("preview")]
    worker.answer(preview="ready", device_name="Fast GPU")
    app.frame()
    assert app.state.preview == "ready"
    assert app.state.device_name == "Fast GPU"


def test_a_picture_is_handed_back_once_it_was_uploaded_or_refused() -> None:
    app, ui, worker = make_app()
    order: list[str] = []

    def set_picture(picture: object) -> None:
        order.append("upload")
        if len(order) > 2:
            raise RenderError("the device is lost")

    ui.compositor.set_picture = set_picture  # type: ignore[method-assign]
    picture = np.zeros((4, 4, 3), np.uint8)
    for _ in range(2):
        worker.publish(replace(FRAME, picture=picture, hand_back=lambda: order.append("hand back")))
        app.frame()
    worker.publish(FRAME)
    app.frame()
    assert order == ["upload", "hand back"] * 2
    assert app.state.status.text == "the device is lost"


def test_pinned_to_the_preview_the_drag_still_rests_on_the_full_picture() -> None:
    session = EditSession(tiny_generator())
    worker = DragWorker(session, previews=ReadyPreviews())
    worker.submit(SetQuality("preview"))
    worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
    worker.submit(SetRunning(True, hold=True))
    moving = wait_for(worker, lambda f: f.iteration > 2 and f.picture is not None and f.is_preview)
    assert moving.picture.shape == (16, 16, 3)
    assert moving.preview == "ready"
    last = worker.submit(SetRunning(False))

    def rests(frame: WorkerFrame) -> bool:
        return frame.serial == last and frame.picture is not None and not frame.is_preview

    rest = wait_for(worker, rests)
    worker.close()
    assert rest.picture.shape == (SIZE, SIZE, 3)
    assert (rest.picture == session.session.image()).all()


def test_a_mouse_that_moves_while_a_long_step_runs_does_not_rest() -> None:
    """Steps of a large model on a processor are longer than the pause after which the hand seems to rest."""
    fake = FakeTime()

    class Slow(EditSession):
        def step(self) -> StepResult:
            result = super().step()
            fake.work(700.0)
            worker.submit(Apply(MoveTarget(0, (20.0 + self.step_count % 4, 10.0))))  # meanwhile
            return result

    maker = SlowMaker(fake)
    session = Slow(tiny_generator())
    worker = DragWorker(
        session, device=WorkerDevice(pictures=maker), previews=ReadyPreviews(), clock=fake.clock
    )
    wait_for(worker, lambda f: f.picture == "full")  # it was measured: too slow for a moving hand
    worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
    worker.submit(SetRunning(True, hold=True))
    wait_for(worker, lambda f: f.iteration > 4 and f.picture is not None)
    worker.close()
    assert {kind for kind, iteration in maker.made if iteration > 0} == {"preview"}
