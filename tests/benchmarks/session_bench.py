"""What a session costs as it grows: memory, the time of a save, the size of its file, and of a look back.

Run as a program, so that nothing else is in its memory: python -m tests.benchmarks.session_bench
[--steps 10000]. The steps are real ones on the embedded generator, where they take no longer than
LONGEST_S together; what they would keep at 1024 px is measured by keeping as many states of that size.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import torch

from app.session.document import SessionDocument, encode_document, load_document, save_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, MoveTarget, StartFromSeed
from app.session.history_log import Place
from app.session.kept_states import KeptState, KeptStates
from app.session.session_text import session_to_text
from gan.drag_params import DragParams
from gan.drag_state import new_drag
from gan.generator import Generator
from gan.model_file import load_generator
from gan.packed_snapshot import PackedSnapshot, pack
from gan.random_model import random_architecture, random_generator

ROOT = Path(__file__).resolve().parents[2]
STEP_COUNT = 10_000
SHORT_STEP_COUNT = 50
STEPS_A_MOVE = 20
SAVE_COUNT = 20
LONGEST_S = 150.0  # of all steps; where the embedded generator would take longer, a small one does them
LARGEST_NUM_WS, LARGEST_W_DIM, LARGEST_CHANNELS = 18, 512, 512  # 1024 px, config F


class SavedSession(msgspec.Struct, frozen=True):
    """A session of so many steps on disk. save: with everything until it is safe on the disk, of SAVE_COUNT;
    read: of the file, without doing its steps again. text: for the clipboard."""

    step_count: int
    save_median_ms: float
    save_worst_ms: float
    read_ms: float
    file_kb: float
    text_kb: float


class SessionBench(msgspec.Struct, frozen=True):
    """A long session, and a short one beside it. generator: what its steps were made with, in words.

    resident_mb: of the whole process at the end; grown_mb: since the short session; kept_states_mb: what
    the session keeps to go back to. look_back_worst_ms: to an earlier picture's exact state.
    largest_*: as many states of a 1024 px generator of config F, kept as a session keeps them.
    """

    generator: str
    step_ms: float
    short: SavedSession
    long: SavedSession
    resident_mb: float
    grown_mb: float
    kept_states_mb: float
    look_back_worst_ms: float
    largest_grown_mb: float
    largest_kept_mb: float
    largest_kept_count: int
    largest_stride: int


def bench_session(step_count: int = STEP_COUNT) -> SessionBench | None:
    """Measures in a process of its own; None where the system does not tell a process's memory, or
    the process failed."""
    if sys.platform != "linux":
        return None
    command = [sys.executable, "-m", "tests.benchmarks.session_bench", "--steps", str(step_count)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)  # its errors are seen
    return msgspec.json.decode(done.stdout, type=SessionBench) if done.returncode == 0 else None


def resident_mb() -> float:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(step_count: int, longest_s: float = LONGEST_S) -> SessionBench:
    """A session of so many steps whose target never rests. longest_s: see LONGEST_S."""
    largest, grown_mb = measure_largest(step_count)
    generator = load_generator()
    title = f"{generator.provenance.name}, {generator.width} px"
    session = begun(generator)
    step_ms = steps_ms(session, 0, SHORT_STEP_COUNT)
    if step_ms * step_count > longest_s * 1000:
        generator = random_generator(random_architecture(32, 256, channel_max=16))
        title = f"random weights, {generator.width} px: the embedded one takes {step_ms:.0f} ms a step"
        session = begun(generator)
        step_ms = steps_ms(session, 0, SHORT_STEP_COUNT)
    short = saved(session.document())
    before_mb = resident_mb()
    step_ms = steps_ms(session, SHORT_STEP_COUNT, step_count)
    after_mb = resident_mb()
    looks_ms: list[float] = []
    for position in range(step_count // 3, step_count, max(step_count // 7, 1)):
        started = time.perf_counter()
        session.state_at(position)
        looks_ms.append((time.perf_counter() - started) * 1000)
    return SessionBench(
        generator=title,
        step_ms=round(step_ms, 2),
        short=short,
        long=saved(session.document()),
        resident_mb=round(after_mb, 1),
        grown_mb=round(after_mb - before_mb, 1),
        kept_states_mb=round(session.kept_bytes / 2**20, 1),
        look_back_worst_ms=round(max(looks_ms), 1),
        largest_grown_mb=round(grown_mb, 1),
        largest_kept_mb=round(largest.byte_count / 2**20, 1),
        largest_kept_count=len(largest),
        largest_stride=largest.stride,
    )


def begun(generator: Generator) -> EditSession:
    """A session with one handle in the middle."""
    session = EditSession(generator, StartFromSeed(34))
    session.begin("drag")
    size = generator.width
    session.apply(AddHandle(0, (size / 2, size / 2), (size * 0.7, size / 2)))
    return session


def steps_ms(session: EditSession, first: int, last: int) -> float:
    """Does the steps from `first` to `last`; the mean of a step, ms."""
    size = session.generator.width
    began = time.perf_counter()
    for i in range(first, last):
        if i % STEPS_A_MOVE == 0:
            share = i / STEPS_A_MOVE % 7 / 7
            session.apply(MoveTarget(0, (size * (0.3 + 0.4 * share), size * (0.7 - 0.4 * share))))
        session.step()
    return (time.perf_counter() - began) * 1000 / max(last - first, 1)


def saved(document: SessionDocument) -> SavedSession:
    """Saves and reads a session."""
    saves_ms: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.json"
        for _ in range(SAVE_COUNT):
            began = time.perf_counter()
            save_document(path, document)
            saves_ms.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        load_document(path)
        read_ms = (time.perf_counter() - began) * 1000
    return SavedSession(
        step_count=document.step_count(),
        save_median_ms=round(statistics.median(saves_ms), 2),
        save_worst_ms=round(max(saves_ms), 2),
        read_ms=round(read_ms, 2),
        file_kb=round(len(encode_document(document)) / 1024, 1),
        text_kb=round(len(session_to_text(document)) / 1024, 1),
    )


def measure_largest(step_count: int) -> tuple[KeptStates, float]:
    """So many states of a 1024 px session of config F, kept as a session keeps them; and by how many MB the
    process has grown."""
    latent = torch.randn(LARGEST_NUM_WS, LARGEST_W_DIM)
    snapshot = new_drag(latent, LARGEST_CHANNELS, DragParams())
    states = KeptStates()
    packed: PackedSnapshot | None = None
    before_mb = resident_mb()
    for step in range(step_count):
        moved = torch.cat([snapshot.w_plus[:6] + 0.01, latent[6:]])
        snapshot = replace(snapshot, w_plus=moved, iteration=step + 1)
        packed = pack(snapshot, packed)
        states.put(Place(1, 0, step + 1), KeptState(packed, None, StartFromSeed(0), 0, DragParams()))
    return states, resident_mb() - before_mb


def main() -> None:
    """Measures and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--steps", type=int, default=STEP_COUNT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # as the window's worker has it
    print(msgspec.json.encode(measure(arguments.steps)).decode())


if __name__ == "__main__":
    main()
