"""The hidden folder that a movie is made in: gone at the end, and after a kill with the next movie."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app import events
from app.file_desk import Folders
from app.recording import movie_folder as module
from app.recording.movie_folder import LOCK, PREFIX, WITHOUT_LOCK_S, movie_folder, remove_left_behind
from app.recording_desk import RecordingDesk
from app.state import AppState
from gan.file_lock import FileLock
from tests.app.fakes import NullCompositor

ROOT = Path(__file__).resolve().parents[3]
HOLD_IT = """
import sys, time
from pathlib import Path
from app.recording.movie_folder import movie_folder
with movie_folder(Path(sys.argv[1])) as folder:
    (folder / "edit.mp4").write_bytes(b"half")
    print(folder, flush=True)
    time.sleep(600)
"""


def hidden(parent: Path) -> list[Path]:
    return sorted(parent.glob(f"{PREFIX}*"))


def test_what_a_killed_program_leaves_goes_with_the_next_movie(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD_IT, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        with movie_folder(tmp_path) as mine:
            assert hidden(tmp_path) == sorted((left, mine)), "a movie that is being made is left alone"
            remove_left_behind(tmp_path)
            assert hidden(tmp_path) == sorted((left, mine)), "and so is one's own"
        process.kill()
    assert hidden(tmp_path) == [left]
    with movie_folder(tmp_path) as mine:
        assert hidden(tmp_path) == [mine]
    assert hidden(tmp_path) == []


def test_a_folder_that_has_no_lock_yet_is_left_alone_for_a_day(tmp_path: Path) -> None:
    new, old = tmp_path / f"{PREFIX}new", tmp_path / f"{PREFIX}old"
    new.mkdir()
    old.mkdir()
    then = time.time() - WITHOUT_LOCK_S - 60
    os.utime(old, (then, then))
    remove_left_behind(tmp_path)
    assert hidden(tmp_path) == [new]
    remove_left_behind(tmp_path / "nowhere")


def test_where_the_file_system_knows_no_locks_a_movie_is_not_taken_for_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> FileLock | None:
        path.touch()
        raise OSError("no locks available")

    monkeypatch.setattr(module.FileLock, "take", refuse)
    with movie_folder(tmp_path) as mine:
        assert not (mine / LOCK).exists()
        remove_left_behind(tmp_path)
        assert hidden(tmp_path) == [mine]


def test_the_window_removes_them_when_it_opens(tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    (left / LOCK).touch()  # and nobody holds it
    folders = Folders(tmp_path / "sessions", tmp_path / "pictures", tmp_path)

    def never() -> object:
        raise AssertionError("nothing is recorded")

    state = AppState(picture_size=(32, 32), model_name="fake")
    desk = RecordingDesk(state, NullCompositor, folders, never, never, time.monotonic)  # type: ignore[arg-type]
    desk.apply(events.ChooseMovie(state.movie_choice))
    assert hidden(tmp_path) == []
