"""`RenderJob`: renders the edit as a movie while one works on: `livedrag replay` in a process of its own.

A process and not a thread: neither its pictures nor its memory slow the window down, and cancelling ends it.
The movie takes its name when it is whole; what is given up or fails leaves nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.commands.outputs import VIDEO_STEM, make_folder
from app.commands.progress import PROGRESS_VARIABLE
from app.errors import TaskCancelled
from app.recording.choice import MovieChoice, RenderingView
from app.recording.movie_folder import movie_folder
from app.session.document import SessionDocument, save_document
from app.task_board import Task, TaskBoard
from gan.errors import LiveDragError

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
TITLE = "Rendering the movie"
STAGES = {"replaying": (0.0, 0.25), "rendering": (0.25, 1.0)}  # shares of the whole
STAGE_NAMES = {"replaying": "steps", "rendering": "frames"}
NICENESS = 10


class RenderJob:
    """`view` says how far it is; `result` is there when it has ended."""

    def __init__(
        self,
        document: SessionDocument,
        path: Path,
        choice: MovieChoice,
        mark: bool,
        tasks: TaskBoard | None = None,
        command: Sequence[str] = (sys.executable, "-m", "app"),
    ) -> None:
        """path: the movie, of the choice's kind. tasks: where it is shown, with Cancel."""
        self._tasks = tasks or TaskBoard()
        self._document = document
        self._path = path
        self._choice = choice
        self._mark = mark
        self._command = command
        self._lock = threading.Lock()
        self._view = RenderingView(path)
        self._result: str | None = None
        self.failed = False
        self._process: subprocess.Popen[str] | None = None
        self._cancelled = False
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="render", daemon=True)
        self._thread.start()

    @property
    def view(self) -> RenderingView:
        """As of now."""
        with self._lock:
            return self._view

    @property
    def result(self) -> str | None:
        """One line when it has ended; None before."""
        with self._lock:
            return self._result

    @property
    def was_cancelled(self) -> bool:
        """Whether it was given up."""
        with self._lock:
            return self._cancelled

    def cancel(self) -> None:
        """Ends it; nothing is left behind."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                self._process.terminate()

    def join(self) -> None:
        """Waits for its end."""
        self._thread.join()

    def _run(self) -> None:
        try:
            make_folder(self._path.parent)
            with self._tasks.task(TITLE) as task:
                task.when_cancelled(self.cancel)
                with movie_folder(self._path.parent) as folder:
                    result = self._render(folder, task)
        except (LiveDragError, OSError) as error:
            self.failed = True
            result = f"The movie was not rendered: {error}"
        except Exception as error:  # else the window would wait for it for ever
            log.exception("the movie failed")
            self.failed = True
            result = f"The movie was not rendered: {type(error).__name__}: {error}"
        with self._lock:
            self._result = result

    def _render(self, folder: Path, task: Task) -> str:
        session = folder / "session.json"
        save_document(session, self._document)
        errors = self._follow(self._arguments(session, folder), task)
        if self._cancelled:
            return "Rendering cancelled"
        made = folder / (VIDEO_STEM if self._choice.kind == "png" else f"{VIDEO_STEM}.{self._choice.kind}")
        if not made.exists():
            self.failed = True
            reason = errors[-1].removeprefix("livedrag: ") if errors else "the process ended without a word"
            return f"The movie was not rendered: {reason}"
        target = self._path.with_suffix("") if self._choice.kind == "png" else self._path
        made.rename(target)
        return f"Rendered {target}"

    def _arguments(self, session: Path, folder: Path) -> list[str]:
        choice, model = self._choice, self._document.model.path
        arguments = [*self._command, "replay", str(session), "--out", str(folder), "--video", choice.kind]
        arguments += ["--fps", str(choice.fps), "--size", str(choice.size_px), "--easing", choice.easing]
        arguments += ["--device", self._document.device]
        arguments += ["--model", model] if model else []
        arguments += ["--clean"] if choice.clean else []
        arguments += [] if self._mark else ["--no-mark"]
        return arguments

    def _follow(self, arguments: list[str], task: Task) -> list[str]:
        """Runs the process to its end; what it said beside its progress."""
        environment = {**os.environ, PROGRESS_VARIABLE: "lines", "OMP_NUM_THREADS": "1"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        said: list[str] = []
        with self._lock:
            if self._cancelled:
                return said
            self._process = subprocess.Popen(
                arguments,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)
        assert self._process.stderr is not None
        for line in self._process.stderr:
            words = line.split()
            if len(words) == 4 and words[0] == "progress" and words[1] in STAGES:
                self._note(words[1], int(words[2]) / max(int(words[3]), 1), task)
            elif line.strip():
                said.append(line.strip())
        self._process.wait()
        return said

    def _note(self, stage: str, done: float, task: Task) -> None:
        low, high = STAGES[stage]
        with self._lock:
            if self._view.stage != stage:
                self._began = time.monotonic()
            spent = time.monotonic() - self._began
            left = spent * (1 - done) / done if done > 0.02 and stage == "rendering" else None
            self._view = view = replace(self._view, stage=stage, share=low + (high - low) * done, left_s=left)
        with contextlib.suppress(TaskCancelled):  # the process is told already; its end is awaited
            task.advance(view.share, STAGE_NAMES[stage], left)
