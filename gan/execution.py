"""How a session's steps and pictures run on its generator's device: eagerly, or as captured graphs on CUDA.

Device memory while dragging a 1024 picture of config F, by our own count, 32-bit, no mask: weights 121 MB,
their squared sums 12, held kernels 35, noise 11 (twice), the picture's last block three maps of 134 each at
once, its RGB and result 40; a step's windows under 20: about 660 MB, to which cuDNN adds its workspaces.
With a mask the step keeps the whole trunk for its backward pass, about 220 MB, in the pool that the picture
uses too: the graphs never run at the same time. Nothing holds features at the picture's size.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from gan.generator import Generator
from gan.step_runner import CapturedRunner, CaptureRefusedError, EagerRunner, GraphBackend, StepRunner

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Execution:
    """runner: executes steps. picture: w_plus (num_ws, w_dim) -> (3, H, W), a tensor of its own. prepare:
    does what the first picture would take longer for. release: gives up what is kept to be faster (the
    recorded picture for good, recorded steps until the next one)."""

    runner: StepRunner
    picture: Callable[[Tensor], Tensor]
    prepare: Callable[[], None]
    release: Callable[[], None]


def make_execution(
    generator: Generator, runner: StepRunner | None = None, graphs: GraphBackend | None = None
) -> Execution:
    """The way that suits the generator's device; `runner` in place of its own where one is given. graphs:
    record there; None = with CUDA's where that is the device."""
    if graphs is None:
        if generator.device.type != "cuda":
            eager = runner or EagerRunner()
            return Execution(eager, generator.image, lambda: None, eager.release)
        from gan.cuda_graphs import CudaGraphs

        graphs = CudaGraphs(generator.device)
    steps, picture, backend = runner or CapturedRunner(graphs), PictureOnGraphs(graphs, generator), graphs

    def release() -> None:
        steps.release()
        picture.release()
        backend.release()

    return Execution(steps, picture, picture.prepare, release)


class PictureOnGraphs:
    """The picture as a graph that is recorded with the first one: a session may never show one. Where it
    cannot be recorded, or its memory is wanted, it is made operation by operation."""

    def __init__(self, graphs: GraphBackend, generator: Generator) -> None:
        self._graphs = graphs
        self._generator = generator
        self._way: Callable[[Tensor], Tensor] | None = None

    def __call__(self, w_plus: Tensor) -> Tensor:
        """w_plus (num_ws, w_dim) -> (3, H, W), a tensor of its own."""
        return self._recorded()(w_plus)

    def prepare(self) -> None:
        """Records the picture, where it is not yet."""
        self._recorded()

    def release(self) -> None:
        """From now on operation by operation."""
        self._way = self._generator.image

    def _recorded(self) -> Callable[[Tensor], Tensor]:
        if self._way is None:
            self._way = self._record()
        return self._way

    def _record(self) -> Callable[[Tensor], Tensor]:
        from gan.cuda_graphs import CapturedPicture

        try:
            captured = CapturedPicture(self._graphs, self._generator)
        except CaptureRefusedError as error:
            log.warning("pictures are made without a recorded graph: %s", error)
            return self._generator.image
        return lambda w_plus: captured.picture(w_plus).clone()
