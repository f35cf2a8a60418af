"""`FrameMaker`: the drag worker's state as a frame for the window: of the edit, or of what is looked at."""

from __future__ import annotations

from dataclasses import replace

from app.drag_run import DragRun
from app.history_viewer import HistoryViewer
from app.overlays import DragFacts
from app.picture_feed import PictureFeed
from app.session.edits import StartFromSeed
from app.session.last_grab import LastGrab
from app.session.session_files import SessionFiles
from app.worker_device import device_name
from app.worker_frame import WorkerFrame
from app.worker_messages import WorkerMessages
from gan.drag_session import DragSession
from gan.session_view import drag_block, radii_px, stop_distance_px


class FrameMaker:
    """Used by the drag worker's thread. Frames are without a picture: that comes later."""

    def __init__(
        self,
        run: DragRun,
        viewer: HistoryViewer,
        feed: PictureFeed,
        files: SessionFiles,
        messages: WorkerMessages,
    ) -> None:
        self._run = run
        self._viewer = viewer
        self._feed = feed
        self._files = files
        self._messages = messages
        self._last_grab = LastGrab()
        self._last: WorkerFrame | None = None

    def frame(self, serial: int, session_text: str | None) -> WorkerFrame:
        """Everything as it is now. serial: of the last command that is done. session_text: for the
        clipboard."""
        run, edit, viewer = self._run, self._run.session, self._viewer
        looked_at = viewer.looked_at
        shown = edit.edited if looked_at is None else looked_at
        progress = run.progress if looked_at is None else viewer.progress
        session = shown.session
        error = self._files.take_error()
        if error is not None:
            self._messages.tell(error, failed=True)
        origin = shown.origin
        seeded = isinstance(origin, StartFromSeed)
        self._last = WorkerFrame(
            serial=serial,
            handles=progress.handle_frames(session),
            iteration=shown.step_count,
            done=looked_at is None and progress.has_arrived(session),
            running=run.is_on,
            seed=origin.seed if seeded else None,
            truncation_psi=origin.truncation_psi if seeded else 0.7,
            params=shown.asked,
            stop_px=stop_distance_px(session),
            undo_label=edit.undo_label,
            redo_label=edit.redo_label,
            painted_mask=shown.painted,
            losses=run.progress.take_losses(),
            session_iteration=session.iteration,
            passed=run.progress.take_passed(),
            grabbed=self._last_grab.at(edit.log, viewer.place),
            facts=_facts(session),
            step_ms=run.progress.step_ms,
            stalled=run.progress.stalled,
            session_file=self._files.path,
            messages=self._messages.take(),
            history=viewer.view(),
            session_text=session_text,
            preview=self._feed.preview_standing(session),
            device_name=device_name(session.generator.device),
            model_name=session.generator.provenance.name,
            model_sha256=session.generator.provenance.sha256,
            picture_size=(session.generator.width, session.generator.height),
        )
        return self._last

    def last_known(self, serial: int) -> WorkerFrame | None:
        """The messages, with what was known last: a lost device answers no question. None before the first
        frame, which will hold them."""
        last = self._last
        if last is None:
            return None
        return replace(
            last,
            serial=serial,
            running=last.running and self._run.is_on,
            losses=(),
            passed=(),
            session_text=None,
            messages=self._messages.take(),
        )


def _facts(session: DragSession) -> DragFacts:
    channels = session.generator.architecture.channels
    return DragFacts(tuple(sorted(channels.items())), drag_block(session), radii_px(session))
