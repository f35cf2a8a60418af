"""`EditSession`: one person's edit: the drag, all that was ever done to it, and the ways back.

Every edit goes into the log; undo and redo go along it in named units, and any earlier picture can be looked
at and returned to. Nothing is ever taken out of the log but a drag that was cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

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
)
from app.session.history_log import HistoryLog, Place
from app.session.kept_states import KeptState, KeptStatesParams
from app.session.layer_choice import LayerChoice
from app.session.logged_drag import LoggedDrag
from app.session.painted_mask import PaintedMask
from app.session.recall import BeforeStep
from app.session.start_picture import Picture, StartPicture
from app.session.undo_units import UndoUnits
from gan.drag_params import DragParams
from gan.drag_session import DragSession
from gan.errors import EditError
from gan.generator import Generator
from gan.half_precision import HalfPrecision
from gan.step_result import HostStepResult, StepResult


class EditSession:
    """From its start to now. Used from one thread; `document()` may be called from any.

    Units: `begin(label)` closes the current unit; the next edit or step opens a new one under that label.
    Edits without a `begin` after an undo open a unit of their own. A new edit drops what could be redone, but
    its pictures stay: they have positions (`app.session.history_log`), which `state_at` and `return_to` take.
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
        self._logged = LoggedDrag(generator, first, params, kept)
        self._drag = self._logged.drag
        self._created = created or datetime.now(UTC).isoformat(timespec="seconds")
        self._bookmarks = Bookmarks(self._logged)
        self._units = UndoUnits(self._logged, self._bookmarks)
        self._layers = LayerChoice(self._logged, self._units)
        self._start_picture = StartPicture()

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
        document = document.on(generator)
        session = cls(generator, first, document.initial_params(), document.created, kept)
        session._logged.follow(HistoryLog.of(document.edits, document.now, on_damage))
        session._bookmarks.adopt(document.bookmarks, session.position_count)
        return session

    def advance(
        self, before_step: Callable[[], None] | None = None, tell: Callable[[str], None] | None = None
    ) -> Iterator[StepResult | None]:
        """Of a session that was just opened: does what leads to its end, one edit or step at a time; only
        what leads there, not what had been undone. Yields after every step its result, after other edits
        None. Raises EditError where an edit cannot be done: the session can end before it, by `end_here`.
        tell: hears, in one line, of layers that had 16 bits then and cannot have them here; also later.
        """
        yield from self._logged.advance(before_step or (lambda: None), tell)
        self._units.close()

    def adopt_units(self, other: EditSession) -> None:
        """Of one that is the same as the other, done again: what could be redone in the other can be here,
        and a unit that is open stays open."""
        self._units.adopt(other._units)

    def end_here(self) -> None:
        """Of a session that is being advanced: it ends where it is; the rest is forgotten."""
        self._logged.end_here()
        self._bookmarks.drop_from(self.position_count)
        self._units.close()

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
        return self._start_picture.of(self._drag)

    @property
    def generator(self) -> Generator:
        """The generator that is dragged on."""
        return self.session.generator

    # changes

    def begin(self, label: str) -> None:
        """Opens a new undoable unit, named for a person ("drag", "new seed"), with the next edit or step."""
        self._units.begin(label)

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
                decided = set_params_edit(edit.asked, self.generator)
                self._units.do(decided, lambda: self._drag.apply(decided, self.latent_at))
            case _:
                self.log.check(edit)
                self._units.do(edit, lambda: self._drag.apply(edit, self.latent_at))

    def step(self) -> StepResult:
        """One optimisation step, recorded, whose outcome is to be told to `app.session.step_outcomes`. Raises
        EditError where there are no handles."""
        self._layers.take_effect()
        return self._units.do(Steps(1), self._drag.step)

    def prepare_step(self) -> None:
        """What the first step of a drag would take longer for; see `DragSession.prepare_step`. Not where
        other layers take effect with that step: what is prepared now would not be of them."""
        if self.session.half == self.half:
            self.session.prepare_step()

    @property
    def half(self) -> HalfPrecision | None:
        """Which layers have 16 bits from the next step on; None = none."""
        return self._layers.half

    def use_half(self, half: HalfPrecision | None) -> None:
        """Other layers in 16 bits, see `LayerChoice.use`."""
        self._layers.use(half)

    def refuse_step(self, result: HostStepResult) -> bool:
        """Takes a refused step back, and those that were begun after it, out of everything; where it was too
        much for 16-bit layers, they have 32 bits from now on. Whether that is so. Waits for the device."""
        for edit in self._units.take_back_steps(self.session.iteration - result.iteration + 1):
            self.apply(edit)
        return self._layers.repair(result)

    def return_to(self, position: int) -> None:
        """Everything as it was when that picture had just been made; what came after it can be returned to as
        well. A unit of its own; a label that `begin` has given is for the next one. Raises EditError."""
        place = self.log.place_of(position)
        if place == self._logged.place:
            return
        state = self._logged.recall.state_at(place)
        label = f"back to picture {position}"
        self._units.do_alone(ReturnTo(position), lambda: self._drag.go_to(state), label)
        self._logged.position = position

    # history

    @property
    def undo_label(self) -> str | None:
        """What undo would take back, None for nothing."""
        return self._units.undo_label

    @property
    def redo_label(self) -> str | None:
        """What redo would bring back, None for nothing."""
        return self._units.redo_label

    def undo(self) -> str | None:
        """Takes back the last unit; returns its label, None where there is nothing to undo."""
        return self._units.undo()

    def redo(self) -> str | None:
        """Brings back the unit undone last; returns its label, None where there is nothing to redo."""
        return self._units.redo()

    def cancel(self) -> str | None:
        """Takes back the open unit for good, see `UndoUnits.cancel`."""
        return self._units.cancel()

    # earlier pictures

    @property
    def position(self) -> int:
        """The position of the picture that is there now."""
        return self._logged.position

    @property
    def position_count(self) -> int:
        """How many pictures there have been."""
        return self.log.position_count

    @property
    def place(self) -> Place:
        """Where in the log the session is."""
        return self._logged.place

    @property
    def log(self) -> HistoryLog:
        """All that was done. To be read only."""
        return self._logged.log

    @property
    def bookmarks(self) -> Bookmarks:
        """The pictures that have a name."""
        return self._bookmarks

    @property
    def kept_bytes(self) -> int:
        """Memory of all states that are kept to go back to."""
        return self._logged.states.byte_count

    def asking(self, before_step: BeforeStep) -> AbstractContextManager[None]:
        """While it lasts, whatever goes back or looks back asks before every step that must be done again for
        it; see `Recall.asking`."""
        return self._logged.recall.asking(before_step)

    def state_at(self, position: int) -> KeptState:
        """An earlier picture's state, exact. Raises EditError where there is no such picture."""
        return self._logged.recall.state_at(self.log.place_of(position))

    def nearest_state(self, position: int) -> tuple[int, KeptState]:
        """The picture at or before `position` that can be had at once. Raises EditError."""
        place, state = self._logged.recall.nearest_state(self.log.place_of(position))
        return self.log.position_at(place), state

    def latent_at(self, position: int) -> Tensor:
        """w_plus (num_ws, w_dim) of an earlier picture. Raises EditError where there is none."""
        return self._logged.recall.latent_at(position)

    def document(self) -> SessionDocument:
        """Everything from the start to now, ready to be saved. May be called from any thread."""
        with self._logged.lock:
            edits = self.log.edits()
            now = None if self.log.now == len(self.log.units) - 1 else self.log.now
            bookmarks = list(self._bookmarks)
        model, device = ModelReference.of(self.generator.provenance), str(self.generator.device)
        return SessionDocument(
            model=model, created=self._created, device=device, bookmarks=bookmarks, now=now, edits=edits
        )
