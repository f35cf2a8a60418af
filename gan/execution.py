"""How a session's steps and pictures run on its generator's device: eagerly, or as captured graphs on CUDA.

Device memory while dragging a 1024 picture of config F, by our own count, no mask: weights 121 MB, their
squared sums 12, held kernels 35, kernels laid out for products 142, styles 13, noise 11 (twice); for the
picture in 16 bits its kernels 113 and one of them for the latent 19, squared sums and affine weights 37,
noise 6, the last block's three maps of 67 each at once, its RGB and result 40; a step's windows under 20:
about 780 MB, to which cuDNN adds its workspaces. A picture in 32 bits has three maps of 134 instead: 810.
With a mask the step keeps the whole trunk for its backward pass, about 220 MB, and at a time the nine taps of
a layer, up to 151, in the pool that the picture uses too: the graphs never run at the same time. Nothing
holds features at the picture's size.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.generator import Generator
from gan.half_picture import HalfPicture
from gan.step_runner import CapturedRunner, CaptureRefusedError, EagerRunner, GraphBackend, StepRunner

log = logging.getLogger(__name__)

Picture = Callable[[Tensor], Tensor]  # w_plus (num_ws, w_dim) -> (3, H, W)
FasterPicture = Callable[[Generator], Picture]


@dataclass(frozen=True)
class Execution:
    """runner: executes steps. picture: for a display, a tensor of its own. picture_overflowed: whether one
    was not finite and the next will be, None = the device has not told yet of the last; waits for nothing.
    prepare: does what the next picture would take longer for. release: gives up what is kept to be faster
    (the recorded picture for good, recorded steps until the next one)."""

    runner: StepRunner
    picture: Picture
    picture_overflowed: Callable[[], bool | None]
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
            return Execution(eager, generator.image, lambda: False, lambda: None, eager.release)
        from gan.cuda_graphs import CudaGraphs

        graphs = CudaGraphs(generator.device)
    steps, picture, backend = runner or CapturedRunner(graphs), PictureOnGraphs(graphs, generator), graphs

    def release() -> None:
        steps.release()
        picture.release()
        backend.release()

    return Execution(steps, picture, picture.overflowed, picture.prepare, release)


class PictureOnGraphs:
    """The picture as a graph that is recorded with the first one: a session may never show one. Where it
    cannot be recorded, or its memory is wanted, it is made operation by operation.

    While pictures are finite they are made in 16 bits (`gan.half_picture`) where the generator is on a GPU:
    for a display. The first one is waited for to see that; of later ones the next one asks, or whoever shows
    the last.
    """

    def __init__(
        self, graphs: GraphBackend, generator: Generator, faster: FasterPicture | None = None
    ) -> None:
        """faster: makes the way in 16 bits, None = `HalfPicture` for 32-bit generators on a GPU."""
        self._graphs = graphs
        self._generator = generator
        if faster is None and generator.device.type == "cuda" and generator.dtype == torch.float32:
            faster = HalfPicture
        self._faster = faster
        self._watch: FiniteWatch | None = None
        self._way: Picture | None = None

    def __call__(self, w_plus: Tensor) -> Tensor:
        """w_plus (num_ws, w_dim) -> (3, H, W), a tensor of its own."""
        self.prepare()
        picture = self._recorded()(w_plus)
        if self._faster is None:
            return picture
        if self._watch is not None:
            self._watch.look(picture)
            return picture
        if not bool(picture.isfinite().all()):  # sync: of the first picture alone
            self._leave_16_bits()
            return self._recorded()(w_plus)
        self._watch = FiniteWatch(picture.device)
        return picture

    def prepare(self) -> None:
        """Records the picture, where it is not yet; in 32 bits, where one is known to overflow."""
        if self.overflowed():
            self._leave_16_bits()
        self._recorded()

    def overflowed(self) -> bool | None:
        """Whether one in 16 bits was not finite: the next will be in 32. None = the device has not told yet
        of the last one. Waits for nothing."""
        return False if self._watch is None else self._watch.overflowed()

    def release(self) -> None:
        """From now on operation by operation."""
        self._faster = self._watch = None
        self._way = self._generator.image

    def _recorded(self) -> Picture:
        if self._way is None:
            self._way = self._record()
        return self._way

    def _leave_16_bits(self) -> None:
        log.warning("pictures are made in 32 bits from now on: they overflow in 16")
        self._faster = self._watch = self._way = None
        self._graphs.release()

    def _record(self) -> Picture:
        from gan.cuda_graphs import CapturedPicture

        generator = self._generator
        make = generator.image if self._faster is None else self._faster(generator)
        like = generator.synthesis.const.new_zeros(generator.num_ws, generator.architecture.w_dim)
        try:
            captured = CapturedPicture(self._graphs, make, like)
        except CaptureRefusedError as error:
            log.warning("pictures are made without a recorded graph: %s", error)
            return make
        return lambda w_plus: captured.picture(w_plus).clone()


class FiniteWatch:
    """Whether pictures are finite, told without waiting for the device, and so some time after it."""

    def __init__(self, device: torch.device) -> None:
        on_gpu = device.type == "cuda"
        # of all pictures: one that overflowed is not forgotten where the next is made before anybody asks
        self._finite_there = torch.ones((), dtype=torch.bool, device=device)
        self._finite = torch.ones((), dtype=torch.bool, pin_memory=on_gpu)
        self._event = torch.cuda.Event() if on_gpu else None

    def look(self, picture: Tensor) -> None:
        """To be called with every picture, (3, H, W) on the device."""
        self._finite.copy_(self._finite_there.logical_and_(picture.isfinite().all()), non_blocking=True)
        if self._event is not None:
            self._event.record(torch.cuda.current_stream(picture.device))

    def overflowed(self) -> bool | None:
        """Whether a picture was not finite; None = the device has not told yet of the last one."""
        if self._event is not None and not self._event.query():
            return None
        return not bool(self._finite)  # sync: none, it is on the host by now
