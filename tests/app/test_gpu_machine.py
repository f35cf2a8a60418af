"""`./test gpu` on a machine with a GPU and few packages: what needs none of those that are missing runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ONLY_FOR_WINDOWS = ("av", "dearpygui", "OpenGL", "tomlkit", "platformdirs")
IMPORTS = """
import importlib, sys
for name in sys.argv[1].split():
    sys.modules[name] = None
import app.cli
for name in ("case_bench", "step_bench", "studio_bench", "result_file", "window_bench"):
    importlib.import_module(f"tests.benchmarks.{name}")
"""


def test_steps_are_measured_without_what_only_windows_and_recordings_need() -> None:
    command = [sys.executable, "-c", IMPORTS, " ".join(ONLY_FOR_WINDOWS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    ("venv_sees", "installs", "system_sees", "chosen"),
    [  # None = there is no .venv
        (None, False, True, "python3"),
        (True, True, False, ""),  # .venv, made ready
        (True, False, True, ".venv"),
        (False, False, True, "python3"),  # what an installation without a network has left
        (False, False, False, None),
    ],
)
def test_without_a_network_the_python_that_sees_the_gpu_is_taken(
    tmp_path: Path, venv_sees: bool | None, installs: bool, system_sees: bool, chosen: str | None
) -> None:
    def stand_in(path: Path, sees: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\nexit {0 if sees else 1}\n")
        path.chmod(0o755)

    stand_in(tmp_path / "bin" / "python3", system_sees)
    if venv_sees is not None:
        stand_in(tmp_path / ".venv" / "bin" / "python", venv_sees)
    script = f"""
        set -euo pipefail
        ROOT={tmp_path}
        . {ROOT}/.ci/setup.sh
        prepare_environment() {{ return {0 if installs else 1}; }}
        find_gpu_python
        echo "chosen=${{LIVEDRAG_PYTHON:-}}"
    """
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    environment.pop("LIVEDRAG_PYTHON", None)
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    if chosen is None:
        assert done.returncode == 2
        assert "no torch here sees the GPU" in done.stderr
        return
    expected = str(tmp_path / ".venv/bin/python") if chosen == ".venv" else chosen
    assert done.stdout.strip() == f"chosen={expected}", done.stderr
