"""`EditSession`: a `DragSession` with its history: every edit recorded, undo and redo in named units.

The log is always the path from the start to now: undone edits leave it, redo brings them back.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from app.session.document import ModelReference, SessionDocument
from app.session.edits import (
    Edit,
    MoveTarget,
    SetMask,
    SetParams,
    Start,
    StartFromLatent,
    StartFromSeed,
    Steps,
    Unit,
    apply_edit,
    painted_mask_of,
    start_latent,
)
from app.session.painted_mask import PaintedMask
from gan.drag_params import DragParams
from gan.drag_session import DragSession
from gan.drag_state import DragSnapshot
from gan.errors import EditError
from gan.generator import Generator, to_uint8
from gan.step_result import StepResult

Picture = NDArray[np.uint8]  # (H, W, 3)


@dataclass(frozen=True)
class _Checkpoint:
    """Everything that undo brings back; tensors are shared, not copied."""

    snapshot: DragSnapshot
    painted_mask: PaintedMask | None
    origin: Start
    origin_iteration: int


@dataclass
class _UndoUnit:
    """What one undo takes back. `after` is set when the unit is undone: redo goes there without computing."""

    label: str
    before: _Checkpoint
    edits: list[Edit] = field(default_factory=list[Edit])
    after: _Checkpoint | None = None


class EditSession:
    """One person's edit from its start to now. Used from one thread; `document()` may be called from any.

    Units: `begin(label)` closes the current unit; the next edit or step opens a new one under that label.
    Edits without a `begin` after an undo open a unit of their own. A new edit drops what could be redone.
    """

    def __init__(
        self,
        generator: Generator,
        start: Start | None = None,
        params: DragParams | None = None,
        created: str | None = None,
    ) -> None:
        """start: default seed 0; created: ISO 8601, default now. Raises EditError for a start not allowed."""
        self._first: Start = StartFromSeed(0) if start is None else start
        self._params = DragParams() if params is None else params
        self._session = DragSession(generator, start_latent(generator, self._first), params=self._params)
        self._created = created or datetime.now(UTC).isoformat(timespec="seconds")
        self._origin: Start = self._first
        self._origin_iteration = 0
        self._painted_mask: PaintedMask | None = None
        self._done: list[_UndoUnit] = []
        self._undone: list[_UndoUnit] = []
        self._next_label: str | None = "edit"  # None: the last unit of _done is open
        self._start_picture: tuple[Start, Picture] | None = None
        self._log_lock = threading.Lock()  # document() is called by the autosave thread

    # what is there now

    @property
    def session(self) -> DragSession:
        """The drag session. Read it freely; change it only through `apply` and `step`, or replays differ."""
        return self._session

    @property
    def painted_mask(self) -> PaintedMask | None:
        """(H, W) uint8 of 0 unpainted, 1 movable, 2 fixed, or None. Not to be written to."""
        return self._painted_mask

    @property
    def origin(self) -> Start:
        """The latest start on the path: what the picture was before it was dragged."""
        return self._origin

    @property
    def step_count(self) -> int:
        """Optimisation steps since `origin`."""
        return self._session.iteration - self._origin_iteration

    @property
    def start(self) -> Picture:
        """The picture of `origin`, (H, W, 3) uint8: the 'before' of the edit."""
        if self._start_picture is None or self._start_picture[0] is not self._origin:
            image = self.generator.image(self.start_latent)
            self._start_picture = (self._origin, to_uint8(image).cpu().numpy())  # sync: once for every start
        return self._start_picture[1]

    @property
    def start_latent(self) -> Tensor:
        """w_plus (num_ws, w_dim) of `origin`."""
        return start_latent(self.generator, self._origin)

    @property
    def generator(self) -> Generator:
        """The generator that is dragged on."""
        return self._session.generator

    # changes

    def begin(self, label: str) -> None:
        """Opens a new undoable unit, named for a person ("drag", "new seed"), with the next edit or step."""
        self._next_label = label

    def apply(self, edit: Edit) -> None:
        """Applies and records one edit. Raises EditError, with nothing changed or recorded, where refused."""
        match edit:
            case Unit():
                self.begin(edit.label)
                return
            case Steps():
                for _ in range(edit.count):
                    self.step()
                return
            case SetMask():
                painted = painted_mask_of(self.generator, edit)
            case _:
                painted = self._painted_mask
        before = self._checkpoint_if_new_unit()
        snapshot = self._session.snapshot()
        try:
            apply_edit(self._session, edit)
        except EditError:
            raise  # refused before anything changed
        except Exception:  # a device that gives up half-way
            self._session.restore(snapshot)
            raise
        self._painted_mask = painted
        if isinstance(edit, (StartFromSeed, StartFromLatent)):
            self._origin, self._origin_iteration = edit, self._session.iteration
        self._record(edit, before)

    def step(self) -> StepResult:
        """One optimisation step, recorded. Raises EditError where there are no handles."""
        before = self._checkpoint_if_new_unit()
        result = self._session.step()
        self._record(Steps(1), before)
        return result

    # history

    @property
    def undo_label(self) -> str | None:
        """What undo would take back, None for nothing."""
        return self._done[-1].label if self._done else None

    @property
    def redo_label(self) -> str | None:
        """What redo would bring back, None for nothing."""
        return self._undone[-1].label if self._undone else None

    def undo(self) -> str | None:
        """Takes back the last unit; returns its label, None where there is nothing to undo."""
        if not self._done:
            return None
        unit = self._done[-1]
        after = self._checkpoint()
        self._go_to(unit.before)  # first: where the device fails, nothing is undone
        unit.after = after
        with self._log_lock:
            self._undone.append(self._done.pop())
        return unit.label

    def redo(self) -> str | None:
        """Brings back the unit undone last; returns its label, None where there is nothing to redo."""
        if not self._undone:
            return None
        unit = self._undone[-1]
        assert unit.after is not None
        self._go_to(unit.after)
        with self._log_lock:
            self._done.append(self._undone.pop())
        return unit.label

    def cancel(self) -> str | None:
        """Takes back the open unit for good: no redo. Returns its label, None where it is empty."""
        if self._next_label is not None:
            return None
        unit = self._done[-1]
        self._go_to(unit.before)
        with self._log_lock:
            self._done.pop()
        return unit.label

    @property
    def undone_count(self) -> int:
        """Units that can be redone."""
        return len(self._undone)

    @property
    def next_label(self) -> str | None:
        """The unit that the next edit or step opens; None: it goes on with the last one."""
        return self._next_label

    def document(self, with_undone: bool = False) -> SessionDocument:
        """The path from the start to now, ready to be saved. May be called from any thread. with_undone: and
        on to the end of what can be redone."""
        edits: list[Edit] = [self._first, SetParams(self._params)]
        with self._log_lock:
            for unit in [*self._done, *(reversed(self._undone) if with_undone else ())]:
                edits.append(Unit(unit.label))
                edits.extend(unit.edits)
        provenance = self.generator.provenance
        return SessionDocument(
            model=ModelReference(provenance.name, provenance.sha256, provenance.path),
            created=self._created,
            device=str(self.generator.device),
            edits=edits,
        )

    def _checkpoint(self) -> _Checkpoint:
        return _Checkpoint(self._session.snapshot(), self._painted_mask, self._origin, self._origin_iteration)

    def _checkpoint_if_new_unit(self) -> _Checkpoint | None:
        return None if self._next_label is None else self._checkpoint()

    def _go_to(self, checkpoint: _Checkpoint) -> None:
        self._session.restore(checkpoint.snapshot)
        self._painted_mask = checkpoint.painted_mask
        self._origin, self._origin_iteration = checkpoint.origin, checkpoint.origin_iteration
        self._next_label = "edit"

    def _record(self, edit: Edit, before: _Checkpoint | None) -> None:
        with self._log_lock:
            self._undone.clear()
            if before is not None:
                assert self._next_label is not None
                self._done.append(_UndoUnit(self._next_label, before))
                self._next_label = None
            append_merged(self._done[-1].edits, edit)


def append_merged(edits: list[Edit], edit: Edit) -> None:
    """Appends an edit; steps add up, and of a target's moves with no step between only the last is kept."""
    last = edits[-1] if edits else None
    if isinstance(edit, Steps) and isinstance(last, Steps):
        edits[-1] = Steps(last.count + edit.count)
        return
    if isinstance(edit, MoveTarget):
        for i in range(len(edits) - 1, -1, -1):
            earlier = edits[i]
            if not isinstance(earlier, MoveTarget):
                break
            if earlier.id == edit.id:
                edits[i] = edit
                return
    edits.append(edit)
