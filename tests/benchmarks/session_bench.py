"""What a long session costs: memory, the time of a save, the size of its file, and of a look back.

Run as a program: python -m tests.benchmarks.session_bench [--steps 10000] [--json FILE]. The steps are real
ones
on the embedded generator; what they would keep at 1024 px is measured by keeping as many states of that size.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from app.session.document import encode_document, load_document, save_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, MoveTarget, StartFromSeed
from app.session.history_log import Place
from app.session.kept_states import KeptState, KeptStates
from app.session.session_text import session_to_text
from gan.drag_params import DragParams
from gan.drag_state import new_drag
from gan.model_file import load_generator
from gan.packed_snapshot import PackedSnapshot, pack

STEPS_A_MOVE = 20
LARGEST_NUM_WS, LARGEST_W_DIM, LARGEST_CHANNELS = 18, 512, 512  # 1024 px, config F


def resident_mb() -> float:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure_session(step_count: int) -> dict[str, float]:
    """A session of so many steps whose target never rests."""
    generator = load_generator()
    session = EditSession(generator, StartFromSeed(34))
    session.begin("drag")
    size = generator.width
    session.apply(AddHandle(0, (size / 2, size / 2), (size * 0.7, size / 2)))
    for _ in range(50):
        session.step()
    before_mb = resident_mb()
    for i in range(step_count - 50):
        if i % STEPS_A_MOVE == 0:
            share = i / STEPS_A_MOVE % 7 / 7
            session.apply(MoveTarget(0, (size * (0.3 + 0.4 * share), size * (0.7 - 0.4 * share))))
        session.step()
    after_mb = resident_mb()
    document = session.document()
    saves_ms: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.json"
        for _ in range(20):
            began = time.perf_counter()
            save_document(path, session.document())
            saves_ms.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        load_document(path)
        read_ms = (time.perf_counter() - began) * 1000
    looks_ms: list[float] = []
    for position in range(step_count // 3, step_count, step_count // 7):
        began = time.perf_counter()
        session.state_at(position)
        looks_ms.append((time.perf_counter() - began) * 1000)
    return {
        "steps": session.session.iteration,
        "grown_mb": after_mb - before_mb,
        "kept_states_mb": session.kept_bytes / 2**20,
        "save_ms_median": statistics.median(saves_ms),
        "save_ms_worst": max(saves_ms),
        "read_ms": read_ms,
        "file_kb": len(encode_document(document)) / 1024,
        "text_kb": len(session_to_text(document)) / 1024,
        "look_back_ms_worst": max(looks_ms),
    }


def measure_largest(step_count: int) -> dict[str, float]:
    """So many states of a 1024 px session of config F, kept as a session keeps them."""
    latent = torch.randn(LARGEST_NUM_WS, LARGEST_W_DIM)
    snapshot = new_drag(latent, LARGEST_CHANNELS, DragParams())
    states = KeptStates()
    packed: PackedSnapshot | None = None
    before_mb = resident_mb()
    for step in range(step_count):
        moved = torch.cat([snapshot.w_plus[:6] + 0.01, latent[6:]])
        snapshot = replace(snapshot, w_plus=moved, iteration=step + 1)
        packed = pack(snapshot, packed)
        states.put(Place(1, 0, step + 1), KeptState(packed, None, StartFromSeed(0), 0))
    return {
        "steps": step_count,
        "grown_mb": resident_mb() - before_mb,
        "kept_states_mb": states.byte_count / 2**20,
        "kept_count": len(states),
        "stride": states.stride,
    }


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = {
        "1024 px, states alone": measure_largest(arguments.steps),
        "embedded generator": measure_session(arguments.steps),
    }
    text = json.dumps(result, indent=1)
    print(text)
    if arguments.json is not None:
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
