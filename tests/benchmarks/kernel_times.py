"""What runs on the GPU while something is done, by torch's profiler."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import torch
from torch.autograd import DeviceType  # pyright: ignore[reportPrivateImportUsage]
from torch.profiler import ProfilerActivity, profile

LONGEST_COUNT = 16
NAME_LENGTH = 90


class KernelTime(msgspec.Struct, frozen=True):
    """All calls of one kernel in one repetition."""

    name: str
    count: float
    busy_ms: float


class Kernels(msgspec.Struct, frozen=True):
    """Of one repetition: how many run, the sum of their times, and those that take the most."""

    count: float
    busy_ms: float
    longest: list[KernelTime]


def kernels_of(work: Callable[[], object], repeats: int, device: torch.device) -> Kernels | None:
    """None where there is no GPU, or where the profiler may not look at it."""
    if device.type != "cuda":
        return None
    torch.cuda.synchronize(device)  # sync: what was launched before is not counted
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        for _ in range(repeats):
            work()
        torch.cuda.synchronize(device)  # sync: all of it is counted
    found = [
        KernelTime(
            event.key[:NAME_LENGTH].replace("|", "/"),
            round(event.count / repeats, 1),
            round(event.self_device_time_total / repeats / 1000, 4),
        )
        for event in profiled.key_averages()
        if event.device_type == DeviceType.CUDA
        and event.self_device_time_total > 0
        and not event.is_user_annotation  # a span with a name, such as the optimiser's
    ]
    if not found:
        return None
    found.sort(key=lambda kernel: -kernel.busy_ms)
    count, busy_ms = sum(k.count for k in found), sum(k.busy_ms for k in found)
    return Kernels(round(count, 1), round(busy_ms, 4), found[:LONGEST_COUNT])
