"""Autosave: nothing is lost to a kill, a full disk or a folder that is gone, and what is left is offered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from app.session import autosave as autosave_module
from app.session.autosave import Autosave, latest_unfinished, lock_of, set_aside
from app.session.document import SessionDocument, load_document, save_document
from app.session.replay import replay
from gan.errors import EditError
from gan.file_lock import is_locked
from tests.app.documents import a_document, numbered_document
from tests.app.polling import wait_until
from tests.app.tiny import tiny_generator

ROOT = Path(__file__).resolve().parents[3]


def test_autosave_writes_and_close_finishes(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path, interval_s=0.01)
    assert list(tmp_path.iterdir()) == [], "nothing before the first change"
    autosave.note_change(a_document)
    finished = autosave.close()
    assert finished is not None
    assert not finished.name.endswith(autosave_module.UNFINISHED)
    assert load_document(finished).edits == a_document().edits
    assert latest_unfinished(tmp_path) is None
    assert Autosave(tmp_path).close() is None


def test_autosave_is_gentle_and_keeps_the_last_change(tmp_path: Path) -> None:
    calls: list[int] = []

    def numbered(number: int) -> SessionDocument:
        calls.append(number)
        return msgspec.structs.replace(document, created=str(number))

    document = a_document()
    autosave = Autosave(tmp_path, interval_s=30)
    for number in range(200):
        autosave.note_change(lambda number=number: numbered(number))
    finished = autosave.close()
    assert finished is not None
    assert load_document(finished).created == "199"
    assert len(calls) <= 2


def test_a_failing_autosave_is_told_and_does_not_raise(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    autosave = Autosave(tmp_path / "file", interval_s=0.01)
    autosave.note_change(a_document)
    assert autosave.close() is None
    assert autosave.error is not None
    assert "\n" not in autosave.error


WRITER = """
import sys, time
from pathlib import Path
from app.session.autosave import Autosave
from tests.app.documents import a_document
import msgspec
document = a_document()
autosave = Autosave(Path(sys.argv[1]), interval_s=0)
number = 0
while True:
    number += 1
    autosave.note_change(lambda n=number: msgspec.structs.replace(document, created=f"{n}" * 5000))
    if number == 3:
        print("ready", flush=True)
    time.sleep(0.0005)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_program_leaves_a_whole_session_to_resume(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    while not list(tmp_path.glob("*.json")):
        time.sleep(0.005)
    assert latest_unfinished(tmp_path) is None, "it is still being written"
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    left = latest_unfinished(tmp_path)
    assert left is not None
    document = load_document(left)
    assert replay(document, tiny_generator()).undo_label == "drag"
    set_aside(left)
    assert latest_unfinished(tmp_path) is None


# locks and disks


def test_a_process_id_that_came_back_hides_nothing(tmp_path: Path) -> None:
    left = tmp_path / f"20260101-120000-000000-{os.getpid()}{autosave_module.UNFINISHED}"
    save_document(left, a_document())
    assert latest_unfinished(tmp_path) == left
    running = Autosave(tmp_path, interval_s=0.01)
    running.note_change(a_document)
    wait_until(running.path.exists)
    wait_until(lambda: is_locked(lock_of(running.path)))
    assert latest_unfinished(tmp_path) == left, "the newer one is still being written"
    running.close()
    assert [path.suffix for path in tmp_path.iterdir()] == [".json", ".json"], "the lock is gone"


def test_a_session_is_locked_before_it_is_there_to_be_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    was_locked: list[bool] = []

    def save(path: Path, document: SessionDocument) -> None:
        was_locked.append(is_locked(lock_of(path)))
        save_document(path, document)

    monkeypatch.setattr(autosave_module, "save_document", save)
    running = Autosave(tmp_path / "new", interval_s=0.01)
    running.note_change(a_document)
    wait_until(running.path.exists)
    running.close()
    assert was_locked[0]


def test_a_full_disk_is_tried_again_without_another_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True

    def write(descriptor: int) -> None:
        if full:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", write)
    autosave = Autosave(tmp_path / "full", interval_s=0.01, retry_s=0.02)
    autosave.note_change(a_document)
    wait_until(lambda: autosave.error is not None)
    assert "No space left" in str(autosave.error)
    full = False
    wait_until(lambda: autosave.error is None)
    assert load_document(autosave.path).step_count() == 3
    autosave.close()


def test_where_the_folder_cannot_be_written_the_session_is_kept_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    autosave = Autosave(tmp_path / "file", interval_s=0.01, spare=tmp_path / "spare")
    autosave.note_change(a_document)
    wait_until(lambda: autosave.error is not None)
    assert str(tmp_path / "spare") in str(autosave.error)
    assert latest_unfinished(tmp_path / "spare") is None, "it is being written"
    kept = autosave.close()
    assert kept is not None
    assert load_document(kept).step_count() == 3


def test_a_folder_that_can_be_written_again_gets_the_session_back(tmp_path: Path) -> None:
    folder, spare = tmp_path / "sessions", tmp_path / "spare"
    autosave = Autosave(folder, interval_s=0.01, spare=spare)
    autosave.note_change(lambda: numbered_document(1))
    home = autosave.path
    wait_until(lambda: home.exists() and is_locked(lock_of(home)))
    folder.rename(tmp_path / "away")
    folder.write_text("in the way")
    autosave.note_change(lambda: numbered_document(2))
    wait_until(lambda: autosave.path.parent == spare)
    assert load_document(autosave.path).created == "2"
    folder.unlink()
    (tmp_path / "away").rename(folder)
    assert latest_unfinished(folder) is None, "an older state of what still runs is not offered"
    wait_until(lambda: autosave.path == home)
    assert autosave.error is None
    assert load_document(home).created == "2"
    finished = autosave.close()
    assert finished is not None
    assert [path.name for path in folder.iterdir()] == [finished.name]
    assert list(spare.glob("*.json")) == []


def test_what_ends_elsewhere_is_not_offered_as_it_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, spare = tmp_path / "sessions", tmp_path / "spare"
    autosave = Autosave(folder, interval_s=0.01, spare=spare)
    autosave.note_change(lambda: numbered_document(1))
    wait_until(autosave.path.exists)

    def full(path: Path, document: SessionDocument) -> None:
        if path.parent == folder:
            raise EditError(f"cannot write the session '{path}': No space left on device")
        save_document(path, document)

    monkeypatch.setattr(autosave_module, "save_document", full)
    autosave.note_change(lambda: numbered_document(2))
    kept = autosave.close()
    assert kept is not None
    assert kept.parent == spare
    assert load_document(kept).created == "2"
    (older,) = folder.glob("*.json")
    assert load_document(older).created == "1", "kept all the same"
    assert latest_unfinished(folder) is None
    assert list(tmp_path.rglob("*.lock")) == []
