"""Renders a numbered set of critters block by block, by one process or several, always in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait

import numpy as np
import torch

from gan.critters.factors import sample_factors
from gan.critters.renderer import CritterError, CritterRenderer

Array = np.ndarray


@dataclass(frozen=True)
class RenderJob:
    """What all blocks of a set have in common."""

    seed: int
    resolution: int
    device: str = "cpu"
    compiled: bool | None = None


@dataclass(frozen=True)
class Block:
    """The critters first .. first + N - 1 of a set."""

    first: int
    pictures: Array  # (N, H, W, 3) uint8
    factors: Array  # (N, FACTOR_COUNT) float32
    landmarks: Array  # (N, 12, 2) float32, pixels


def rendered_blocks(job: RenderJob, blocks: Sequence[range], worker_count: int = 1) -> Iterator[Block]:
    """The blocks of indices, rendered, in their order.

    Every process uses one thread: how torch splits a loop among threads shows in the last bit, and a set must
    not depend on the machine's cores. Raises CritterError where a process dies.
    """
    worker_count = min(worker_count, len(blocks))
    if worker_count <= 1:
        yield from _render_here(job, blocks)
        return
    # fork would copy torch's threads in whatever state they are
    context = multiprocessing.get_context("spawn")
    connections: list[Connection] = []
    with ExitStack() as stack:
        for i in range(worker_count):
            ours, theirs = context.Pipe(duplex=False)
            worker = context.Process(
                target=_work, args=(theirs, job, list(blocks[i::worker_count])), daemon=True
            )
            with _interrupts_held():
                worker.start()
            theirs.close()  # so that a worker that dies ends our recv
            stack.callback(worker.join)
            stack.callback(worker.terminate)
            stack.callback(ours.close)
            connections.append(ours)
        for i, block in enumerate(blocks):
            yield _receive(connections[i % worker_count], block)


def one_ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks; while one is written to the disk, a thread renders the next."""
    with ThreadPoolExecutor(1, "critters") as thread:
        coming = thread.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = thread.submit(next, blocks, None)
            yield block


def _render_here(job: RenderJob, blocks: Sequence[range]) -> Iterator[Block]:
    renderer = CritterRenderer(job.resolution, job.device, job.compiled)
    for block in blocks:
        thread_count = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            rendered = _render(renderer, job.seed, block)
        finally:
            torch.set_num_threads(thread_count)
        yield rendered


def _render(renderer: CritterRenderer, seed: int, indices: range) -> Block:
    z = sample_factors(seed, indices)
    batch = renderer.render(z)
    return Block(
        first=indices.start,
        pictures=batch.pictures.permute(0, 2, 3, 1).contiguous().cpu().numpy(),  # sync: written to a file
        factors=z.numpy(),
        landmarks=batch.landmarks_px.cpu().numpy(),  # sync: written to a file
    )


@contextmanager
def _interrupts_held() -> Generator[None]:
    """Ctrl+C is the parent's to answer. A process begins with the signals held that its parent held then, so
    a worker is deaf to it from its first instruction on, also while it imports."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # else it would begin with the first worker, and let signals through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """Ends this process when its parent does, however that comes about. A worker that waited for its next
    block to find no reader would go on for minutes while it compiles."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(connection: Connection, job: RenderJob, blocks: list[range]) -> None:
    """A worker process: its blocks one after the other; the pipe's size keeps it from running ahead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for what this process starts in turn
    _end_with_parent()
    torch.set_num_threads(1)
    try:
        for block in _render_here(job, blocks):
            connection.send(block)
    except BrokenPipeError:
        pass  # the parent is gone, or has enough
    except (RuntimeError, CritterError, MemoryError) as error:
        connection.send(f"{type(error).__name__}: {error}")


def _receive(connection: Connection, indices: range) -> Block:
    try:
        received = connection.recv()
    except (EOFError, ConnectionResetError) as error:
        raise CritterError(
            f"the process that rendered critters {indices.start} to {indices.stop - 1} has died; "
            "use fewer --workers if memory is short, then run the same command again: it resumes"
        ) from error
    if isinstance(received, str):
        raise CritterError(f"critters {indices.start} to {indices.stop - 1} cannot be rendered: {received}")
    assert isinstance(received, Block)
    assert received.first == indices.start
    return received
