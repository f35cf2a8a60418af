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
    """runner: executes steps. picture: w_plus (num_ws, w_dim) -> (3, H, W), a tensor of its own."""

    runner: StepRunner
    picture: Callable[[Tensor], Tensor]


def make_execution(generator: Generator, runner: StepRunner | None = None) -> Execution:
    """The way that suits the generator's device; `runner` in place of its own where one is given."""
    if generator.device.type != "cuda":
        return Execution(runner or EagerRunner(), generator.image)
    from gan.cuda_graphs import CudaGraphs

    graphs = CudaGraphs(generator.device)
    return Execution(runner or CapturedRunner(graphs), picture_on(graphs, generator))


def picture_on(graphs: GraphBackend, generator: Generator) -> Callable[[Tensor], Tensor]:
    """The picture as a graph that is recorded with the first one: a session may never show one. Where it
    cannot be recorded it is made operation by operation."""
    from gan.cuda_graphs import CapturedPicture

    ways: list[Callable[[Tensor], Tensor]] = []

    def picture(w_plus: Tensor) -> Tensor:
        if not ways:
            try:
                captured = CapturedPicture(graphs, generator)
                ways.append(lambda w_plus: captured.picture(w_plus).clone())
            except CaptureRefusedError as error:
                log.warning("pictures are made without a recorded graph: %s", error)
                ways.append(generator.image)
        return ways[0](w_plus)

    return picture
