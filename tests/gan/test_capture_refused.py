"""A device that is well but cannot record: the same steps and pictures, launched one operation at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from gan import DragParams, DragSession
from gan.cuda_graphs import is_refused_capture
from gan.execution import PictureOnGraphs
from gan.step_runner import CapturedRunner, CaptureRefusedError, EagerRunner, Graph
from tests.gan.cases import small_generator
from tests.gan.played_graphs import PlayedGraphs

POINTS = [(30.0, 33.0)], [(40.0, 30.0)]


class Refusing:
    """Warms up as a real one does, then refuses the first recordings."""

    def __init__(self, error: Exception, times: int = 1000) -> None:
        self.error = error
        self.left = times
        self.asked = 0

    def capture(self, work: Callable[[], None]) -> Graph:
        self.asked += 1
        work()
        if self.left > 0:
            self.left -= 1
            raise self.error
        return PlayedGraphs().capture(work)

    def release(self) -> None:
        pass


@pytest.mark.parametrize("params", [DragParams(), DragParams.released(), DragParams.paper()])
def test_steps_that_cannot_be_recorded_are_the_same_steps(params: DragParams) -> None:
    generator = small_generator(dtype=torch.float32)
    graphs = Refusing(CaptureRefusedError("operation not permitted when stream is capturing"))
    eager, refused = (
        DragSession(generator, generator.sample(0), *POINTS, params=params, runner=runner)
        for runner in (EagerRunner(), CapturedRunner(graphs))
    )
    for _ in range(4):
        eager.step()
        refused.step()
        assert torch.equal(eager.w_plus, refused.w_plus)
        assert torch.equal(eager.handles, refused.handles)
    assert graphs.asked == 1  # not in every step anew
    refused.add_handle((10.0, 10.0), (20.0, 20.0))
    refused.step()
    assert graphs.asked == 2  # another step: it may be one that can


def test_a_recording_that_fails_for_memory_is_tried_again() -> None:
    generator = small_generator(dtype=torch.float32)
    runner = CapturedRunner(Refusing(torch.OutOfMemoryError("CUDA out of memory"), times=1))
    session = DragSession(generator, generator.sample(0), *POINTS, runner=runner)
    before = session.w_plus
    with pytest.raises(torch.OutOfMemoryError):
        session.step()
    assert session.w_plus is before
    session.step()
    assert runner.capture_count == 1


def test_pictures_that_cannot_be_recorded_are_the_same_pictures() -> None:
    generator = small_generator(dtype=torch.float32)
    graphs = Refusing(CaptureRefusedError("no"))
    picture = PictureOnGraphs(graphs, generator)
    for seed in (1, 2):
        w_plus = generator.sample(seed)
        assert torch.equal(picture(w_plus), generator.image(w_plus))
    assert graphs.asked == 1


def test_a_picture_that_was_prepared_records_nothing_more() -> None:
    generator = small_generator(dtype=torch.float32)
    graphs = Refusing(CaptureRefusedError("no"))
    picture = PictureOnGraphs(graphs, generator)
    picture.prepare()
    assert graphs.asked == 1
    picture(generator.sample(1))
    assert graphs.asked == 1


def test_a_recorded_picture_is_the_callers_own() -> None:
    generator = small_generator(dtype=torch.float32)
    picture = PictureOnGraphs(PlayedGraphs(), generator)
    first = picture(generator.sample(1))
    kept = first.clone()
    picture(generator.sample(2))
    assert torch.equal(first, kept)


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (torch.AcceleratorError("CUDA error: operation not permitted when stream is capturing"), True),
        (torch.AcceleratorError("operation failed due to a previous error during capture"), True),
        (torch.AcceleratorError("CUDA error: out of memory (in a captured graph)"), False),
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), False),
        (torch.OutOfMemoryError("CUDA out of memory (while capturing)"), False),
    ],
)
def test_which_errors_are_about_recording(error: RuntimeError, refused: bool) -> None:
    assert is_refused_capture(error) == refused
