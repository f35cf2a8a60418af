"""The processes that train together (torchrun): who this one is, and averages over all of them."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from gan.train.settings import TrainError

# read on a GPU only when someone looks at it
Number = float | Tensor


@dataclass(frozen=True)
class Processes:
    """rank: this process's number; count: of all. One process alone needs no torchrun."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def share_of(self, batch_size: int) -> slice:
        """This process's part of a batch."""
        part = batch_size // self.count
        return slice(self.rank * part, (self.rank + 1) * part)

    def average_gradients(self, parameters: Sequence[Tensor], also: Sequence[Number] = ()) -> list[Number]:
        """Gradients become their mean over all processes; returns the means of the numbers in `also`: of one
        process the numbers themselves, without waiting for its device.

        One message for all, not DistributedDataParallel: the model is a dictionary of tensors, and its
        gradients are a few megabytes.
        """
        if self.count == 1:
            return list(also)
        gradients = [p.grad for p in parameters if p.grad is not None]
        numbers = gradients[0].new_tensor([float(n) for n in also])  # sync: they are sent with the rest
        message = torch.cat([g.reshape(-1) for g in gradients] + [numbers])
        with _others_answer():
            dist.all_reduce(message)  # pyright: ignore[reportUnknownMemberType]
        message /= self.count
        sizes = [g.numel() for g in gradients]
        parts = list(torch.split(message, [*sizes, len(also)]))
        numbers = parts.pop()
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        return [float(n) for n in numbers.cpu()]  # sync: the numbers steer the loop

    def wait(self) -> None:
        """Until all processes are here."""
        if self.count > 1:
            with _others_answer():
                dist.barrier()  # pyright: ignore[reportUnknownMemberType]

    def average(self, value: Tensor) -> Tensor:
        """The mean over all processes, outside autograd."""
        if self.count == 1:
            return value.detach()
        total = value.detach().clone()
        with _others_answer():
            dist.all_reduce(total)  # pyright: ignore[reportUnknownMemberType]
        return total / self.count


def join_processes(device: torch.device) -> Processes:
    """Who this process is, from what torchrun sets. Raises TrainError where the others do not answer."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes()
    try:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    except (RuntimeError, ValueError) as error:
        raise TrainError(f"the {count} processes of torchrun did not find each other: {error}") from error
    return Processes(dist.get_rank(), count)


@contextmanager
def _others_answer() -> Generator[None]:
    """One line instead of a traceback where another process has gone, which has said why itself."""
    try:
        yield
    except RuntimeError as error:
        raise TrainError(
            "another process of this run has ended, so this one cannot go on; see what that one said, then "
            "give the same command again: it goes on from the last checkpoint"
        ) from error


def own_device(device: torch.device) -> torch.device:
    """Of several processes on one machine, each takes the GPU of its local number."""
    if device != torch.device("cuda"):
        return device
    local = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(local)
    return local


def leave_processes(processes: Processes, done: bool) -> None:
    """Ends what `join_processes` began. done: this process did all that it had to; it stays until the others
    have, since what the last average sent them may still be on its way."""
    if processes.count == 1:
        return
    if done:
        with suppress(RuntimeError):  # the others have left already: then there is nothing to wait for
            dist.barrier()  # pyright: ignore[reportUnknownMemberType]
    dist.destroy_process_group()
