"""What `edit` and `replay` say about an edit: the JSON object of --json, and the same in words.

The JSON fields are a promise to programs: they may gain company, they do not change their meaning.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed
from gan.step_result import HostStepResult


class ModelReport(msgspec.Struct, frozen=True):
    """The generator that made the picture."""

    name: str
    sha256: str


class HandleReport(msgspec.Struct, frozen=True):
    """One handle at the end, image pixels. confidence: of the tracking, 0..1."""

    id: int
    handle: tuple[float, float]
    target: tuple[float, float]
    distance_px: float
    confidence: float


class EditReport(msgspec.Struct, frozen=True):
    """An edit that was performed.

    steps: optimisation steps in the path; done: every handle has arrived; finite: False where a step was
    refused because its latent was not finite (the last good one was kept); step_ms: mean of a step alone;
    files: what was written, by kind; notes: what a person should know about it.
    """

    command: str
    model: ModelReport
    seed: int | None
    truncation_psi: float | None
    steps: int
    done: bool
    finite: bool
    step_ms: float | None
    handles: list[HandleReport]
    files: dict[str, str]
    notes: list[str] = []


def report_of(
    command: str,
    session: EditSession,
    last: HostStepResult | None,
    step_ms: float | None,
    files: dict[str, Path],
    notes: list[str],
) -> EditReport:
    """The report of a session at its end; `last` is its last step's result, None where it has no step."""
    origin = session.origin
    seeded = isinstance(origin, StartFromSeed)
    provenance = session.generator.provenance
    # handles may have gone since the last step: then there is nothing to say about them
    current = last is not None and len(last.handles) == len(session.session.handle_ids)
    handles = [
        HandleReport(handle_id, _point(p), _point(t), round(float(distance), 3), round(float(confidence), 3))
        for handle_id, p, t, distance, confidence in (
            zip(
                session.session.handle_ids,
                last.handles,
                last.targets,
                last.distances_px,
                last.confidences,
                strict=True,
            )
            if last is not None and current
            else ()
        )
    ]
    return EditReport(
        command=command,
        model=ModelReport(provenance.name, provenance.sha256),
        seed=origin.seed if seeded else None,
        truncation_psi=origin.truncation_psi if seeded else None,
        steps=session.document().step_count(),
        done=last.done if last else False,
        finite=last.finite if last else True,
        step_ms=None if step_ms is None else round(step_ms, 2),
        handles=handles,
        files={kind: str(path) for kind, path in files.items()},
        notes=notes,
    )


def print_report(report: EditReport, as_json: bool) -> None:
    """To stdout: one JSON object, or a few lines of words."""
    if as_json:
        print(msgspec.json.encode(report).decode())
        return
    outcome = "every handle has arrived" if report.done else "not every handle has arrived"
    if not report.finite:
        outcome = "stopped: a step was not finite, the last good picture was kept"
    time = f", {report.step_ms:.0f} ms a step" if report.step_ms else ""
    print(f"{report.steps} steps{time}; {outcome}")
    for handle in report.handles:
        (x, y), (u, v) = handle.handle, handle.target
        print(
            f"  handle {handle.id} at {x:g},{y:g}, target {u:g},{v:g}: {handle.distance_px:.2f} px left"
            f", tracking confidence {handle.confidence:.2f}"
        )
    for path in report.files.values():
        print(path)
    for note in report.notes:
        print(f"note: {note}")
    sys.stdout.flush()


def _point(xy: object) -> tuple[float, float]:
    x, y = (round(float(number), 3) for number in xy)  # type: ignore[attr-defined]
    return x, y
