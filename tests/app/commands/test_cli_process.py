"""The command line in a process of its own: errors, interrupts, readers that leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from app.cli import LARGE_PAGES
from app.commands.progress import PROGRESS_VARIABLE
from app.session.document import load_document, save_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed, Steps
from gan.model_file import load_generator
from tests.app.command_line import DRAG

ROOT = Path(__file__).resolve().parents[3]


def start(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app", *(str(argument) for argument in arguments)]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=buffered | (environment or {}),
    )


def test_in_a_process_of_its_own_an_error_is_one_line(tmp_path: Path) -> None:
    process = start("inspect", tmp_path / "none")
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert error.count("\n") == 1
    assert error.startswith("livedrag: model file")


def test_large_pages_are_asked_for_before_torch_is_there_and_a_persons_own_choice_stays() -> None:
    """torch reads it once."""
    code = (
        "import os, sys, app.cli\n"
        "assert 'torch' not in sys.modules\n"
        "app.cli.main(['--version'])\n"
        "print(os.environ[app.cli.LARGE_PAGES])"
    )
    for given, wanted in (({}, "1"), ({LARGE_PAGES: "0"}, "0")):
        environment = {name: value for name, value in os.environ.items() if name != LARGE_PAGES} | given
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.split()[-1] == wanted


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_interrupting_is_quiet_and_leaves_no_half_video(tmp_path: Path, model: Path) -> None:
    process = start(
        "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 3,
        "--video", "--seconds", 300, "--out", tmp_path / "o",
    )  # fmt: skip
    part = tmp_path / "o" / ".edit.mp4.part"
    while not part.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert error == ""
    assert process.returncode == 130
    assert not [path for path in (tmp_path / "o").iterdir() if "edit" in path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_interrupting_a_replay_keeps_what_was_done(tmp_path: Path, model: Path) -> None:
    session = EditSession(load_generator(model), StartFromSeed(1))
    session.apply(AddHandle(0, (8.0, 16.0), (900.0, 16.0)))  # never there
    document = session.document()
    document = msgspec.structs.replace(document, edits=[*document.edits, Steps(100_000)])
    saved, out = tmp_path / "long.json", tmp_path / "o"
    save_document(saved, document)
    process = start("replay", saved, "--out", out, "--video", environment={PROGRESS_VARIABLE: "lines"})
    assert process.stderr is not None
    while not (line := process.stderr.readline()).startswith("progress replaying 1") and line:
        pass
    process.send_signal(signal.SIGINT)
    said, error = process.communicate(timeout=120)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    told = [line for line in error.splitlines() if not line.startswith("progress")]
    assert len(told) == 1
    assert f"of 100000 steps; '{out}' holds the edit up to there, without the video" in told[0]
    assert load_document(saved) == document
    done = load_document(out / "session.json").step_count()
    assert 1 <= done < 100_000
    assert f"{done} steps" in said
    assert not list(out.glob("*edit*"))


LIMITED = """
import resource, sys
from app.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit for files")
def test_a_disk_that_fills_is_one_line_and_what_was_written_stays(tmp_path: Path, model: Path) -> None:
    out = tmp_path / "o"
    arguments = ["edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 2, "--out", out]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "20000", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"livedrag: cannot write '{out / 'before-after.png'}': File too large; choose another folder"
    ]
    assert load_document(out / "session.json").step_count() == 2
    whole = {"session.json", "latent.safetensors", "latent.npy", "before.png", "after.png"}
    assert {path.name for path in out.iterdir()} == whole, "nothing half"


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
