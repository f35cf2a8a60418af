"""The machine that a measurement belongs to: processor, cores, memory, versions."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path

import msgspec
import torch


class Machine(msgspec.Struct, frozen=True):
    """Where the numbers were measured. memory_gb: None where it cannot be known.

    load_before: how many processes wanted to run in the minute before (load average): a busy machine
    measures badly, and this shows it. None where the system does not tell. gpu_model: where the work ran on
    one.
    """

    cpu_model: str
    core_count: int
    memory_gb: float | None
    system: str
    python: str
    torch: str
    torch_thread_count: int
    load_before: float | None = None
    gpu_model: str | None = None

    @property
    def slug(self) -> str:
        """For file names: 'amd-epyc-2cores', 'nvidia-h200'."""
        name = re.sub(r"[^a-z0-9]+", "-", (self.gpu_model or self.cpu_model).lower()).strip("-")
        return name if self.gpu_model else f"{name}-{self.core_count}cores"


def this_machine(device: torch.device | None = None) -> Machine:
    """The machine that runs this. device: where the work runs; None = on the processor."""
    on_gpu = device is not None and device.type == "cuda"
    return Machine(
        cpu_model=_cpu_model(),
        core_count=_core_count(),
        memory_gb=_memory_gb(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        torch=str(torch.__version__),
        torch_thread_count=torch.get_num_threads(),
        load_before=round(os.getloadavg()[0], 2) if sys.platform != "win32" else None,
        gpu_model=torch.cuda.get_device_name(device) if on_gpu else None,
    )


def _cpu_model() -> str:
    if sys.platform == "linux":
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        if found:
            return found.group(1).strip()
    return platform.processor() or "unknown processor"


def _core_count() -> int:
    """Cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gb() -> float | None:
    if sys.platform != "linux":
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
