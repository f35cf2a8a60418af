"""`ModelLoader`: loads models in a thread of its own, so that the window goes on while one is read.

One thing at a time: a model that was asked for comes before thumbnails, the newest request before older ones.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from app.device_choice import LoadOnDevice, Say, load_on
from app.errors import TaskCancelled
from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed
from app.task_board import Task, TaskBoard
from app.thumbnails import make_thumbnail, thumbnail_path
from gan.errors import LiveDragError
from gan.generator import Generator
from gan.half_precision import HalfPrecision
from gan.load_progress import LoadCancelled
from gan.model_file import load_generator

CLOSING_S = 2.0

log = logging.getLogger(__name__)

Load = Callable[[Path | None, str | None, Say, LoadOnDevice], Generator]  # as `load_on`


@dataclass(frozen=True)
class LoadRequest:
    """A model to open, and the picture to begin with. path: None = the embedded generator."""

    path: Path | None
    seed: int = 0
    truncation_psi: float = 0.7

    @property
    def name(self) -> str:
        """For the progress line."""
        return "the embedded generator" if self.path is None else self.path.name


@dataclass(frozen=True)
class LoadNews:
    """How the load of a request stands. session: it is done, on its generator's device; notice: why not on
    the one that is best. error: it failed, in one line. given_up: a person cancelled it. None of these: it is
    at `share` (0..1), doing `stage`.
    """

    request: LoadRequest
    stage: str = ""
    share: float = 0.0
    session: EditSession | None = None
    notice: str | None = None
    error: str | None = None
    given_up: bool = False


class ModelLoader:
    """Its methods are for the window's thread and never wait."""

    def __init__(
        self,
        device: str | None,
        thumbnails: Path,
        load: Load = load_on,
        tasks: TaskBoard | None = None,
        half: HalfPrecision | None = None,
        present: Generator | None = None,
    ) -> None:
        """device: where models are put; None = where each works best (`load_on`). thumbnails: the folder that
        they are kept in. load: tests give one whose devices fail. tasks: shows its work, with Cancel. half:
        the sessions' 16-bit layers; None = none. present: the model that is open by now."""
        self._half = half
        self._present = present
        self._tasks = tasks or TaskBoard()
        self._device = device
        self._load_on = load
        self._thumbnails = thumbnails
        self._wake = threading.Condition()
        self._wanted: LoadRequest | None = None
        self._waiting: deque[Path] = deque()
        self._news: LoadNews | None = None
        self._give_up = threading.Event()
        self._closing = False
        self.thumbnail_count = 0  # made so far
        self._thread = threading.Thread(target=self._work, name="models", daemon=True)
        self._thread.start()

    def open(self, request: LoadRequest) -> None:
        """Loads a model; one that is being loaded is given up."""
        with self._wake:
            self._wanted = request
            self._news = None
            self._give_up.set()
            self._wake.notify()

    def cancel(self) -> None:
        """Gives up what is being opened."""
        with self._wake:
            self._wanted = self._news = None
            self._give_up.set()

    def make_thumbnails(self, models: Sequence[Path]) -> None:
        """Makes the thumbnails of these models when there is nothing better to do."""
        with self._wake:
            self._waiting = deque(models)
            self._wake.notify()

    def take(self) -> LoadNews | None:
        """What is new since the last call."""
        with self._wake:
            news, self._news = self._news, None
            return news

    def close(self) -> None:
        """Gives up everything and ends the thread; it is a daemon, so a large thumbnail is not waited for."""
        with self._wake:
            self._closing = True
            self._wanted = None
            self._waiting.clear()
            self._give_up.set()
            self._wake.notify()
        self._thread.join(CLOSING_S)

    # the thread

    def _work(self) -> None:
        torch.set_num_threads(1)  # of this thread: a drag goes on meanwhile
        if self._present is not None:
            self._make_ready(self._present, None)
            self._present = None
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._wanted or self._waiting or self._closing)
                if self._closing:
                    return
                request, self._wanted = self._wanted, None
                self._give_up.clear()
            if request is not None:
                with self._tasks.task(f"Opening {request.name}") as task:
                    self._load(request, task)
            else:
                self._make_thumbnails()

    def _load(self, request: LoadRequest, task: Task) -> None:
        def progress(stage: str, share: float) -> None:
            task.advance(share, stage)
            self._tell(LoadNews(request, stage, share))

        try:
            notices: list[str] = []
            load = partial(load_generator, progress=progress)
            generator = self._load_on(request.path, self._device, notices.append, load)
            session = EditSession(generator, StartFromSeed(request.seed, request.truncation_psi))
            session.use_half(self._half)
            notice = notices[-1] if notices else None
            self._tell(LoadNews(request, "ready", 1.0, session=session, notice=notice))
            self._make_ready(generator, request.path)
        except LoadCancelled:
            return
        except TaskCancelled:
            with self._wake:
                if not self._give_up.is_set():
                    self._news = LoadNews(request, given_up=True)
        except (LiveDragError, MemoryError) as error:
            self._fail(request, str(error) or "the memory is not enough for this generator")
        except Exception as error:
            log.exception("the model loader failed")
            self._fail(request, f"{type(error).__name__}: {error}")

    def _make_ready(self, generator: Generator, path: Path | None) -> None:
        """What a model is open without, but would be waited for later; both may take seconds."""
        try:
            _ = generator.latent_spread  # else the first grab would wait for it
            if path is not None:
                self._write_thumbnail(generator, path)
        except (RuntimeError, OSError, MemoryError) as error:
            log.info("what a model is open without was not made: %s", error)

    def _fail(self, request: LoadRequest, text: str) -> None:
        try:
            self._tell(LoadNews(request, error=" ".join(text.split())))
        except LoadCancelled:
            return

    def _tell(self, news: LoadNews) -> None:
        """Leaves news, unless nobody wants it any more."""
        with self._wake:
            if self._give_up.is_set():
                raise LoadCancelled("the load was given up")
            self._news = news

    def _make_thumbnails(self) -> None:
        done = 0
        with self._tasks.task("Small pictures of the models") as task:
            while (model := self._next_without_thumbnail()) is not None:
                try:
                    self._add_thumbnail(model, task, done)
                except TaskCancelled:
                    with self._wake:
                        self._waiting.clear()
                    return
                done += 1

    def _next_without_thumbnail(self) -> Path | None:
        """None: there is none, or something better to do."""
        with self._wake:
            if self._wanted or self._closing or not self._waiting:
                return None
            self._give_up.clear()
            return self._waiting.popleft()

    def _add_thumbnail(self, model: Path, task: Task, done: int) -> None:
        """done: how many there are before it. Raises TaskCancelled."""

        def go_on(stage: str, share: float) -> None:
            del stage
            if self._give_up.is_set():
                raise LoadCancelled("something else is to be loaded")
            task.advance((done + share) / (done + 1 + len(self._waiting)), model.name)

        try:
            go_on("", 0.0)
            self._write_thumbnail(load_generator(model, progress=go_on), model)
        except TaskCancelled:
            raise
        except (LiveDragError, MemoryError, RuntimeError, OSError) as error:
            log.info("no thumbnail of %s: %s", model, error)

    def _write_thumbnail(self, generator: Generator, model: Path) -> None:
        path = thumbnail_path(model, self._thumbnails)
        if path is None or path.is_file():
            return
        make_thumbnail(generator, path)
        self.thumbnail_count += 1
