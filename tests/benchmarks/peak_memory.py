"""Peak memory of a drag, in a process of its own: `python -m tests.benchmarks.peak_memory NAME ours 1`."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Literal

Which = Literal["ours", "reference"]

ROOT = Path(__file__).resolve().parents[2]
STEP_COUNT = 2  # the second has gradients and the optimiser's state from the first


@cache
def measure_peak_memory_mb(name: str, which: Which, layout: str, masked: bool) -> float | None:
    """Largest resident size, MB, of a process that loads the generator and does a few steps, ours with
    a picture too. layout, masked: see `Subject.session`. Measured once; None where the system does not tell.
    """
    if sys.platform != "linux":
        return None
    command = [sys.executable, "-m", "tests.benchmarks.peak_memory", name, which, layout]
    command += ["masked"] if masked else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main(name: str, which: Which, layout: str, masked: bool) -> None:
    """Does the work and prints the process's peak in MB."""
    from gan.drag_params import DragParams
    from tests.benchmarks.subjects import make_subject

    subject = make_subject(name)
    if which == "ours":
        subject.tensors.clear()  # only the reference reads them
        session = subject.session(DragParams.released(), layout, masked)
        for _ in range(STEP_COUNT):
            session.step()
        session.image()
    else:
        reference = subject.reference(layout, masked)
        subject.tensors.clear()
        for _ in range(STEP_COUNT):
            reference.step()
    # not ru_maxrss: a process inherits it from the one that started it
    status = Path("/proc/self/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    print(round(int(found.group(1)) / 1024, 1))


if __name__ == "__main__":
    main(
        *(sys.argv[1], "ours" if sys.argv[2] == "ours" else "reference", sys.argv[3]),
        masked="masked" in sys.argv[4:],
    )
