"""`EditedDrag`: a `DragSession` with what belongs to it in an edit: the painted mask and the origin.

It does what edits say and goes back to kept states; it knows no history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from app.session.edits import (
    Blend,
    Edit,
    Origin,
    SetMask,
    SetParams,
    StartFromLatent,
    StartFromSeed,
    apply_edit,
    painted_mask_of,
)
from app.session.kept_states import KeptState
from app.session.painted_mask import PaintedMask, movable_region
from gan.drag_params import DragParams
from gan.drag_session import DragSession
from gan.drag_state import DragSnapshot
from gan.half_precision import HalfPrecision
from gan.packed_snapshot import PackedSnapshot, blend_latents, pack
from gan.step_result import StepResult

LatentAt = Callable[[int], Tensor]  # position -> w_plus (num_ws, w_dim)


@dataclass(frozen=True)
class DragMark:
    """An edited drag before an edit that may fail. Nothing is copied."""

    snapshot: DragSnapshot
    painted: PaintedMask | None
    mask: SetMask | None
    origin: Origin
    origin_iteration: int
    asked: DragParams
    half: HalfPrecision | None


class EditedDrag:
    """session: changed only here. painted: (H, W) uint8 or None, not to be written to. asked: the parameters
    as they were asked for, None where the program chose; the session's have its choice."""

    def __init__(self, session: DragSession, origin: Origin, asked: DragParams) -> None:
        self.session = session
        self.asked = asked
        self.painted: PaintedMask | None = None
        self.origin = origin
        self.origin_iteration = 0
        self._mask: SetMask | None = None
        self._packed: PackedSnapshot | None = None

    def apply(self, edit: Edit, latent_at: LatentAt) -> None:
        """One edit; `Steps`, `Unit` and `ReturnTo` are the history's. Raises EditError, with nothing changed,
        where it is refused."""
        if isinstance(edit, SetMask):
            painted = painted_mask_of(self.session.generator, edit)
            apply_edit(self.session, edit)
            self.painted, self._mask = painted, edit
            return
        if isinstance(edit, Blend):
            self.session.set_latent(blend_latents(latent_at(edit.first), latent_at(edit.second), edit.share))
        else:
            apply_edit(self.session, edit)
        if isinstance(edit, StartFromSeed | StartFromLatent | Blend):
            self.origin, self.origin_iteration = edit, self.session.iteration
        if isinstance(edit, SetParams):
            self.asked = edit.asked

    def step(self) -> StepResult:
        """One optimisation step. Raises EditError where there are no handles."""
        return self.session.step()

    def mark(self) -> DragMark:
        """What `go_back` takes, whatever became of the device."""
        state, half = self.session.snapshot(), self.session.half
        return DragMark(state, self.painted, self._mask, self.origin, self.origin_iteration, self.asked, half)

    def go_back(self, mark: DragMark) -> None:
        """To a mark that was set just now."""
        self.session.set_half(mark.half)
        self.session.restore(mark.snapshot)
        self.painted, self._mask = mark.painted, mark.mask
        self.origin, self.origin_iteration = mark.origin, mark.origin_iteration
        self.asked = mark.asked

    def keep(self) -> KeptState:
        """The state now; cheap, and small where only steps lie between it and the last one that was kept."""
        self._packed = pack(self.session.snapshot(), self._packed)
        half = self.session.half
        return KeptState(self._packed, self._mask, self.origin, self.origin_iteration, self.asked, half)

    def go_to(self, state: KeptState) -> None:
        """Everything as it was, to the bit."""
        self.look_at(state)
        region = movable_region(self.painted)
        if region is not None:
            self.session.restore(self.session.snapshot(), region)
        self._packed = state.packed

    def look_at(self, state: KeptState) -> None:
        """As `go_to`, but only to be looked at: the mask is there to be seen and holds nothing."""
        if state.mask is not self._mask:
            self._mask = state.mask
            generator = self.session.generator
            self.painted = None if state.mask is None else painted_mask_of(generator, state.mask)
        self.session.set_half(state.half)
        self.session.restore(state.packed.unpack())
        self.origin, self.origin_iteration = state.origin, state.origin_iteration
        self.asked = state.asked

    @property
    def step_count(self) -> int:
        """Optimisation steps since `origin`."""
        return self.session.iteration - self.origin_iteration
