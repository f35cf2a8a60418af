"""An X server without a screen, for tests and benchmarks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def xvfb(screen: str, resets: bool = False) -> Iterator[str | None]:
    """A server of its own while the `with` lasts: its display's name, None where Xvfb is missing or fails.

    screen: WIDTHxHEIGHTxDEPTH. resets: it begins anew whenever its last client leaves, and refuses the next
    one meanwhile.
    """
    if shutil.which("Xvfb") is None:
        yield None
        return
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", screen, "-nolisten", "tcp"]
        + (["-reset"] if resets else ["-noreset"]),
        pass_fds=(write_end,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as announced:
            number = announced.readline().strip()
        yield f":{number}" if number else None
    finally:
        server.terminate()
        server.wait()
