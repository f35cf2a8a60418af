"""`SessionDesk`: applies the events about sessions: opening, saving, the clipboard, a model that must be
found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app import events
from app.actions import find_action
from app.dialog_state import WantedModel
from app.editor import Editor
from app.file_desk import Folders, new_file
from app.keys import KeyMap
from app.model_desk import ModelDesk
from app.pointer import Pointer
from app.session.autosave import finished_path, latest_unfinished, set_aside, settled_as
from app.session.document import load_document
from app.session.session_text import session_from_text
from app.state import AppState, Status
from app.window_commands import OpenSession
from gan.errors import EditError

PASTED = "the pasted session"


class SessionDesk:
    """A session that is refused leaves the open one as it is."""

    def __init__(
        self,
        state: AppState,
        editor: Editor,
        pointer: Pointer,
        folders: Folders,
        models: ModelDesk | None,
        keys: KeyMap,
    ) -> None:
        """models: None = this window opens no other models."""
        self._state = state
        self._editor = editor
        self._pointer = pointer
        self._folders = folders
        self._models = models
        self._keys = keys
        self._waiting: OpenSession | None = None  # as soon as its model is open

    def apply(self, event: events.SessionEvent) -> None:
        """Applies one event. Raises EditError for a session that cannot be read."""
        state, dialogs = self._state, self._state.dialogs
        match event:
            case events.OpenSession():
                self._open(replace(_read(event.path), path=event.path))
            case events.SettleUnfinished():
                self._settle_unfinished(event.answer)
            case events.OfferUnfinished():
                state.unfinished = latest_unfinished(self._folders.autosaves)
                if state.unfinished is None:
                    hint = self._keys.hint("open_session")
                    state.status = Status(f"Every session was closed properly; to open one of them{hint}")
            case events.SaveSession():
                chosen = event.path or state.session_file
                path = chosen or new_file(self._folders.sessions, "session", ".json")
                state.session_file = path  # at once: a second save may come before the first is done
                self._editor.save_session(path)
            case events.SaveSessionAs():
                dialogs.ask_save_as = True
            case events.CopySession():
                self._editor.copy_session()
            case events.AskPaste():
                dialogs.ask_paste = True
            case events.PasteSession():
                self._open(OpenSession(session_from_text(event.text), PASTED))
            case events.DialogOpened():
                dialogs.ask_save_as = dialogs.ask_paste = False
                dialogs.clipboard = None
            case events.FindModel():
                self._find_model(event.path)

    def _settle_unfinished(self, answer: events.AboutUnfinished) -> None:
        unfinished, self._state.unfinished = self._state.unfinished, None
        if unfinished is None:
            return
        match answer:
            case "resume":
                settled = settled_as(unfinished, self._folders.sessions)
                if settled is not None:
                    raise EditError(
                        f"another window has settled that session; open '{settled}' to go on with it"
                    )
                # it is set aside when it is open: what cannot be read, or is given up, is offered again
                self._open(
                    replace(_read(unfinished), name=finished_path(unfinished).name, unfinished=unfinished)
                )
            case "later":
                name, hint = find_action("resume_session").name, self._keys.hint("palette")
                self._state.status = Status(
                    f"It is offered again at the next start; sooner by '{name}' among all actions{hint}"
                )
            case "put_away":
                kept = set_aside(unfinished, self._folders.sessions)
                hint = self._keys.hint("open_session")
                self._state.status = Status(f"Kept as '{kept}'; to open it later{hint}")

    def _open(self, waiting: OpenSession) -> None:
        self._pointer.let_go()
        self._state.dialogs.wanted_model = None
        made = waiting.document.model
        if self._state.model_sha256 in ("", made.sha256):
            self._editor.open_session(waiting)
            return
        self._waiting = waiting
        path = None if made.path is None else Path(made.path)
        if path is None or path.is_file():
            self._load(path)
            return
        named = next((m.path for m in self._state.models if m.path.name == path.name), None)
        if named is not None:
            self._load(named)
        else:
            self._ask(f"it is not at '{path}' any more")

    def _find_model(self, path: Path | None) -> None:
        self._state.dialogs.wanted_model = None
        if path is None:
            self._waiting = None
            self._state.status = Status("The session was not opened; the one that was open is still there")
        elif self._waiting is not None:
            self._load(path)

    def _load(self, path: Path | None) -> None:
        """Opens the session's model, then the session."""
        if self._models is None:
            raise EditError("the session was made with another model; start LiveDrag with it: --model FILE")
        waiting = self._waiting
        assert waiting is not None
        self._models.open_for_session(path, waiting.document.model.sha256, self._loaded, self._ask)

    def _loaded(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._editor.open_session(waiting)

    def _ask(self, why: str) -> None:
        waiting = self._waiting
        if waiting is None:
            return
        made = waiting.document.model
        self._state.dialogs.wanted_model = WantedModel(waiting.name, made.name, made.sha256, made.path, why)
        self._state.status = Status(f"{waiting.name} needs the model '{made.name}': {why}", "warning")


def _read(path: Path) -> OpenSession:
    """The session of a file, up to the damage if there is any. Raises EditError."""
    damages: list[str] = []
    document = load_document(path, damages.append)
    return OpenSession(document, path.name, damage=damages[0] if damages else None)
