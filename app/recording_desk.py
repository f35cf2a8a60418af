"""`RecordingDesk`: recordings, movies of the edit and screenshots in a running window. Follows them once a
frame; nothing here waits for an encoder, a disk or a renderer.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app import events
from app.errors import OutputError, details_of
from app.export import save_picture
from app.file_desk import Folders, new_file
from app.provenance import PictureProvenance
from app.recording.capture import Capture
from app.recording.choice import RecordingKind, RecordingView
from app.recording.frame_writer import MovieFile, check_suffix
from app.recording.movie_folder import remove_left_behind
from app.recording.recorded_scene import recorded_size
from app.recording.recorder import Recorder, RecorderNews
from app.recording.render_job import TITLE, RenderJob
from app.session.document import SessionDocument
from app.state import AppState, Status
from app.task_board import TaskBoard
from gan.errors import EditError
from render.compositor import Compositor
from render.errors import RenderError
from render.scene import Scene

CURSOR_MADE_FOR_PX = 900  # the frame's longer edge at which the cursor has its size on screen


class RecordingDesk:
    """Applies the events about recordings; `follow` once a frame, `close` at the window's end."""

    def __init__(
        self,
        state: AppState,
        compositor: Callable[[], Compositor],
        folders: Folders,
        document: Callable[[], SessionDocument],
        provenance: Callable[[], PictureProvenance],
        clock: Callable[[], float],
        tasks: TaskBoard | None = None,
        on_recorded: Callable[[RecorderNews], None] = lambda _news: None,
    ) -> None:
        """document, provenance: of the session, and of what is shown; may be called at any time. tasks:
        where movies are shown. on_recorded: hears of every recording that has ended."""
        self._tasks = tasks
        self._on_recorded = on_recorded
        self._state = state
        self._compositor = compositor
        self._folders = folders
        self._document = document
        self._provenance = provenance
        self._clock = clock
        self._capture: Capture | None = None
        self._recorder: Recorder | None = None
        self._job: RenderJob | None = None
        self._saved: deque[Status] = deque()  # what threads that wrote screenshots have to say
        remove_left_behind(folders.recordings)  # movies of a program that was killed

    def apply(self, event: events.RecordingEvent) -> None:
        """Applies one event. Raises OutputError or EditError where it cannot be done."""
        match event:
            case events.ToggleRecording():
                if self._capture is not None:
                    self._stop()
                else:
                    self._start(event.path)
            case events.ChooseRecording():
                self._state.recording_choice = event.choice
            case events.RenderMovie():
                self._render(event.path)
            case events.ChooseMovie():
                self._state.movie_choice = event.choice
            case events.CancelRendering():
                if self._job is not None:
                    self._job.cancel()
            case events.TakeScreenshot():
                if event.whole:
                    self._state.wants_grab = True
                else:
                    self._save_screenshot(self._compositor().read(), "canvas")
            case events.WindowGrabbed():
                self._state.wants_grab = False
                self._save_screenshot(event.pixels, "window")

    def follow(self, shown: Scene | None, composed: bool) -> None:
        """Takes the frame that is due, and what threads have done. shown, composed: see `Capture`."""
        if self._capture is not None:
            try:
                self._capture.follow(self._state, self._compositor(), shown, composed)
            except RenderError as error:  # the canvas cannot be read: what was recorded until then is kept
                self._state.status = Status(f"The recording ended: {error}", "error", details_of(error))
                self._stop()
        self._follow_recorder()
        self._follow_job()
        while self._saved:
            self._state.status = self._saved.popleft()

    def close(self) -> None:
        """The window ends: a recording is finished, a movie is given up. Before the compositor is closed."""
        if self._capture is not None:
            self._stop()
        if self._recorder is not None:
            self._recorder.join()
            self._follow_recorder()
        if self._job is not None:
            self._job.cancel()
            self._job.join()

    # recording

    def _start(self, path: Path | None) -> None:
        if self._recorder is not None:
            raise EditError("the last recording is still being finished; wait a moment")
        state, choice = self._state, self._state.recording_choice
        if path is not None:
            choice = replace(choice, kind=_kind_of(path))
        path = path or new_file(self._folders.recordings, "recording", f".{choice.kind}")
        _make_folder(path.absolute().parent)
        size = recorded_size(state, choice)
        movie = MovieFile(path, size, choice.fps, self._provenance(), live=True)
        scale = max(1.0, max(size) / CURSOR_MADE_FOR_PX)
        self._recorder = Recorder(movie, state.export_choice.mark, scale)
        self._capture = Capture(self._recorder, choice, size, self._clock, self._provenance)
        state.recording = RecordingView(path, fps=choice.fps)
        state.status = Status(f"Recording to {path}", "busy")

    def _stop(self) -> None:
        if self._capture is None:
            return
        capture, self._capture = self._capture, None
        with contextlib.suppress(RenderError):  # the last frame; the file is finished in any case
            capture.stop()
        if self._state.recording is not None:
            self._state.recording = replace(self._state.recording, finishing=True)

    def _follow_recorder(self) -> None:
        recorder, view = self._recorder, self._state.recording
        if recorder is None or view is None:
            return
        news = recorder.news
        if not news.ended:
            seconds = view.seconds if self._capture is None else self._capture.seconds
            self._state.recording = replace(view, seconds=seconds, left_out=news.left_out)
            return
        if self._capture is not None:  # it ended by itself: a full disk, say
            self._stop()
        self._recorder = None
        self._state.recording = None
        self._state.status = _report(view, news)
        self._on_recorded(news)

    # movies

    def _render(self, path: Path | None) -> None:
        if self._job is not None:
            raise EditError("a movie is being rendered already; cancel it or wait for it")
        choice = self._state.movie_choice
        path = path or new_file(self._folders.recordings, "movie", f".{choice.kind}")
        self._job = RenderJob(self._document(), path, choice, self._state.export_choice.mark, self._tasks)
        self._state.rendering = self._job.view
        self._state.status = Status(TITLE, "busy")  # the task's: it is said once

    def _follow_job(self) -> None:
        if self._job is None:
            return
        self._state.rendering = self._job.view
        if self._job.result is not None:
            tone = "error" if self._job.failed else "calm" if self._job.was_cancelled else "good"
            self._state.status = Status(self._job.result, tone)
            self._state.rendering = None
            self._job = None

    # screenshots

    def _save_screenshot(self, pixels: NDArray[np.uint8], what: str) -> None:
        path = new_file(self._folders.pictures, what, ".png")
        provenance, mark = self._provenance(), self._state.export_choice.mark

        def save() -> None:
            try:
                _make_folder(path.parent)
                save_picture(path, pixels, provenance, mark)
            except OutputError as error:
                self._saved.append(Status(str(error), "error"))
            else:
                self._saved.append(Status(f"Screenshot: {path}", "good"))

        threading.Thread(target=save, name="screenshot").start()


def _kind_of(path: Path) -> RecordingKind:
    suffix = check_suffix(path)
    kinds: dict[str, RecordingKind] = {".mp4": "mp4", ".webm": "webm", ".gif": "gif", ".png": "png"}
    if suffix not in kinds:
        raise OutputError(
            f"'{path}': {suffix} cannot be recorded while one works; give .mp4, .webm, .gif or .png"
        )
    return kinds[suffix]


def _report(view: RecordingView, news: RecorderNews) -> Status:
    if news.error is not None:
        return Status(news.error, "error")
    were = "was" if news.left_out == 1 else "were"
    left_out = f"{news.left_out} more {were} left out for lack of time" if news.left_out else "none left out"
    note = f"; {news.note}" if news.note else ""
    length = f"{news.frames / view.fps:.1f} s, {news.written} frame{'' if news.written == 1 else 's'}"
    return Status(f"Recorded {view.path}: {length}; {left_out}{note}", "warning" if note else "good")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create '{folder}': {error.strerror}; choose another folder") from error
