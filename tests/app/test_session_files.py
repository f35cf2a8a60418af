"""Session files and autosave: whole or absent, one clear line for everything that cannot be read."""

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
from app.session.autosave import Autosave, latest_unfinished, set_aside
from app.session.document import SessionDocument, load_document, require_model, save_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed, Steps
from app.session.replay import replay
from gan.errors import EditError
from tests.app.tiny import tiny_generator

ROOT = Path(__file__).resolve().parents[2]


def a_document() -> SessionDocument:
    session = EditSession(tiny_generator(), StartFromSeed(4))
    session.begin("place")
    session.apply(AddHandle(0, (5, 6), (20, 21)))
    session.begin("drag")
    session.apply(Steps(3))
    return session.document()


def test_a_document_survives_its_file(tmp_path: Path) -> None:
    document = a_document()
    save_document(tmp_path / "deep" / "session.json", document)
    assert load_document(tmp_path / "deep" / "session.json") == document
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["session.json"]


def test_fields_of_later_versions_are_ignored(tmp_path: Path) -> None:
    fields = msgspec.to_builtins(a_document()) | {"stickers": [1, 2]}
    (tmp_path / "s.json").write_bytes(msgspec.json.encode(fields))
    assert load_document(tmp_path / "s.json") == a_document_like(fields)


def a_document_like(fields: dict[str, object]) -> SessionDocument:
    return msgspec.convert(fields, SessionDocument)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 3}, "version 3.*up to 2.*update"),
        ({"version": 0}, "version 0"),
        ({"format": "other"}, "not a LiveDrag session"),
        ({"edits": []}, "first edit must be a start"),
        ({"edits": [{"edit": "steps", "count": 3}]}, "first edit must be a start"),
        ({"edits": [{"edit": "start-from-seed", "seed": -1}]}, "damaged"),
        ({"edits": [{"edit": "start-from-seed", "seed": 1}, {"edit": "dance"}]}, "damaged.*dance"),
        ({"edits": [{"edit": "start-from-seed", "seed": 1}, {"edit": "steps", "count": 10**15}]}, "damaged"),
        (
            {
                "edits": [
                    {"edit": "start-from-seed", "seed": 1},
                    {"edit": "set-params", "params": {"learning_rate": 5}},
                ]
            },
            "learning_rate",
        ),
        ({"model": None}, "damaged"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(msgspec.json.encode(msgspec.to_builtins(a_document()) | change))
    with pytest.raises(EditError, match=message) as raised:
        load_document(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00", b"[1, 2]", b"null", b'{"format": 3}'])
def test_damaged_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(data)
    with pytest.raises(EditError) as raised:
        load_document(path)
    assert "\n" not in str(raised.value)
    with pytest.raises(EditError, match="check the path"):
        load_document(tmp_path / "none.json")


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    save_document(path, a_document())
    data = path.read_bytes().rstrip()
    for length in range(0, len(data), 37):
        path.write_bytes(data[:length])
        with pytest.raises(EditError):
            load_document(path)


def test_another_model_is_refused_by_name() -> None:
    document = a_document()
    require_model(document, tiny_generator())
    with pytest.raises(EditError, match="--model"):
        replay(document, tiny_generator(seed=2))


def test_a_contradictory_session_is_refused() -> None:
    document = a_document()
    twice = msgspec.structs.replace(document, edits=[*document.edits, AddHandle(0, (1, 1), (2, 2))])
    with pytest.raises(EditError, match=r"its edit 7 cannot be done: .* in use"):
        replay(twice, tiny_generator())


def test_a_failing_disk_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.json"
    save_document(path, a_document())
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    changed = msgspec.structs.replace(a_document(), created="later")
    with pytest.raises(EditError, match="No space left"):
        save_document(path, changed)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.json"]


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
from tests.app.test_session_files import a_document
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
