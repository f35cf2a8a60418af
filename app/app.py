"""`App`: the window's frame. Read `App.frame` first; the rest applies events.

input events -> state -> step? -> upload -> compose -> panels -> present
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app import events
from app.editor import Editor, Worker
from app.input_latency import InputLatency
from app.latency_hiding import LatencyHiding
from app.mask_brush import MaskBrush
from app.mask_file import load_mask, save_mask
from app.model_desk import ModelDesk
from app.picture_scene import scene_of
from app.pointer import Pointer
from app.scheduler import Scheduler
from app.session.autosave import set_aside
from app.state import AppState, Status
from app.timing_watch import TimingWatch
from app.view_events import apply_view
from app.worker_messages import WorkerFrame
from gan.drag_params import DragParams
from gan.errors import EditError, LiveDragError
from gan.generator import SEED_LIMIT
from render.compositor import Compositor
from render.errors import RenderError
from render.scene import Scene

RANDOM_SEED_LIMIT = 100_000  # short enough to remember and to type


class Ui(Protocol):
    """What the frame needs of a window: `app.ui.window.Window`, or nothing at all in tests."""

    @property
    def compositor(self) -> Compositor:
        """Composes the canvas."""
        ...

    def poll_events(self) -> list[events.Event]:
        """What happened since the last frame, in order."""
        ...

    def sync(self, state: AppState) -> None:
        """Lets the panels show the state."""
        ...

    def present(self, composed: bool) -> None:
        """Shows the frame. composed: the canvas is new."""
        ...


@dataclass(frozen=True)
class Folders:
    """Where files go when no name was chosen."""

    sessions: Path
    pictures: Path


class App:
    """Owns the state and applies every event to it. Knows no widget, no tensor and no GL name."""

    def __init__(
        self,
        state: AppState,
        ui: Ui,
        worker: Worker,
        scheduler: Scheduler,
        folders: Folders,
        open_desk: Callable[[AppState, Editor], ModelDesk] | None = None,
    ) -> None:
        """open_desk: makes what opens other models; None: this window keeps the one that it has."""
        self.state = state
        self._ui = ui
        self._scheduler = scheduler
        self._folders = folders
        state.sessions_folder = folders.sessions
        self._brush = MaskBrush(*state.picture_size)
        self._editor = Editor(state, worker, self._brush)
        self._pointer = Pointer(state, self._editor, self._brush)
        self._hiding = LatencyHiding(scheduler.clock)
        self._timing = TimingWatch(scheduler.clock)
        self._models = None if open_desk is None else open_desk(state, self._editor)
        self._continued_unit: str | None = None
        self._composed: Scene | None = None
        self.picture_count = 0  # pictures shown so far

    def frame(self) -> None:
        """One frame, top to bottom; data moves one way."""
        plan = self._scheduler.begin_frame()
        changed = False
        for event in self._ui.poll_events():
            self.apply(event)
            changed = True
        if self._models is not None:
            self._models.follow()
        finished = self._editor.take(plan.take_picture)  # the step runs in the worker: a CPU's is too long
        self.state.warps = self._hiding.warps(self.state, finished)
        uploaded = self._upload(finished)
        composed = self._compose(uploaded)
        self._ui.sync(self.state)
        self._timing.latency.note_present()
        self._ui.present(composed)
        self._timing.latency.note_frame(finished, composed, bool(self.state.warps), self.state.running)
        changed = changed or composed or finished is not None
        timing = self._scheduler.end_frame(changed=changed, took_picture=uploaded)
        self.state.timing = self._timing.note_frame(timing, finished)

    @property
    def latency(self) -> InputLatency:
        """From the hand to the screen, measured."""
        return self._timing.latency

    def _upload(self, finished: WorkerFrame | None) -> bool:
        """Gives the compositor a new picture and what was painted; whether anything was."""
        compositor = self._ui.compositor
        dirty = self._brush.take_dirty()
        if dirty is not None:
            whole = self._composed is None
            compositor.set_mask(self._brush.mask, None if whole else dirty)
        if finished is not None and finished.picture is not None:
            try:
                compositor.set_picture(finished.picture)
            except RenderError as error:  # a lost device, say: the last picture stays, the edit goes on
                self.state.status = Status(str(error), "error")
            else:
                self.picture_count += 1
                return True
            finally:
                finished.hand_back()
        return dirty is not None

    def _compose(self, uploaded: bool) -> bool:
        """Composes the canvas if anything in it differs from what is there."""
        scene = scene_of(self.state)
        if not uploaded and scene == self._composed:
            return False
        if self.picture_count == 0:
            return False
        self._ui.compositor.compose(scene)
        self._composed = scene
        return True

    # events -> state

    def apply(self, event: events.Event) -> None:
        """Applies one event. A refused one becomes the status line; nothing else changes."""
        sent = self._editor.sent_serial
        try:
            self._apply(event)
        except LiveDragError as error:
            self.state.status = Status(str(error), "error")
        if isinstance(event, events.PointerMoved | events.PointerPressed | events.PointerReleased):
            serial = self._editor.sent_serial
            self._timing.latency.note_input(serial if serial > sent else None)

    def _apply(self, event: events.Event) -> None:
        match event:
            case _ if self.state.opening and not isinstance(event, events.WHILE_OPENING):
                pass  # it was meant for the session that is going
            case events.PointerMoved():
                self._pointer.moved(event)
            case events.PointerPressed():
                self._continued_unit = None
                self._pointer.pressed(event)
            case events.PointerReleased():
                self._pointer.released(event)
            case (
                events.WheelTurned()
                | events.CanvasResized()
                | events.FitView()
                | events.ZoomView()
                | events.SetBrushRadius()
                | events.ScaleBrush()
                | events.SetMaskOpacity()
                | events.ToggleMarkers()
            ):
                apply_view(self.state, event)
            case events.SetPsi() | events.SetParams():
                self._apply_slider(event)
            case events.InvertMask() | events.ClearMask() | events.LoadMask() | events.SaveMask():
                self._apply_mask(event)
            case events.ChooseTool():
                self._pointer.let_go()
                self.state.tool = event.tool
            case events.SetLatencyHiding():
                self.state.latency_hiding = event.on
            case events.SetQuality():
                self._editor.set_quality(event.quality)
            case events.SetVsync():
                self.state.vsync = event.on
            case events.ToggleHelp():
                self.state.show_help = not self.state.show_help
            case events.CloseWindow():
                self.state.closing = True
            case _:
                self._continued_unit = None
                self._apply_edit(event)

    def _apply_edit(self, event: events.Event) -> None:
        state, editor = self.state, self._editor
        match event:
            case events.ToggleRun():
                self._toggle_run()
            case events.StepOnce():
                editor.step_once()
            case events.CancelDrag():
                if not self._pointer.cancel():
                    state.selected, state.show_help = None, False
            case events.SelectHandle():
                state.selected = event.handle_id
            case events.RemoveHandle():
                chosen = state.hovered[0] if state.hovered else state.selected
                self._pointer.remove_handle(chosen if event.handle_id is None else event.handle_id)
            case events.ClearHandles():
                if state.handles:
                    editor.begin("clear handles")
                    editor.clear_handles()
            case events.SetSeed():
                seed = random.randrange(RANDOM_SEED_LIMIT) if event.seed is None else event.seed
                self._start_from_seed(seed)
            case events.TypeSeed():
                self._start_from_typed(event.text)
            case events.ChangeSeed():
                self._start_from_seed(((state.seed or 0) + event.by) % SEED_LIMIT)
            case events.Undo():
                self._pointer.let_go()
                editor.undo()
            case events.Redo():
                self._pointer.let_go()
                editor.redo()
            case events.OpenModel() | events.CancelLoading() | events.ChooseModelsFolder():
                self._open_model(event)
            case events.OpenSession():
                self._pointer.let_go()
                editor.open_session(event.path)
            case events.SettleUnfinished():
                self._settle_unfinished(event.resume)
            case events.SaveSession():
                chosen = event.path or state.session_file
                editor.save_session(chosen or _new_file(self._folders.sessions, "session", ".json"))
            case events.ExportPicture():
                editor.export_picture(event.path or _new_file(self._folders.pictures, "picture", ".png"))
            case _:
                raise AssertionError(f"no rule for {event}")

    # sliders, mask

    def _apply_slider(self, event: events.SetPsi | events.SetParams) -> None:
        """Consecutive moves of one slider are one undoable unit."""
        state = self.state
        if isinstance(event, events.SetPsi):
            self._begin_or_continue("truncation psi")
            self._editor.set_psi(event.truncation_psi)
            state.status = Status(f"Seed {state.seed}, psi {event.truncation_psi:.2f}")
        elif event.params != state.params:
            self._begin_or_continue(_changed_param(state.params, event.params))
            self._editor.set_params(event.params)

    def _begin_or_continue(self, label: str) -> None:
        if self._continued_unit != label:
            self._editor.begin(label)
        self._continued_unit = label

    def _apply_mask(
        self, event: events.InvertMask | events.ClearMask | events.LoadMask | events.SaveMask
    ) -> None:
        self._continued_unit = None
        match event:
            case events.SaveMask():
                save_mask(event.path, self._brush.mask)
                self.state.status = Status(f"Saved the mask to {event.path}")
                return
            case events.LoadMask():
                self._brush.replace(load_mask(event.path, self.state.picture_size))
                label = "load mask"
            case events.InvertMask():
                self._brush.invert()
                label = "invert mask"
            case events.ClearMask():
                self._brush.clear()
                label = "clear mask"
        self._editor.begin(label)
        self._editor.send_mask()

    # edits

    def _start_from_seed(self, seed: int) -> None:
        if not 0 <= seed < SEED_LIMIT:
            raise EditError(f"Seed {seed} is out of range; allowed are 0 to {SEED_LIMIT - 1}")
        self._pointer.let_go()
        self._editor.begin("new seed")
        self._editor.start_from_seed(seed, self.state.truncation_psi)
        self.state.status = Status(f"Seed {seed}, psi {self.state.truncation_psi:.2f}")

    def _start_from_typed(self, text: str) -> None:
        try:
            seed = int(text)
        except ValueError:
            raise EditError(f"'{text}' is no seed; type a whole number 0 to {SEED_LIMIT - 1}") from None
        if seed != self.state.seed:
            self._start_from_seed(seed)

    def _toggle_run(self) -> None:
        state = self.state
        if state.running:
            self._editor.run(False)
            state.status = Status("Stopped")
        elif not state.handles:
            state.status = Status("No handles yet: press on the picture and pull, or place some", "warning")
        else:
            state.status = Status("Dragging", "busy")
            self._editor.run(True)

    def _open_model(self, event: events.OpenModel | events.CancelLoading | events.ChooseModelsFolder) -> None:
        if self._models is None:
            raise EditError("this window opens no other models; start it with --model")
        self._pointer.let_go()
        self._models.apply(event)

    def _settle_unfinished(self, resume: bool) -> None:
        unfinished, self.state.unfinished = self.state.unfinished, None
        if unfinished is None:
            return
        path = set_aside(unfinished)  # the offer does not come again
        if resume:
            self._pointer.let_go()
            self._editor.open_session(path, saves_there=False)


def _changed_param(old: DragParams, new: DragParams) -> str:
    changed = [f.name for f in fields(DragParams) if getattr(old, f.name) != getattr(new, f.name)]
    return changed[0].replace("_", " ") if len(changed) == 1 else "parameters"


def _new_file(folder: Path, stem: str, suffix: str) -> Path:
    # milliseconds: a second one in the same second must not overwrite the first
    moment = f"{datetime.now():%Y%m%d-%H%M%S-%f}"[:-3]
    return folder / f"livedrag-{stem}-{moment}{suffix}"
