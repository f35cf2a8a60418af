"""`EditSession`: one person's edit: the drag, all that was ever done to it, and the ways back.

Every edit goes into the log; undo and redo go along it in named units, and any earlier picture can be looked
at and returned to. Nothing is ever taken out of the log but a drag that was cancelled.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from app.session.bookmarks import Bookmarks
from app.session.document import ModelReference, SessionDocument
from app.session.edited_drag import EditedDrag
from app.session.edits import (
    Edit,
    Origin,
    ReturnTo,
    SetParams,
    Start,
    StartFromLatent,
    StartFromSeed,
    Steps,
    Unit,
    set_params_edit,
    start_latent,
)
from app.session.history_log import HistoryLog, Place, picture_count
from app.session.kept_states import KeptState, KeptStates, KeptStatesParams
from app.session.painted_mask import PaintedMask
from app.session.recall import Recall
from gan.drag_params import DragParams
from gan.drag_session import DragSession
from gan.errors import EditError
from gan.generator import Generator, to_uint8
from gan.step_result import StepResult

Picture = NDArray[np.uint8]  # (H, W, 3)
T = TypeVar("T")


class EditSession:
    """From its start to now. Used from one thread; `document()` may be called from any.

    Units: `begin(label)` closes the current unit; the next edit or step opens a new one under that label.
    Edits without a `begin` after an undo open a unit of their own. A new edit drops what could be redone, but
    its pictures stay: they have positions (`app.session.history_log`), which `moment` and `return_to` take.
    """

    def __init__(
        self,
        generator: Generator,
        start: Start | None = None,
        params: DragParams | SetParams | None = None,
        created: str | None = None,
        kept: KeptStatesParams | None = None,
    ) -> None:
        """start: default seed 0; created: ISO 8601, default now. Raises EditError for a start not allowed."""
        first: Start = StartFromSeed(0) if start is None else start
        if not isinstance(params, SetParams):
            params = set_params_edit(DragParams() if params is None else params, generator)
        drag = DragSession(generator, start_latent(generator, first), params=params.params)
        self._drag = EditedDrag(drag, first, params.asked)
        self._created = created or datetime.now(UTC).isoformat(timespec="seconds")
        self._log = HistoryLog([first, params])
        self._states = KeptStates(kept)
        self._recall = Recall(self._log, self._states, generator)
        self._bookmarks = Bookmarks()
        self._place = self._log.end_of(0)
        self._position = 0
        self._undone: list[int] = []  # units to go to again, the next one last
        self._next_label: str | None = "edit"  # None: the last unit is open
        self._start_picture: tuple[Origin, Picture] | None = None
        self._log_lock = threading.Lock()  # document() is called by the autosave thread
        self._keep()

    @classmethod
    def opened(
        cls,
        generator: Generator,
        document: SessionDocument,
        on_damage: Callable[[str], None] | None = None,
        kept: KeptStatesParams | None = None,
    ) -> EditSession:
        """The session of a document, at its beginning; `advance` leads to its end.

        Raises EditError for a document that contradicts itself; with `on_damage` that is told instead, and
        the session ends before the damage.
        """
        first = document.edits[0] if document.edits else None
        if not isinstance(first, StartFromSeed | StartFromLatent):
            raise EditError("the session is damaged: its first edit must be a start (seed or latent)")
        session = cls(generator, first, document.initial_params(), document.created, kept)
        session._log = HistoryLog.of(document.edits, document.now, on_damage)
        session._recall = Recall(session._log, session._states, generator)
        session._bookmarks.adopt(document.bookmarks, session.position_count)
        return session

    def rebuilt(
        self, generator: Generator, before_step: Callable[[EditSession], None] | None = None
    ) -> EditSession:
        """The same session on the same model elsewhere: done again, step for step, from what the host knows.
        What could be redone still can, and a unit that is open stays open."""
        again = EditSession.opened(generator, self.document())
        for _ in again.advance(None if before_step is None else lambda: before_step(again)):
            pass
        again._undone, again._next_label = list(self._undone), self._next_label
        return again

    def advance(
        self, before_step: Callable[[], None] | None = None, on_damage: Callable[[str], None] | None = None
    ) -> Iterator[StepResult | None]:
        """Of a session that was just opened: does what leads to its end, one edit or step at a time; only
        what leads there, not what had been undone. Yields after every step its result, after other edits
        None.

        Raises EditError where an edit cannot be done; with `on_damage` that is told instead, and the session
        ends there.
        """
        log = self._log
        refused: list[EditError] = []  # by before_step: that is no damage

        def before() -> None:
            try:
                if before_step is not None:
                    before_step()
            except EditError as error:
                refused.append(error)
                raise

        try:
            for leg in log.way_to(log.end_of(log.now), self._place):
                self._place = leg.begin
                for place, edit, result in self._recall.perform(self._drag, leg, before):
                    self._place, self._position = place, log.position_at(place)
                    if picture_count(edit):
                        self._keep()
                    yield result
        except EditError as error:
            if refused:
                raise
            damage = (
                f"the session is damaged: its edit {log.number_after(self._place)} cannot be done: {error}"
            )
            if on_damage is None:
                raise EditError(damage) from error
            self.end_here()
            on_damage(damage)
        self._next_label = "edit"

    def end_here(self) -> None:
        """Of a session that is being advanced: it ends where it is; the rest is forgotten."""
        self._log.cut(self._place)
        self._bookmarks.drop_from(self._log.position_count)
        self._place = self._log.end_of(self._log.now)
        self._position = self._log.position_at(self._place)
        self._next_label = "edit"

    # what is there now

    @property
    def session(self) -> DragSession:
        """The drag session. Read it freely; change it only through `apply` and `step`, or replays differ."""
        return self._drag.session

    @property
    def edited(self) -> EditedDrag:
        """The drag with its mask and origin. To be read only."""
        return self._drag

    @property
    def painted_mask(self) -> PaintedMask | None:
        """(H, W) uint8 of 0 unpainted, 1 movable, 2 fixed, or None. Not to be written to."""
        return self._drag.painted

    @property
    def origin(self) -> Origin:
        """The latest start on the path: what the picture was before it was dragged."""
        return self._drag.origin

    @property
    def step_count(self) -> int:
        """Optimisation steps since `origin`."""
        return self.session.iteration - self._drag.origin_iteration

    @property
    def start(self) -> Picture:
        """The picture of `origin`, (H, W, 3) uint8: the 'before' of the edit."""
        if self._start_picture is None or self._start_picture[0] is not self.origin:
            image = self.generator.image(self.start_latent)
            self._start_picture = (self.origin, to_uint8(image).cpu().numpy())  # sync: once for every start
        return self._start_picture[1]

    @property
    def start_latent(self) -> Tensor:
        """w_plus (num_ws, w_dim) of `origin`."""
        return self.session.snapshot().w0

    @property
    def generator(self) -> Generator:
        """The generator that is dragged on."""
        return self.session.generator

    # changes

    def begin(self, label: str) -> None:
        """Opens a new undoable unit, named for a person ("drag", "new seed"), with the next edit or step."""
        self._next_label = label

    def apply(self, edit: Edit) -> None:
        """Applies and records one edit. Raises EditError, with nothing changed or recorded, where refused."""
        match edit:
            case Unit():
                self.begin(edit.label)
            case Steps():
                for _ in range(edit.count):
                    self.step()
            case ReturnTo():
                self.return_to(edit.position)
            case SetParams():
                decided = set_params_edit(edit.params, self.generator)
                self._do(decided, lambda: self._drag.apply(decided, self.latent_at))
            case _:
                self._log.check(edit)
                self._do(edit, lambda: self._drag.apply(edit, self.latent_at))

    def step(self) -> StepResult:
        """One optimisation step, recorded. Raises EditError where there are no handles."""
        return self._do(Steps(1), self._drag.step)

    def return_to(self, position: int) -> None:
        """Everything as it was when that picture had just been made; what came after it can be returned to as
        well. A unit of its own; a label that `begin` has given is for the next one. Raises EditError."""
        place = self._log.place_of(position)
        if place == self._place:
            return
        waiting = self._next_label
        state = self._recall.state_at(place)
        assert state is not None
        self._next_label = f"back to picture {position}"
        try:
            self._do(ReturnTo(position), lambda: self._drag.go_to(state))
            self._position = position
        finally:
            self._next_label = waiting or "edit"

    # history

    @property
    def undo_label(self) -> str | None:
        """What undo would take back, None for nothing."""
        return self._log.units[self._log.now].label if self._log.now else None

    @property
    def redo_label(self) -> str | None:
        """What redo would bring back, None for nothing."""
        return self._log.units[self._undone[-1]].label if self._undone else None

    def undo(self) -> str | None:
        """Takes back the last unit; returns its label, None where there is nothing to undo."""
        undone = self._log.now
        unit = self._log.units[undone]
        if unit.after is None:
            return None
        self._keep()
        self._go_to(unit.after)
        self._undone.append(undone)
        return unit.label

    def redo(self) -> str | None:
        """Brings back the unit undone last; returns its label, None where there is nothing to redo."""
        if not self._undone:
            return None
        self._go_to(self._undone[-1])
        return self._log.units[self._undone.pop()].label

    def cancel(self) -> str | None:
        """Takes back the open unit for good: no redo. Returns its label, None where it is empty."""
        if self._next_label is not None:
            return None
        unit = self._log.units[self._log.now]
        assert unit.after is not None
        self._go_to(unit.after)
        if not self._bookmarks.any_from(unit.first_position):  # else it stays, to be returned to
            with self._log_lock:
                self._log.drop_last()
            self._states.forget_from(Place(len(self._log.units), 0))
        return unit.label

    # earlier pictures

    @property
    def position(self) -> int:
        """The position of the picture that is there now."""
        return self._position

    @property
    def position_count(self) -> int:
        """How many pictures there have been."""
        return self._log.position_count

    @property
    def place(self) -> Place:
        """Where in the log the session is."""
        return self._place

    @property
    def log(self) -> HistoryLog:
        """All that was done. To be read only."""
        return self._log

    @property
    def bookmarks(self) -> Bookmarks:
        """The pictures that have a name."""
        return self._bookmarks

    @property
    def kept_bytes(self) -> int:
        """Memory of all states that are kept to go back to."""
        return self._states.byte_count

    def add_bookmark(self, name: str, position: int | None = None) -> None:
        """Gives a picture a name, None = the present one. Raises EditError for a name that is in use."""
        with self._log_lock:
            self._bookmarks.add(name, self._position if position is None else position)
            self._log.seal()

    def rename_bookmark(self, old: str, new: str) -> None:
        """Another name. Raises EditError."""
        with self._log_lock:
            self._bookmarks.rename(old, new)

    def remove_bookmark(self, name: str) -> None:
        """Takes the name away; the picture stays. Raises EditError where there is no such bookmark."""
        with self._log_lock:
            self._bookmarks.remove(name)

    def state_at(self, position: int, give_up: Callable[[], bool] | None = None) -> KeptState | None:
        """An earlier picture's state, exact. give_up: asked before every step that must be done again for it;
        None is returned when it says so. Raises EditError where there is no such picture."""
        return self._recall.state_at(self._log.place_of(position), give_up)

    def nearest_state(self, position: int) -> tuple[int, KeptState]:
        """The picture at or before `position` that can be had at once. Raises EditError."""
        place, state = self._recall.nearest_state(self._log.place_of(position))
        return self._log.position_at(place), state

    def latent_at(self, position: int) -> Tensor:
        """w_plus (num_ws, w_dim) of an earlier picture. Raises EditError where there is none."""
        return self._recall.latent_at(position)

    def document(self) -> SessionDocument:
        """Everything from the start to now, ready to be saved. May be called from any thread."""
        with self._log_lock:
            edits = self._log.edits()
            now = None if self._log.now == len(self._log.units) - 1 else self._log.now
            bookmarks = list(self._bookmarks)
        provenance = self.generator.provenance
        return SessionDocument(
            model=ModelReference(provenance.name, provenance.sha256, provenance.path),
            created=self._created,
            device=str(self.generator.device),
            bookmarks=bookmarks,
            now=now,
            edits=edits,
        )

    def _keep(self) -> None:
        self._states.put(self._place, self._drag.keep())

    def _go_to(self, unit: int) -> None:
        """To the end of a unit."""
        place = self._log.end_of(unit)
        state = self._recall.state_at(place)
        assert state is not None
        self._drag.go_to(state)
        with self._log_lock:
            self._log.now = unit
        self._place, self._position = place, self._log.position_at(place)
        self._next_label = "edit"

    def _do(self, edit: Edit, action: Callable[[], T]) -> T:
        """Does an edit and puts it into the log; nothing has changed where that fails."""
        if self._next_label is not None and self._states.get(self._place) is None:
            self._keep()  # undo comes back to here
        mark = self._drag.mark()
        try:
            result = action()
            kept = self._drag.keep() if picture_count(edit) or isinstance(edit, ReturnTo) else None
        except EditError:
            raise  # refused before anything changed
        except Exception:  # a device that gives up half-way
            self._drag.go_back(mark)
            raise
        self._record(edit)
        if kept is not None:
            self._states.put(self._place, kept)
        return result

    def _record(self, edit: Edit) -> None:
        with self._log_lock:
            self._undone.clear()
            if self._next_label is not None:
                self._log.open_unit(self._next_label)
                self._next_label = None
            self._log.append(edit)
        self._place = self._log.end_of(self._log.now)
        if picture_count(edit):
            self._position = self._log.position_count - 1
