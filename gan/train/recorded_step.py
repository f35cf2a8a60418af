"""Training steps replayed as recorded graphs: one launch instead of some thousand.

A small generator's step is bound on a GPU by what it takes to launch it. So everything from the gathering of
the batch to the averaged weights is recorded once, and what differs from step to step (which pictures, the
learning rate and other numbers) is read from fixed memory, which is filled without waiting for the device.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.step_runner import CaptureRefusedError, Graph, GraphBackend

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StepNumbers:
    """What a step is told, each a tensor () on the device, beside the indices of its pictures (N,), int64."""

    indices: Tensor
    learning_rate: Tensor
    perceptual_weight: Tensor
    ema_decay: Tensor


Update = Callable[[StepNumbers, bool], Tensor]


class RecordedStep:
    """One update by replay.

    update: does it, with the pictures' features or without them, in place, and returns its losses (K,). It
    must not wait for the device. changed: what it changes, which keeps its place in memory: recording runs
    the update a few times to warm up, and this is put back afterwards.
    """

    def __init__(
        self,
        backend: GraphBackend,
        update: Update,
        changed: Sequence[Tensor],
        batch_size: int,
        device: torch.device,
    ) -> None:
        self._backend = backend
        self._update = update
        self._changed = list(changed)
        self._indices = torch.zeros(batch_size, dtype=torch.int64, device=device)
        self._numbers = torch.zeros(3, device=device)
        self._told = StepNumbers(self._indices, *self._numbers.unbind())
        self._graphs: dict[bool, tuple[Graph, Tensor]] = {}
        self.refused = False

    def step(self, indices: Sequence[int], numbers: Sequence[float], with_features: bool) -> Tensor | None:
        """The losses (K,), still being computed; None, and nothing has been done, where it cannot be
        recorded.

        numbers: learning rate, weight of the perceptual term, decay of the averaged weights.
        """
        if self.refused:
            return None
        self._fill(self._indices, torch.tensor(indices))
        self._fill(self._numbers, torch.tensor(numbers))
        if with_features not in self._graphs:
            try:
                self._graphs[with_features] = self._record(with_features)
            except (CaptureRefusedError, torch.OutOfMemoryError) as error:
                # what is recorded keeps all its memory; launched, a step gives it back as it goes
                reason = str(error).splitlines()[0]
                log.warning("training goes on without a recorded graph, several times slower: %s", reason)
                self.refused = True
                self._graphs.clear()
                self._backend.release()
                return None
        graph, losses = self._graphs[with_features]
        graph.replay()
        return losses.clone()  # the next replay writes over it

    def _record(self, with_features: bool) -> tuple[Graph, Tensor]:
        losses: list[Tensor] = []

        def work() -> None:
            found = self._update(self._told, with_features)
            if not losses:  # the first time is no recording: this memory outlives it
                losses.append(torch.empty_like(found))
            losses[0].copy_(found)

        before = [tensor.clone() for tensor in self._changed]
        try:
            graph = self._backend.capture(work)
        finally:
            with torch.no_grad():
                for tensor, kept in zip(self._changed, before, strict=True):
                    tensor.copy_(kept)
        return graph, losses[0]

    @staticmethod
    def _fill(place: Tensor, values: Tensor) -> None:
        """Asynchronously: from page-locked memory, which torch does not give to others before it is
        copied."""
        values = values.to(place.dtype)
        if place.is_cuda:
            values = values.pin_memory()
        place.copy_(values, non_blocking=True)
