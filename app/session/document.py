"""`SessionDocument`: a session file. Versioned JSON, read with full validation, written atomically.

    {
     "format": "livedrag-session", "version": 6,
     "model": {"name": ..., "sha256": of the model file, "path": where it was; null = the embedded one},
     "created": ISO 8601, "device": "cpu",
     "bookmarks": [{"name": "smile", "position": 12}],
     "now": null,
     "edits": [one in a line, in the order in which they were done]
    }

The edits are those of `app.session.edits`: {"edit": "start-from-seed", "seed": 34, "truncation_psi": 0.7}.
Latents are base64 of little-endian float32, masks base64 of PNG. Points are image pixels, (x, y). Everything
that was ever done is there: what was undone too, so that it can be returned to; a unit says from where it
goes on (`Unit`), `now` at which unit's end the session is. A position counts the pictures: 0 is the first,
then one for each step and each other latent. Read it with `EditSession`, which knows what leads where.

Versions: 1 had no bookmarks, `now`, `after`, `blend` and `return-to`, and left out what was undone; 1 and 2
did not say what the program had chosen for automatic parameters, and knew neither whitening nor
`set-half-layers`; up to 3 all rows of w_plus moved alike, and no mask term was smoothed; up to 4 no momentum
was shed; up to 5 features were tracked bilinearly. They are read (`app.session.upgrade`); a newer one than
this program knows is refused by its number. Unknown fields are ignored.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec

from app.session.bookmarks import Bookmark
from app.session.edits import (
    Edit,
    SetHalfLayers,
    SetParams,
    StartFromLatent,
    StartFromSeed,
    decided_edit,
    set_params_edit,
)
from app.session.history_log import HistoryLog
from app.session.salvage import salvage
from app.session.upgrade import upgraded, with_rows_of_version
from gan.drag_params import DragParams
from gan.errors import EditError
from gan.generator import Generator, Provenance

FORMAT = "livedrag-session"
VERSION = 6
LARGEST_FILE_BYTES = (
    256 * 1024 * 1024
)  # far beyond any session: protects from opening a model file by mistake


OnDamage = Callable[[str], None]  # gets one line


class ModelReference(msgspec.Struct, frozen=True):
    """The generator that a session was made with. path: None for the embedded one."""

    name: str
    sha256: str
    path: str | None = None

    @classmethod
    def of(cls, provenance: Provenance) -> ModelReference:
        """Of a generator that comes from there."""
        return cls(provenance.name, provenance.sha256, provenance.path)


class SessionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Everything from a start to now. Unknown fields of a file are ignored, so that later versions may add
    some.

    created: ISO 8601; device: where it was made (replay is bit-identical on the same kind of device).
    bookmarks: pictures that have a name. now: the unit at whose end the session is, counted from 1; None =
    the last one. edits: the first is a start; `SetParams` follows it.
    """

    format: str = FORMAT
    version: int = VERSION
    model: ModelReference
    created: str
    device: str = "cpu"
    bookmarks: list[Bookmark] = []
    now: Annotated[int, msgspec.Meta(ge=0)] | None = None
    edits: list[Edit]

    def initial_params(self) -> SetParams | None:
        """The parameters before the first edit, where the document has them."""
        second = self.edits[1] if len(self.edits) > 1 else None
        return second if isinstance(second, SetParams) else None

    def on(self, generator: Generator) -> SessionDocument:
        """As it is done with a generator: all parameters are numbers. 16 bits are for the kind of device that
        they were chosen on: another one's steps differ anyway, and all its layers have 32."""
        edits = list(self.edits)
        if edits and self.initial_params() is None:
            edits.insert(1, set_params_edit(DragParams(), generator))
        same_device = self.device.partition(":")[0] == generator.device.type
        for i, edit in enumerate(edits):
            match edit:
                case SetParams():
                    params = with_rows_of_version(edit.params, self.version, generator.num_ws)
                    edits[i] = decided_edit(SetParams(params, edit.automatic), generator)
                case SetHalfLayers() if not same_device:
                    edits[i] = SetHalfLayers.of(
                        None
                    )  # in its place: what speaks of units and edits still fits
                case _:
                    pass
        return msgspec.structs.replace(self, edits=edits)

    def step_count(self) -> int:
        """Optimisation steps on the way to the session's end; what was undone does not count."""
        log = HistoryLog.of(self.edits, self.now, on_damage=lambda _text: None)
        return log.step_count_to(log.end_of(log.now))


class _Head(msgspec.Struct):
    """What is read first: enough to say clearly why a file cannot be read."""

    format: str = ""
    version: int = 0


def load_document(path: Path, on_damage: OnDamage | None = None) -> SessionDocument:
    """Reads a session file. Raises EditError: missing, damaged, of another kind, newer.

    on_damage: is told of damage, in one line, and the document goes up to there, if its beginning is whole.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise EditError(f"'{path}' has {size} bytes, too many for a session file; give a session's .json")
        data = path.read_bytes()
    except OSError as error:
        raise EditError(f"cannot read the session '{path}': {error.strerror}; check the path") from error
    return decode_document(data, f"'{path}'", on_damage)


def decode_document(data: bytes, name: str, on_damage: OnDamage | None = None) -> SessionDocument:
    """A document from a file's bytes; see `load_document`. name: what errors call it."""
    try:
        head = msgspec.json.decode(data, type=_Head)
        _check_head(head, name)
        document = msgspec.convert(upgraded(msgspec.json.decode(data)), SessionDocument)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        saved = None if on_damage is None else _salvaged(data, name)
        if saved is None or on_damage is None:
            raise EditError(f"the session {name} is damaged: {_line(error)}") from error
        on_damage(f"the session {name} is damaged; opened up to its edit {len(saved.edits)} ({_line(error)})")
        document = saved
    if not document.edits or not isinstance(document.edits[0], (StartFromSeed, StartFromLatent)):
        raise EditError(f"the session {name} is damaged: its first edit must be a start (seed or latent)")
    return document


def _check_head(head: _Head, name: str) -> None:
    if head.format != FORMAT:
        raise EditError(
            f"{name} is not a LiveDrag session: its format is '{head.format}', needed is '{FORMAT}'"
        )
    if not 1 <= head.version <= VERSION:
        raise EditError(
            f"{name} is of session version {head.version}, this program reads up to {VERSION}; "
            "update LiveDrag"
        )


def _salvaged(data: bytes, name: str) -> SessionDocument | None:
    left = salvage(data)
    if left is None:
        return None
    try:
        _check_head(msgspec.convert(left, _Head), name)
        # where the session was is not known: the last whole edit may come after an undo
        return msgspec.convert(upgraded({**left, "now": None}), SessionDocument)
    except msgspec.ValidationError:
        return None


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


def model_path(document: SessionDocument) -> Path | None:
    """Where the session's model is; None = the embedded one. Raises EditError where it has moved."""
    made = document.model
    if made.path is None:
        return None
    path = Path(made.path)
    if not path.is_file():
        raise EditError(
            f"the session was made with '{made.name}' (sha256 {made.sha256[:12]}), which is not at '{path}' "
            "any more; give it with --model FILE"
        )
    return path


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
