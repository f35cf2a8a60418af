"""Times every kind of drag on one generator: handles, mask, picture, a whole edit; counts operations."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import msgspec
import torch
from torch.utils.flop_counter import FlopCounterMode

from gan.drag_params import DragParams
from tests.benchmarks.subjects import LAYOUTS, Subject

ROUND_COUNT = 5
EDIT_STEP_COUNT = 100
EDIT_LIMIT_MS = 20_000.0  # longer edits are not run but reckoned from the step
COUNTED_IS_TIMED_MS = 2000.0
REFERENCE_LAYOUTS = ("1", "32 landmarks")  # the others differ little: the network is nearly all of its time


class CaseBench(msgspec.Struct, frozen=True):
    """One kind of drag. Times: medians, ms. gmac: multiply-adds of a step in convolutions and products, 10^9.

    gflops: 2 * gmac / time, to be held against what the machine can do at most. reference_*: None where the
    reference was not run. ratio: reference_step_ms / step_ms.
    """

    layout: str
    masked: bool
    step_ms: float
    step_and_picture_ms: float
    gmac: float
    gflops: float
    reference_step_ms: float | None
    reference_gmac: float | None
    ratio: float | None


class EditBench(msgspec.Struct, frozen=True):
    """100 iterations without pictures. measured: False = reckoned from one step."""

    edit_ms: float
    measured: bool


def bench_cases(subject: Subject, with_reference: bool = True, repeats: int | None = None) -> list[CaseBench]:
    """Every layout, without mask and with. repeats: rounds; None = ROUND_COUNT, fewer where the reference is
    slow. A reference step of seconds runs once in all, for its time and its operations."""
    return [
        _case(subject, layout, masked, with_reference and layout in REFERENCE_LAYOUTS, repeats)
        for masked in (False, True)
        for layout in LAYOUTS
    ]


def bench_edit(subject: Subject, step_ms: float) -> EditBench:
    """A whole edit of one handle with the default parameters."""
    if step_ms * EDIT_STEP_COUNT > EDIT_LIMIT_MS:
        return EditBench(round(step_ms * EDIT_STEP_COUNT, 1), measured=False)
    session = subject.session(DragParams())
    session.step()  # a graph is recorded in the first

    def edit() -> None:
        for _ in range(EDIT_STEP_COUNT):
            session.step()

    return EditBench(round(milliseconds(subject, edit), 1), measured=True)


def milliseconds(subject: Subject, work: Callable[[], object]) -> float:
    """Wall time of `work` until the device has done it."""
    _wait(subject)
    began = time.perf_counter()
    work()
    _wait(subject)
    return (time.perf_counter() - began) * 1000


def gmac(work: Callable[[], object]) -> float:
    """Multiply-adds in convolutions and matrix products of one call, in 10^9."""
    counter = FlopCounterMode(display=False)
    with counter:
        work()
    return counter.get_total_flops() / 2e9


def _case(
    subject: Subject, layout: str, masked: bool, with_reference: bool, repeats: int | None
) -> CaseBench:
    session = subject.session(DragParams.released(), layout, masked)
    reference = subject.reference(layout, masked) if with_reference else None
    session.step()
    session.image_tensor()
    step: list[float] = []
    both: list[float] = []
    slow: list[float] = []
    reference_gmac: float | None = None
    if reference is not None:
        first: list[float] = []
        # counting costs milliseconds; where a step takes seconds, this is its time too
        reference_gmac = gmac(lambda: first.append(milliseconds(subject, reference.step)))
        slow += first if first[0] > COUNTED_IS_TIMED_MS else []
    rounds = repeats or (ROUND_COUNT if not slow else 2)
    for _ in range(rounds):
        step.append(milliseconds(subject, session.step))
        both.append(milliseconds(subject, lambda: (session.step(), session.image_tensor())))
        if reference is not None and (not slow or slow[0] <= COUNTED_IS_TIMED_MS):
            slow.append(milliseconds(subject, reference.step))
    ours_ms = statistics.median(step)
    # a replayed graph shows no operations: they are counted where the same step runs eagerly
    ours_gmac = gmac(subject.eager_session(layout, masked).step)
    slow_ms = statistics.median(slow) if slow else None
    return CaseBench(
        layout=layout,
        masked=masked,
        step_ms=round(ours_ms, 3),
        step_and_picture_ms=round(statistics.median(both), 3),
        gmac=round(ours_gmac, 3),
        gflops=round(2 * ours_gmac / ours_ms * 1000, 1),
        reference_step_ms=None if slow_ms is None else round(slow_ms, 2),
        reference_gmac=None if reference_gmac is None else round(reference_gmac, 3),
        ratio=None if slow_ms is None else round(slow_ms / ours_ms, 2),
    )


def _wait(subject: Subject) -> None:
    if subject.generator.device.type == "cuda":
        torch.cuda.synchronize()


HEADINGS = (
    "handles",
    "mask",
    "step ms",
    "step + picture ms",
    "GMAC",
    "GFLOP/s",
    "reference ms",
    "reference GMAC",
    "ratio",
    "of one handle",
)


def case_table(cases: list[CaseBench]) -> list[str]:
    """Lines of a Markdown table. The last column: time of this step over that of one handle."""
    one = {case.masked: case.step_ms for case in cases if case.layout == "1"}
    lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    for case in cases:
        cells = [
            case.layout,
            "border fixed" if case.masked else "none",
            f"{case.step_ms:.1f}",
            f"{case.step_and_picture_ms:.1f}",
            f"{case.gmac:.2f}",
            f"{case.gflops:.0f}",
            *(
                "-" if value is None else f"{value:.1f}"
                for value in (case.reference_step_ms, case.reference_gmac, case.ratio)
            ),
            f"{case.step_ms / one[case.masked]:.1f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines
