"""Times every kind of drag on one generator: handles, mask, picture, a whole edit; counts operations."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import msgspec
import torch

from gan.drag_params import DragParams
from tests.benchmarks.operations import gmac
from tests.benchmarks.peak_memory import measure_peak_memory_mb
from tests.benchmarks.subjects import LAYOUTS, Subject

ROUND_COUNT = 5
MIN_ROUND_COUNT = 2
CASE_LIMIT_S = 4.0  # slow machines and generators stop after fewer rounds
EDIT_STEP_COUNT = 100
EDIT_LIMIT_MS = 20_000.0  # longer edits are not run but reckoned from the step
COUNTED_IS_TIMED_MS = 2000.0
# (layout, masked) of the reference: the network is nearly all of its time, so that the others differ little.
# It reads 32 handles one by one: a step of seconds becomes one of half a minute, and is left out.
REFERENCE_CASES = (("1", False), ("1", True), ("32 landmarks", False))
MANY_HANDLES_LIMIT_MS = 3000.0
# Of a processor's: each takes a process of its own. More handles take little more, a mask the whole map.
MEMORY_CASES = (("1", False), ("1", True))


class CaseBench(msgspec.Struct, frozen=True):
    """One kind of drag. Times: medians, ms. gmac: multiply-adds of a step in convolutions and products, 10^9.

    gflops: 2 * gmac / time, to be held against what the machine can do at most. reference_*: None where the
    reference was not run; its picture is that of the step's own pass, and is shown through the host's memory.
    ratio: reference_step_ms / step_ms; picture_ratio: of steps with pictures. memory_mb: the most that ours
    takes, on a GPU of the device's memory by torch's count, on a processor of a process that only does this;
    None where it was not measured.
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
    reference_step_and_picture_ms: float | None = None
    picture_ratio: float | None = None
    memory_mb: float | None = None


class EditBench(msgspec.Struct, frozen=True):
    """100 iterations without pictures. measured: False = reckoned from one step."""

    edit_ms: float
    measured: bool


def bench_cases(
    subject: Subject, with_reference: bool = True, repeats: int | None = None, with_memory: bool = False
) -> list[CaseBench]:
    """Every layout, without mask and with. repeats: rounds; None = ROUND_COUNT, fewer where they take longer
    than CASE_LIMIT_S. A reference step of seconds runs once in all, for its time and its operations.
    with_memory: that of a processor's cases too, each in a process of its own."""
    cases: list[CaseBench] = []
    for masked in (False, True):
        for layout in LAYOUTS:
            compared = with_reference and (layout, masked) in REFERENCE_CASES
            one_ms = cases[0].reference_step_ms if cases else None
            if layout != "1" and one_ms is not None and one_ms > MANY_HANDLES_LIMIT_MS:
                compared = False
            case = _case(subject, layout, masked, compared, repeats)
            if with_memory and (layout, masked) in MEMORY_CASES:
                peak_mb = measure_peak_memory_mb(subject.name, "ours", layout, masked=masked)
                case = msgspec.structs.replace(case, memory_mb=peak_mb)
            cases.append(case)
    return cases


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


def _case(
    subject: Subject, layout: str, masked: bool, with_reference: bool, repeats: int | None
) -> CaseBench:
    on_gpu = subject.generator.device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    session = subject.session(DragParams.released(), layout, masked)
    session.step()
    session.image_tensor()
    memory_mb = round(torch.cuda.max_memory_allocated() / 2**20, 1) if on_gpu else None
    reference = subject.reference(layout, masked) if with_reference else None
    step: list[float] = []
    both: list[float] = []
    slow: list[float] = []
    shown: list[float] = []  # what the reference's picture costs beside its step
    reference_gmac: float | None = None
    if reference is not None:
        first: list[float] = []
        # counting costs milliseconds; where a step takes seconds, this is its time too
        reference_gmac = gmac(lambda: first.append(milliseconds(subject, reference.step)))
        slow += first if first[0] > COUNTED_IS_TIMED_MS else []
    began = time.perf_counter()
    for i in range(repeats or ROUND_COUNT):
        if repeats is None and i >= MIN_ROUND_COUNT and time.perf_counter() - began > CASE_LIMIT_S:
            break
        step.append(milliseconds(subject, session.step))
        both.append(milliseconds(subject, lambda: (session.step(), session.image_tensor())))
        if reference is not None:
            if not slow or slow[0] <= COUNTED_IS_TIMED_MS:
                slow.append(milliseconds(subject, reference.step))
            shown.append(milliseconds(subject, reference.shown_picture))
    ours_ms = statistics.median(step)
    # a replayed graph shows no operations: they are counted where the same step runs eagerly
    ours_gmac = gmac(subject.eager_session(layout, masked).step)
    both_ms = statistics.median(both)
    slow_ms = statistics.median(slow) if slow else None
    slow_both_ms = None if slow_ms is None else slow_ms + statistics.median(shown)
    return CaseBench(
        layout=layout,
        masked=masked,
        step_ms=round(ours_ms, 3),
        step_and_picture_ms=round(both_ms, 3),
        gmac=round(ours_gmac, 3),
        gflops=round(2 * ours_gmac / ours_ms * 1000, 1),
        reference_step_ms=None if slow_ms is None else round(slow_ms, 2),
        reference_gmac=None if reference_gmac is None else round(reference_gmac, 3),
        ratio=None if slow_ms is None else round(slow_ms / ours_ms, 2),
        reference_step_and_picture_ms=None if slow_both_ms is None else round(slow_both_ms, 2),
        memory_mb=memory_mb,
        picture_ratio=None if slow_both_ms is None else round(slow_both_ms / both_ms, 2),
    )


def _wait(subject: Subject) -> None:
    if subject.generator.device.type == "cuda":
        torch.cuda.synchronize()


HEADINGS = (
    "handles",
    "mask",
    "step ms",
    "reference ms",
    "ratio",
    "step + picture ms",
    "reference step + picture ms",
    "ratio with picture",
    "GMAC",
    "reference GMAC",
    "GFLOP/s",
    "of one handle",
    "MB",
)


def case_table(cases: list[CaseBench]) -> list[str]:
    """Lines of a Markdown table. Of one handle: time of this step over that one's."""
    one = {case.masked: case.step_ms for case in cases if case.layout == "1"}
    lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    for case in cases:
        cells = [
            case.layout,
            "border fixed" if case.masked else "none",
            shown_number(case.step_ms),
            shown_number(case.reference_step_ms),
            shown_number(case.ratio),
            shown_number(case.step_and_picture_ms),
            shown_number(case.reference_step_and_picture_ms),
            shown_number(case.picture_ratio),
            f"{case.gmac:.2f}",
            shown_number(case.reference_gmac),
            f"{case.gflops:.0f}",
            f"{case.step_ms / one[case.masked]:.1f}",
            "-" if case.memory_mb is None else f"{case.memory_mb:.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def shown_number(value: float | None) -> str:
    """As many digits as a table has use for: a GPU's steps are shorter than a millisecond."""
    if value is None:
        return "-"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
