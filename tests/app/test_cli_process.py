"""The command line in a process of its own: errors, interrupts, readers that leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.app.command_line import DRAG

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app", *(str(argument) for argument in arguments)]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=buffered
    )


def test_in_a_process_of_its_own_an_error_is_one_line(tmp_path: Path) -> None:
    process = start("inspect", tmp_path / "none")
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert error.count("\n") == 1
    assert error.startswith("livedrag: model file")


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_interrupting_is_quiet_and_leaves_no_half_video(tmp_path: Path, model: Path) -> None:
    process = start(
        "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--params", "released", "--steps", 10_000,
        "--video", "--out", tmp_path / "o",
    )  # fmt: skip
    part = tmp_path / "o" / ".edit.mp4.part"
    while not part.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert error == ""
    assert process.returncode == 130
    assert list((tmp_path / "o").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pipe that breaks")
def test_a_reader_that_leaves_is_no_error(model: Path) -> None:
    for arguments in (["inspect", model], ["--help"], ["--version"]):
        leave_early(start(*arguments))


def leave_early(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 0
    process.stderr.close()
