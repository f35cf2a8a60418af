"""`ModelDesk`: opens models in a running window. Between the events, the loader, the shelf and the editor.

A load that fails or is cancelled leaves the open session as it is: only a finished one takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from app import events
from app.editor import Editor
from app.model_loader import LoadNews, LoadRequest
from app.model_shelf import ModelShelf
from app.state import AppState, Loading, ModelChoice, Status
from app.worker_device import WorkerDevice


class Loader(Protocol):
    """What the desk needs of `ModelLoader`; tests give a small fake."""

    thumbnail_count: int

    def open(self, request: LoadRequest) -> None:
        """Loads a model."""
        ...

    def cancel(self) -> None:
        """Gives it up."""
        ...

    def make_thumbnails(self, models: list[Path]) -> None:
        """When there is time."""
        ...

    def take(self) -> LoadNews | None:
        """What is new."""
        ...


@dataclass(frozen=True)
class _ForSession:
    """A session that waits for the model that is being loaded."""

    sha256: str
    loaded: Callable[[], None]
    refused: Callable[[str], None]


class ModelDesk:
    """Applies the events about models and follows the loader, once a frame."""

    def __init__(
        self,
        state: AppState,
        editor: Editor,
        loader: Loader,
        shelf: ModelShelf,
        wire: Callable[[torch.device], WorkerDevice] = lambda _device: WorkerDevice(),
    ) -> None:
        """wire: makes window and worker ready for a model on that device; the default is for a processor."""
        self._state = state
        self._editor = editor
        self._loader = loader
        self._shelf = shelf
        self._wire = wire
        self._for_session: _ForSession | None = None
        self._thumbnails_seen = loader.thumbnail_count
        self._list()

    def apply(self, event: events.ModelEvent) -> None:
        """Applies one event."""
        state = self._state
        match event:
            case events.OpenModel():
                self._for_session = None
                self._open(event.path)
            case events.CancelLoading():
                self._for_session = None
                if state.loading is not None:
                    self._loader.cancel()
                    state.status = Status(f"Gave up opening {state.loading.name}")
                    state.loading = None
            case events.ChooseModelsFolder():
                if not event.path.is_dir():
                    state.status = Status(
                        f"{event.path} is no folder; choose the one with your models", "error"
                    )
                    return
                self._shelf.choose_folder(event.path)
                self._list()

    def open_for_session(
        self,
        path: Path | None,
        sha256: str,
        loaded: Callable[[], None],
        refused: Callable[[str], None],
    ) -> None:
        """Loads the model of a session; then `loaded` is called. refused: it is told why that is not the
        model, and the open session stays."""
        self._for_session = _ForSession(sha256, loaded, refused)
        self._open(path)

    def _open(self, path: Path | None) -> None:
        request = LoadRequest(path, self._state.seed or 0, self._state.truncation_psi)
        self._loader.open(request)
        self._state.loading = Loading(request.name)
        self._state.status = Status(f"Opening {request.name}", "busy")

    def follow(self) -> None:
        """Takes the loader's news into the state."""
        if self._loader.thumbnail_count != self._thumbnails_seen:
            self._thumbnails_seen = self._loader.thumbnail_count
            self._list(ask=False)
        news = self._loader.take()
        if news is None:
            return
        state, waiting = self._state, self._for_session
        if news.error is not None:
            state.loading = None
            state.status = Status(news.error, "error")
            if waiting is not None:
                waiting.refused(news.error)
        elif news.given_up:
            state.loading = None
            state.status = Status(f"Gave up opening {news.request.name}")
        elif news.session is None:
            state.loading = Loading(news.request.name, news.stage, news.share)
        else:
            state.loading = None
            self._for_session = None
            found = news.session.generator.provenance
            if waiting is not None and found.sha256 != waiting.sha256:
                waiting.refused(f"{news.request.name} is another model (sha256 {found.sha256[:12]})")
                return
            if news.request.path is not None:
                self._shelf.note_opened(news.request.path)
            self._editor.use_session(news.session, self._wire(news.session.generator.device))
            opened = f"Opened {news.request.name}"
            if news.notice is None:
                state.status = Status(opened, "good")
            else:
                state.status = Status(f"{opened}; {news.notice}", "warning")
            self._list()
            if waiting is not None:
                waiting.loaded()

    def _list(self, ask: bool = True) -> None:
        """Shows the shelf; ask: has the thumbnails that are missing made."""
        entries = self._shelf.entries()
        self._state.models = tuple(ModelChoice(e.path, e.name, e.thumbnail, e.recent) for e in entries)
        self._state.models_folder = self._shelf.folder
        if ask:
            self._loader.make_thumbnails([entry.path for entry in entries if entry.thumbnail is None])
