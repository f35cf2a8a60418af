"""Reads files one by one, each in a forked process under an audit hook, and prints what happened as JSON.

Run as a program: folder of files -> one JSON line a file: name, error, kind of error, seconds, peak MB,
events.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

from gan.model_file import load_generator
from tests.gan.formats.audit import watched


def read_one(path: Path) -> dict[str, object]:
    """Loads a file and says what came of it; whatever is raised is reported, not raised."""
    error, kind = "", ""
    start = time.process_time()  # not the clock: other programs may have the processor
    with watched() as events:
        try:
            load_generator(path)
        except BaseException as caught:  # noqa: BLE001 - a report of anything at all is the point
            error, kind = str(caught), type(caught).__name__
    return {
        "name": path.name,
        "error": error,
        "kind": kind,
        "seconds": time.process_time() - start,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "events": events,
    }


def main(folder: Path) -> None:
    """Every file of the folder in a process of its own."""
    load_generator()  # whatever is imported late is imported now
    for path in sorted(folder.iterdir()):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            print(json.dumps(read_one(path)), flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status != 0:
            print(json.dumps({"name": path.name, "error": f"died: {status}", "kind": "died", "events": []}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
