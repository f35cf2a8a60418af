"""The outcomes of a drag suite on disk, one line each, with the picture after: an unfinished one goes on."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from gan.evaluate.drag_suite import DragOutcome, PerformedDrag, PlannedDrag
from gan.evaluate.progress import Advance
from gan.evaluate.work_folder import EvaluationError, make_folder, read_arrays, write_atomically


class SuiteRecord:
    """Outcomes of one suite on one generator. A line that a killed process left unfinished does not count."""

    def __init__(self, folder: Path) -> None:
        self.folder = make_folder(folder)
        self._lines = folder / "drags.jsonl"
        self.outcomes: dict[int, DragOutcome] = {}
        for line in self._read_lines():
            try:
                outcome = msgspec.json.decode(line, type=DragOutcome)
            except msgspec.MsgspecError:
                continue
            if self._picture_path(outcome.number).is_file():
                self.outcomes[outcome.number] = outcome

    def complete(
        self, plans: Sequence[PlannedDrag], perform: Callable[[PlannedDrag], PerformedDrag], advance: Advance
    ) -> list[DragOutcome]:
        """The outcomes of all plans, in order; those that are missing are performed and kept."""
        for plan in plans:
            if plan.number not in self.outcomes:
                performed = perform(plan)
                self.add(performed.outcome, performed.after)
            advance(f"{sum(outcome.arrived for outcome in self.outcomes.values())} arrived")
        return [self.outcomes[plan.number] for plan in plans]

    def add(self, outcome: DragOutcome, after: NDArray[np.uint8]) -> None:
        """Keeps an outcome and the picture after it (H, W, 3). Raises EvaluationError."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, after=after)
        write_atomically(self._picture_path(outcome.number), buffer.getvalue())
        try:
            with self._lines.open("ab") as file:
                # a newline first: whatever a killed process left half-written ends there
                file.write(b"\n" + msgspec.json.encode(outcome) + b"\n")
        except OSError as error:
            raise EvaluationError(
                f"cannot write '{self._lines}': {error.strerror}; choose another folder"
            ) from error
        self.outcomes[outcome.number] = outcome

    def after(self, number: int) -> NDArray[np.uint8]:
        """The picture (H, W, 3) after drag `number`. Raises EvaluationError where it is damaged."""
        path = self._picture_path(number)
        arrays = read_arrays(path)
        if arrays is None or "after" not in arrays:
            raise EvaluationError(f"cannot read '{path}': delete it and run again")
        return arrays["after"]

    def _read_lines(self) -> list[bytes]:
        try:
            return self._lines.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise EvaluationError(
                f"cannot read '{self._lines}': {error.strerror}; choose another folder"
            ) from error

    def _picture_path(self, number: int) -> Path:
        return self.folder / f"after-{number:04d}.npz"
