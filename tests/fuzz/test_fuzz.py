"""A short fuzz run from the kept corpus; left out where atheris is not installed (it has wheels for
few platforms)."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from gan.errors import ModelFileError
from gan.formats.limits import ReadLimits
from gan.formats.read_model import read_bytes

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).with_name("corpus")
SECONDS = 10


def test_the_corpus_is_read_or_refused() -> None:
    """Also without atheris: whatever fuzzing has found stays mended."""
    inputs = sorted(CORPUS.iterdir())
    assert len(inputs) > 50
    for path in inputs:
        with suppress(ModelFileError):
            read_bytes(memoryview(bytearray(path.read_bytes())), ReadLimits(seconds=5.0)).load(path.name)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="left out: atheris is not installed")
def test_a_bounded_fuzz_run(tmp_path: Path) -> None:
    grown = tmp_path / "grown"
    grown.mkdir()
    command = [
        *(sys.executable, "-m", "tests.fuzz.read_anything", str(grown), str(CORPUS)),
        *(f"-max_total_time={SECONDS}", "-timeout=5", "-rss_limit_mb=2048", "-max_len=8192", "-seed=1"),
        f"-artifact_prefix={tmp_path}/",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3_000:]
    assert "Done" in done.stderr
