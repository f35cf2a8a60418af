"""Times our step and the reference step on one generator, interleaved, and counts what they compute."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from gan.drag_params import DragParams
from gan.drag_session import DragSession
from gan.generator import to_uint8
from tests.benchmarks.operations import gmac
from tests.benchmarks.peak_memory import Which, measure_peak_memory_mb
from tests.benchmarks.subjects import Subject

WARM_UP_COUNT = 2
SLOW_MS = 2000.0  # a step of seconds is warm after one
ROUND_COUNT = 7
ROUND_LIMIT_S = 15.0  # slow machines stop after fewer rounds, but not before MIN_ROUND_COUNT
MIN_ROUND_COUNT = 3
OUR_STEPS_PER_ROUND = 3  # ours is so much shorter that one step would be lost in noise


class StepBench(msgspec.Struct, frozen=True):
    """One generator. Times: medians in ms. gmac: multiply-adds of one step, forward and backward, in 10^9.

    reference_step_and_picture: the picture is that of the step's own pass, as the released program shows it.
    step: ours with the parameters of the released program, as the reference has them; default_step: ours with
    the default parameters; ratio: reference_step_ms / step_ms. Memory: the largest resident size of a process
    that only does this, MB; None where the system does not tell.
    """

    name: str
    title: str
    step_ms: float
    reference_step_ms: float
    ratio: float
    default_step_ms: float
    step_and_picture_ms: float
    picture_ms: float
    step_gmac: float
    reference_step_gmac: float
    peak_memory_mb: float | None
    reference_peak_memory_mb: float | None
    round_count: int
    reference_step_and_picture_ms: float | None = None  # None: of a result from before it was measured


def bench_steps(subject: Subject, with_memory: bool = True, repeats: int | None = None) -> StepBench:
    """Measures one generator; takes from seconds to a few minutes. repeats: rounds, and one to warm up;
    None = as many as time allows."""
    released = subject.session(DragParams.released())
    default = subject.session(DragParams())
    reference = subject.reference()
    for _ in range(WARM_UP_COUNT if repeats is None else 1):
        for work in (released.step, default.step, lambda: _shown(released)):
            work()
        if _milliseconds(reference.step) > SLOW_MS:
            break
    step_ms: list[float] = []
    default_ms: list[float] = []
    picture_ms: list[float] = []
    reference_ms: list[float] = []
    shown_ms: list[float] = []
    began = time.perf_counter()
    for i in range(repeats or ROUND_COUNT):
        if repeats is None and i >= MIN_ROUND_COUNT and time.perf_counter() - began > ROUND_LIMIT_S:
            break
        reference_ms.append(_milliseconds(reference.step))
        shown_ms.append(_milliseconds(reference.shown_picture))
        step_ms += [_milliseconds(lambda: released.step().to_host()) for _ in range(OUR_STEPS_PER_ROUND)]
        default_ms += [_milliseconds(lambda: default.step().to_host()) for _ in range(OUR_STEPS_PER_ROUND)]
        picture_ms.append(_milliseconds(lambda: _shown(released)))
    step, picture = statistics.median(step_ms), statistics.median(picture_ms)
    slow = statistics.median(reference_ms)
    return StepBench(
        name=subject.name,
        title=subject.title,
        step_ms=round(step, 2),
        reference_step_ms=round(slow, 2),
        ratio=round(slow / step, 2),
        default_step_ms=round(statistics.median(default_ms), 2),
        step_and_picture_ms=round(step + picture, 2),
        picture_ms=round(picture, 2),
        # a replayed graph shows no operations
        step_gmac=round(gmac(subject.eager_session("1", False).step), 3),
        reference_step_gmac=round(gmac(reference.step), 3),
        peak_memory_mb=_memory_mb(subject, "ours") if with_memory else None,
        reference_peak_memory_mb=_memory_mb(subject, "reference") if with_memory else None,
        round_count=len(reference_ms),
        reference_step_and_picture_ms=round(slow + statistics.median(shown_ms), 2),
    )


def _shown(session: DragSession) -> NDArray[np.uint8]:
    """(H, W, 3): the display's picture, which the reference too brings to the host."""
    return to_uint8(session.image_tensor()).cpu().numpy()  # sync: see above


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _memory_mb(subject: Subject, which: Which) -> float | None:
    return measure_peak_memory_mb(subject.name, which, "1", masked=False)
