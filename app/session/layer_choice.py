"""`LayerChoice`: which layers have 16 bits in a session's next step, and those that cannot any more."""

from __future__ import annotations

from app.session.edits import SetHalfLayers
from app.session.logged_drag import LoggedDrag
from app.session.undo_units import UndoUnits
from gan.half_precision import HalfPrecision
from gan.step_result import HostStepResult


class LayerChoice:
    """It is recorded with the step that it is for, so that a replay has the same layers."""

    def __init__(self, logged: LoggedDrag, units: UndoUnits) -> None:
        """All layers have 32 bits."""
        self._logged = logged
        self._units = units
        self.half: HalfPrecision | None = None  # of the next step; None = no layer has 16 bits

    def use(self, half: HalfPrecision | None) -> None:
        """Others from the next step on; those that overflowed in this session stay in 32 bits."""
        known = [edit.excluded_rows for edit in self._logged.log.edits() if isinstance(edit, SetHalfLayers)]
        rows = self._logged.recall.overflowed.union(*known)
        self.half = None if half is None else half.without(rows)

    def take_effect(self) -> None:
        """A step comes next. Without handles it does not."""
        session = self._logged.drag.session
        if session.half != self.half and session.handle_ids:
            edit = SetHalfLayers.of(self.half)
            self._units.do(edit, lambda: self._logged.drag.apply(edit, self._logged.recall.latent_at))

    def repair(self, result: HostStepResult) -> bool:
        """After a refused step, which is taken back: where it was too much for 16 bits, its layers have 32
        from now on. Whether that is so. Waits for the device."""
        session = self._logged.drag.session
        if not session.repair(result):
            return False
        self.half = session.half
        self._units.do(SetHalfLayers.of(self.half), lambda: None)
        return True
