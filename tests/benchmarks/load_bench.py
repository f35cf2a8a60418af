"""Load time and peak memory of a synthetic 1024 px config-F file of each format, each in a process of its
own.

Run as a program: python -m tests.benchmarks.load_bench [--json FILE] [--resolution 1024]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from gan.model_file import convert_model_file
from gan.random_model import random_architecture, random_tensors
from tests.gan.formats import model_files as files
from tests.gan.formats.stand_ins import dump, module_tree

CHANNEL_BASE = 32768
_MEASURE = """
import json, resource, sys, time
import torch
from pathlib import Path
from gan.formats.read_model import read_model
from gan.model_file import load_generator
torch.set_num_threads(1)
load_generator()
def peak():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) / 1024
before = peak()
start = time.perf_counter()
generator = load_generator(sys.argv[1])
print(json.dumps({"seconds": time.perf_counter() - start, "peak_mb": peak() - before}))
"""


def nvidia(path: Path, tensors: dict[str, Tensor]) -> None:
    """A training snapshot: G, D and G_ema, as they are published (the 380 MB kind)."""
    d = {f"b{i}.conv0.weight": torch.randn(512, 512, 3, 3) for i in range(12)}
    tree = module_tree(files.with_filters(tensors))
    value = {
        "G": module_tree(files.with_filters(tensors)),
        "D": module_tree(d, "Discriminator"),
        "G_ema": tree,
    }
    path.write_bytes(dump(value, 4))


WRITERS: dict[str, Callable[[Path, dict[str, Tensor]], object]] = {
    "NVIDIA .pkl (G, D, G_ema)": nvidia,
    "TensorFlow-era .pkl": files.tensorflow_file,
    "rosinality .pt (zip)": files.rosinality_file,
    "rosinality .pt (legacy)": lambda path, t: files.rosinality_file(path, t, legacy=True),
    "state dict .pt": files.state_dict_file,
    "NVIDIA .pkl, protocol 2": lambda path, t: path.write_bytes(dump({"G_ema": module_tree(t)}, 2)),
    "safetensors": lambda path, t: _safetensors(path, t),
}


def _safetensors(path: Path, tensors: dict[str, Tensor]) -> None:
    files.state_dict_file(path.with_suffix(".source"), tensors)
    convert_model_file(path.with_suffix(".source"), path)
    path.with_suffix(".source").unlink()


def measure(path: Path) -> dict[str, float]:
    """Seconds and peak MB beyond the idle process of one load, torch on one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return json.loads(done.stdout)


def main() -> None:
    """Prints one line a format; --json writes them."""
    parser = argparse.ArgumentParser(
        description="load time and peak memory of every format", allow_abbrev=False
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--resolution", type=int, default=1024)
    arguments = parser.parse_args()
    tensors = random_tensors(random_architecture(arguments.resolution, CHANNEL_BASE))
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, write in WRITERS.items():
            path = Path(folder) / "model.bin"
            write(path, tensors)
            size_mb = path.stat().st_size / 1e6
            row = {"format": name, "file_mb": size_mb, **measure(path), "time": time.strftime("%Y-%m-%d")}
            rows.append(row)
            print(f"{name:28} {size_mb:6.0f} MB  {row['seconds']:6.2f} s  {row['peak_mb']:6.0f} MB at most")
            path.unlink()
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
