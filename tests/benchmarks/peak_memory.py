"""Peak memory of a drag, in a process of its own: `python -m tests.benchmarks.peak_memory NAME ours`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

Which = Literal["ours", "reference"]

ROOT = Path(__file__).resolve().parents[2]
STEP_COUNT = 3


def measure_peak_memory_mb(name: str, which: Which) -> float | None:
    """Largest resident size, MB, of a process that loads the generator and does a few steps."""
    if sys.platform != "linux":
        return None
    command = [sys.executable, "-m", "tests.benchmarks.peak_memory", name, which]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main(name: str, which: Which) -> None:
    """Does the work and prints the process's peak in MB."""
    from gan.drag_params import DragParams
    from tests.benchmarks.subjects import make_subject

    subject = make_subject(name)
    if which == "ours":
        subject.tensors.clear()  # only the reference reads them
        session = subject.session(DragParams.released())
        for _ in range(STEP_COUNT):
            session.step()
        session.image()
    else:
        reference = subject.reference()
        subject.tensors.clear()
        for _ in range(STEP_COUNT):
            reference.step()
    # not ru_maxrss: a process inherits it from the one that started it
    status = Path("/proc/self/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    print(round(int(found.group(1)) / 1024, 1))


if __name__ == "__main__":
    main(sys.argv[1], "ours" if sys.argv[2] == "ours" else "reference")
