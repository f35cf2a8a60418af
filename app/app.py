"""`App`: the window's frame. Read `App.frame` first; the rest says who applies which event.

input events -> state -> step? -> upload -> compose -> panels -> present
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from app import events
from app.closing_desk import ClosingDesk
from app.drag_desk import DragDesk
from app.editor import Editor
from app.errors import details_of
from app.export_desk import ExportDesk
from app.file_desk import FileDesk, Folders
from app.history_desk import HistoryDesk
from app.input_latency import InputLatency
from app.keys import KeyMap
from app.latency_hiding import LatencyHiding
from app.mask_brush import MaskBrush
from app.mask_desk import MaskDesk
from app.model_desk import ModelDesk
from app.notice_desk import NoticeDesk
from app.overlay_desk import OverlayDesk
from app.palette_desk import PaletteDesk
from app.picture_scene import scene_of
from app.pointer import Pointer
from app.recording_desk import RecordingDesk
from app.scheduler import Scheduler
from app.seed_desk import SeedDesk
from app.session_desk import SessionDesk
from app.settings_desk import SettingsDesk
from app.settings_file import SettingsFile
from app.sliders import Sliders
from app.state import AppState, Status
from app.task_board import TaskBoard
from app.timing_watch import TimingWatch
from app.view_events import apply_view
from app.window_events import apply_window
from app.worker_contract import Worker
from app.worker_frame import WorkerFrame
from gan.errors import EditError, LiveDragError
from render.compositor import Compositor
from render.errors import RenderError
from render.scene import Scene


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
class Comfort:
    """What makes the window pleasant and the edit neither better nor worse."""

    keys: KeyMap = field(default_factory=KeyMap)
    settings_file: SettingsFile | None = None
    tasks: TaskBoard = field(default_factory=TaskBoard)


class App:
    """Owns the state and has every event applied to it. Knows no widget, no tensor and no GL name."""

    def __init__(
        self,
        state: AppState,
        ui: Ui,
        worker: Worker,
        scheduler: Scheduler,
        folders: Folders,
        open_desk: Callable[[AppState, Editor], ModelDesk] | None = None,
        open_recording: Callable[[AppState], RecordingDesk] | None = None,
        comfort: Comfort | None = None,
    ) -> None:
        """open_desk: makes what opens other models; None: this window keeps the one that it has.
        open_recording: makes what records; None: it cannot. comfort: None = default keys, nothing is kept.
        """
        comfort = comfort or Comfort()
        self.state = state
        self._ui = ui
        self._scheduler = scheduler
        state.sessions_folder = folders.sessions
        self._brush = MaskBrush(*state.picture_size)
        self._editor = Editor(state, worker, self._brush)
        self._pointer = Pointer(state, self._editor, self._brush, comfort.keys)
        self._hiding = LatencyHiding(scheduler.clock)
        self._timing = TimingWatch(scheduler.clock)
        self._drag = DragDesk(state, self._editor, self._pointer)
        self._seeds = SeedDesk(state, self._editor, self._pointer)
        self._sliders = Sliders(state, self._editor)
        self._mask = MaskDesk(state, self._editor, self._brush)
        self._files = FileDesk(state)
        self._overlays = OverlayDesk(state, self._editor, lambda: ui.compositor, comfort.keys)
        self._models = None if open_desk is None else open_desk(state, self._editor)
        self._sessions = SessionDesk(
            *(state, self._editor, self._pointer, folders, self._models, comfort.keys)
        )
        self._history = HistoryDesk(state, self._editor, self._pointer, comfort.keys)
        self._exports = ExportDesk(state, self._editor, self._pointer, folders)
        self._recording = None if open_recording is None else open_recording(state)
        self._settings = SettingsDesk(state, comfort.settings_file, scheduler.clock)
        self._palette = PaletteDesk(state, comfort.keys, self.apply)
        self._notices = NoticeDesk(state)
        self._closing = ClosingDesk(state, self._editor, self.apply)
        self._tasks = comfort.tasks
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
        overlaid = self._overlays.follow(finished)
        composed = self._compose(uploaded or overlaid)
        if self._recording is not None:
            self._recording.follow(self._composed, composed)
        self._notices.follow()
        self._closing.follow()
        self._settings.follow()
        self.state.window.tasks = self._tasks.look()
        self._ui.sync(self.state)
        self._timing.latency.note_present()
        self._ui.present(composed)
        self._timing.latency.note_frame(finished, composed, bool(self.state.warps), self.state.running)
        changed = changed or composed or finished is not None
        timing = self._scheduler.end_frame(changed=changed, took_picture=uploaded)
        self.state.timing = self._timing.note_frame(timing, finished)

    def warn(self, text: str) -> None:
        """A notice that is no error of the edit: of the settings file, say."""
        self._notices.add(text, tone="warning")

    def close(self) -> None:
        """The window is going to close: what is being recorded is finished, what it keeps is written."""
        if self._recording is not None:
            self._recording.close()
        self._settings.close()

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
        if self.state.opening and not isinstance(event, events.WHILE_OPENING):
            return  # it was meant for the session that is going
        sent = self._editor.sent_serial
        try:
            self._dispatch(event)
        except (LiveDragError, RenderError) as error:  # of the canvas: a screenshot that cannot be read, say
            self.state.status = Status(str(error), "error", details_of(error))
        if isinstance(event, events.PointerEvent):
            serial = self._editor.sent_serial
            self._timing.latency.note_input(serial if serial > sent else None)

    def _dispatch(self, event: events.Event) -> None:
        """Who applies what, by subject."""
        if isinstance(event, events.PointerEvent):
            self._pointer.apply(event)
        elif isinstance(event, events.ViewEvent):
            apply_view(self.state, event)
        elif isinstance(event, events.DragEvent):
            self._drag.apply(event)
        elif isinstance(event, events.SeedEvent):
            self._seeds.apply(event)
        elif isinstance(event, events.SliderEvent):
            self._sliders.apply(event)
        elif isinstance(event, events.MaskEvent):
            self._mask.apply(event)
        elif isinstance(event, events.FileEvent):
            self._files.apply(event)
        elif isinstance(event, events.SessionEvent):
            self._sessions.apply(event)
        elif isinstance(event, events.HistoryEvent):
            self._history.apply(event)
        elif isinstance(event, events.ModelEvent):
            self._open_model(event)
        elif isinstance(event, events.OverlayEvent):
            self._overlays.apply(event)
        elif isinstance(event, events.RecordingEvent):
            if self._recording is None:
                raise EditError("this window cannot record")
            self._recording.apply(event)
        elif isinstance(event, events.ExportEvent):
            self._exports.apply(event)
        elif isinstance(event, events.WindowEvent):
            apply_window(self.state, self._editor, event)
        elif isinstance(event, events.ClosingEvent):
            self._closing.apply(event)
        elif isinstance(event, events.SettingsEvent):
            self._settings.apply(event)
        elif isinstance(event, events.PaletteEvent):
            self._palette.apply(event)
        elif isinstance(event, events.NoticeEvent):
            self._notices.apply(event)
        elif isinstance(event, events.TaskEvent):
            self._cancel_task(event)
        else:
            assert_never(event)

    def _open_model(self, event: events.ModelEvent) -> None:
        if self._models is None:
            raise EditError("this window opens no other models; start it with --model")
        self._pointer.let_go()
        self._models.apply(event)

    def _cancel_task(self, event: events.TaskEvent) -> None:
        shown = self.state.window.tasks
        if event.task_id is not None:
            self._tasks.cancel(event.task_id)
        elif shown:
            self._tasks.cancel(shown[-1].id)
