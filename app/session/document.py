"""`SessionDocument`: a session file. Versioned JSON, read with full validation, written atomically."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Annotated

import msgspec

from app.session.bookmarks import Bookmark
from app.session.edits import Edit, SetParams, StartFromLatent, StartFromSeed
from app.session.history_log import HistoryLog
from gan.drag_params import DragParams
from gan.errors import EditError
from gan.generator import Generator

FORMAT = "livedrag-session"
VERSION = 2
LARGEST_FILE_BYTES = (
    256 * 1024 * 1024
)  # far beyond any session: protects from opening a model file by mistake


class ModelReference(msgspec.Struct, frozen=True):
    """The generator that a session was made with. path: None for the embedded one."""

    name: str
    sha256: str
    path: str | None = None


class SessionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Everything from a start to now. Unknown fields of a file are ignored, so that later versions may add some.

    created: ISO 8601; device: where it was made (replay is bit-identical on the same kind of device).
    bookmarks: pictures that have a name. now: the unit at whose end the session is, counted from 1; None = the
    last one. edits: the first is a start; `SetParams` follows it.
    """

    format: str = FORMAT
    version: int = VERSION
    model: ModelReference
    created: str
    device: str = "cpu"
    bookmarks: list[Bookmark] = []
    now: Annotated[int, msgspec.Meta(ge=0)] | None = None
    edits: list[Edit]

    def initial_params(self) -> DragParams:
        """The parameters before the first edit."""
        second = self.edits[1] if len(self.edits) > 1 else None
        return second.params if isinstance(second, SetParams) else DragParams()

    def step_count(self) -> int:
        """Optimisation steps on the way to the session's end; what was undone does not count."""
        log = HistoryLog.of(self.edits, self.now, on_damage=lambda _text: None)
        return log.step_count_to(log.end_of(log.now))


class _Head(msgspec.Struct):
    """What is read first: enough to say clearly why a file cannot be read."""

    format: str = ""
    version: int = 0


def load_document(path: Path) -> SessionDocument:
    """Reads a session file. Raises EditError: missing, damaged, of another kind, newer."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise EditError(f"'{path}' has {size} bytes, too many for a session file; give a session's .json")
        data = path.read_bytes()
    except OSError as error:
        raise EditError(f"cannot read the session '{path}': {error.strerror}; check the path") from error
    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise EditError(
            f"'{path}' is not a readable session file ({_line(error)}); it may be damaged"
        ) from error
    if head.format != FORMAT:
        raise EditError(
            f"'{path}' is not a LiveDrag session: its format is '{head.format}', needed is '{FORMAT}'"
        )
    if not 1 <= head.version <= VERSION:
        raise EditError(
            f"'{path}' is of session version {head.version}, this program reads up to {VERSION}; "
            "update LiveDrag"
        )
    try:
        document = msgspec.json.decode(data, type=SessionDocument)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise EditError(f"the session '{path}' is damaged: {_line(error)}") from error
    if not document.edits or not isinstance(document.edits[0], (StartFromSeed, StartFromLatent)):
        raise EditError(f"the session '{path}' is damaged: its first edit must be a start (seed or latent)")
    return document


def save_document(path: Path, document: SessionDocument) -> None:
    """Writes a session file; at every moment the old or the new one is there, whole. Raises EditError."""
    data = encode_document(document)
    # in the same folder: a rename is atomic only within one file system. Not mkstemp: its files are private
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise EditError(
            f"cannot write the session '{path}': {error.strerror}; choose another folder"
        ) from error
    finally:
        with contextlib.suppress(OSError):  # it is there only after a failure
            part.unlink(missing_ok=True)


def encode_document(document: SessionDocument) -> bytes:
    """JSON with one edit in a line: short, and pleasant to read and to compare."""
    head = msgspec.to_builtins(document)
    del head["edits"]
    fields = [f"{_text(name)}: {_text(value)}" for name, value in head.items()]
    edits = ",\n  ".join(_text(edit) for edit in document.edits)
    return ("{\n " + ",\n ".join([*fields, f'"edits": [\n  {edits}\n ]']) + "\n}\n").encode()


def require_model(document: SessionDocument, generator: Generator) -> None:
    """Raises EditError where the generator is not the one that the session was made with."""
    made, given = document.model, generator.provenance
    if made.sha256 != given.sha256:
        where = f"; it was at '{made.path}'" if made.path else ""
        raise EditError(
            f"the session was made with '{made.name}' (sha256 {made.sha256[:12]}), but '{given.name}' "
            f"(sha256 {given.sha256[:12]}) is loaded; give its model with --model{where}"
        )


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
