"""Session files and autosave: whole or absent, one clear line for everything that cannot be read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from app.session import autosave as autosave_module
from app.session.autosave import Autosave, latest_unfinished, lock_of, set_aside
from app.session.document import (
    SessionDocument,
    encode_document,
    load_document,
    require_model,
    save_document,
)
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, Blend, MoveTarget, ReturnTo, StartFromSeed, Steps, Unit
from app.session.replay import replay
from app.session.session_files import SessionFiles
from app.session.session_text import session_from_text, session_to_text
from gan.errors import EditError
from gan.file_lock import is_locked
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
        ({"version": 4}, "version 4.*up to 3.*update"),
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


def test_what_a_program_that_failed_leaves_is_offered(tmp_path: Path) -> None:
    files = SessionFiles(Autosave(tmp_path, interval_s=0.01), locks=tmp_path / "locks")
    session = EditSession(tiny_generator(), StartFromSeed(5))
    files.note_change(session)
    files.close(session, finished=False)
    (left,) = tmp_path.glob("*.json")
    assert latest_unfinished(tmp_path) == left
    assert load_document(left) == session.document()


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


# versions

STORED = Path(__file__).parent / "sessions"


@pytest.mark.parametrize(
    ("version", "position", "pictures", "undo", "handle"),
    [
        (1, 13, 14, "new seed", (11.25, 10.25)),
        (2, 6, 17, "back to picture 6", (5.5, 9.0)),
        (3, 6, 17, "back to picture 6", (7.75, 9.75)),
    ],
)
def test_sessions_of_every_version_open(
    version: int, position: int, pictures: int, undo: str, handle: tuple[float, float]
) -> None:
    """One stored file for each version: a format that changes without a new version fails here."""
    document = load_document(STORED / f"version-{version}.json")
    assert document.version == version
    session = replay(document, tiny_generator())
    assert (session.position, session.position_count, session.undo_label) == (position, pictures, undo)
    assert session.session.handles[0].tolist() == pytest.approx(handle, abs=1.0)
    assert [mark.name for mark in session.bookmarks] == (["half way", "turned"] if version > 1 else [])
    edits = session.document().edits
    assert edits == document.on(session.generator).edits
    assert version < 3 or edits == document.edits
    assert session.document().version == 3


# damage


def test_a_cut_session_opens_up_to_the_damage(tmp_path: Path) -> None:
    path, document = tmp_path / "s.json", a_document()
    save_document(path, document)
    data = path.read_bytes().rstrip()
    opened: set[int] = set()
    first_edit_end = data.index(b"}", data.index(b'"start-from-seed"')) + 1
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        damages: list[str] = []
        if length < first_edit_end:
            with pytest.raises(EditError) as raised:
                load_document(path, damages.append)
            assert "\n" not in str(raised.value)
            continue
        left = load_document(path, damages.append)
        assert left.edits == document.edits[: len(left.edits)]
        assert len(damages) == 1
        assert "damaged" in damages[0]
        assert "\n" not in damages[0]
        replay(left, tiny_generator())
        opened.add(len(left.edits))
    assert opened >= set(range(1, len(document.edits)))


def test_damage_in_the_middle_loses_only_what_follows(tmp_path: Path) -> None:
    path, document = tmp_path / "s.json", a_document()
    save_document(path, document)
    path.write_bytes(path.read_bytes().replace(b'"add-handle"', b'"add-h\xff\x00dle"'))
    damages: list[str] = []
    assert load_document(path, damages.append).edits == document.edits[:3]
    assert damages == [str(damages[0])]


def test_a_contradiction_ends_the_session_before_it() -> None:
    document = a_document()
    edits = [*document.edits, AddHandle(0, (1, 1), (2, 2)), Steps(2)]
    damages: list[str] = []
    twice = msgspec.structs.replace(document, edits=edits)
    session = replay(twice, tiny_generator(), on_damage=damages.append)
    assert session.session.iteration == 3
    assert session.document().edits == document.edits
    assert len(damages) == 1
    assert "its edit 7 cannot be done" in damages[0]


def test_pictures_that_are_not_there_are_damage() -> None:
    document = a_document()
    for edit in (ReturnTo(9), Blend(0, 9, 0.5), Unit("x", after=8)):
        edits = [*document.edits, Unit("x"), edit]
        with pytest.raises(EditError, match="damaged"):
            replay(msgspec.structs.replace(document, edits=edits), tiny_generator())
    with pytest.raises(EditError, match="unit 7"):
        replay(msgspec.structs.replace(document, now=7), tiny_generator())


# text


def test_a_session_survives_the_clipboard() -> None:
    document = a_document()
    text = session_to_text(document)
    assert text.startswith("LiveDrag session 3 (")
    assert session_from_text(text) == document
    mailed = "Look at this:\n\n> " + text.replace("\n", "\r\n> ") + "\r\n"
    assert session_from_text(mailed) == document
    assert session_from_text(document_text(document)) == document


def document_text(document: SessionDocument) -> str:
    return encode_document(document).decode()


def test_a_large_session_is_short_text() -> None:
    document = a_document()
    edits = [*document.edits]
    for i in range(5000):
        edits += [MoveTarget(0, (i % 31 + 0.25, i % 17 + 0.5)), Steps(2)]
    large = msgspec.structs.replace(document, edits=edits)
    text = session_to_text(large)
    assert len(text) < len(document_text(large)) / 10
    assert session_from_text(text) == large


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no session"),
        ("hello", "holds no session"),
        ("{}", "its format is ''"),
        ("{nonsense", "damaged"),
        ("LiveDrag session 2 (99 bytes, crc32 00000000):\nAAAA", "damaged"),
        ("LiveDrag session 2 (99999999999 bytes, crc32 00000000):\nAAAA", "too many"),
    ],
)
def test_text_that_is_no_session_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(EditError, match=message) as raised:
        session_from_text(text)
    assert "\n" not in str(raised.value)


def test_text_that_was_cut_or_changed_is_refused() -> None:
    text = session_to_text(a_document())
    for damaged in (text[:-30], text[:200] + text[201:], text.replace("crc32 ", "crc32 0")[:-1]):
        with pytest.raises(EditError) as raised:
            session_from_text(damaged)
        assert "\n" not in str(raised.value)


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


def numbered_document(number: int) -> SessionDocument:
    return msgspec.structs.replace(a_document(), created=str(number))


def edited(seed: int = 4) -> EditSession:
    return EditSession(tiny_generator(), StartFromSeed(seed))


def test_two_programs_on_one_session(tmp_path: Path) -> None:
    path = tmp_path / "shared.json"
    first = SessionFiles(None, path, locks=tmp_path / "locks")
    second = SessionFiles(None, path, locks=tmp_path / "locks")
    assert first.take_error() is None
    told = second.take_error()
    assert told is not None
    assert "open in another window" in told
    assert "'shared-2.json'" in told
    assert second.path == tmp_path / "shared-2.json"
    first.close(edited(1))
    second.close(edited(2))
    assert load_document(path).edits[0] == StartFromSeed(1)
    assert load_document(tmp_path / "shared-2.json").edits[0] == StartFromSeed(2)
    third = SessionFiles(None, path, locks=tmp_path / "locks")
    assert third.path == path, "nobody has it any more"
    third.close(edited(3))
    assert list((tmp_path / "locks").iterdir()) == []


def test_a_file_that_another_program_has_written_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    files = SessionFiles(None, path, locks=tmp_path / "locks")
    assert files.save(edited(1), path) == path
    assert files.save(edited(2), path) == path
    save_document(path, edited(77).document())
    os.utime(path, ns=(1, 1))
    assert files.save(edited(3), path) == tmp_path / "s-2.json"
    assert "written by another program" in str(files.take_error())
    assert load_document(path).edits[0] == StartFromSeed(77)
    files.close(edited(4))
    assert load_document(tmp_path / "s-2.json").edits[0] == StartFromSeed(3), "only Save and Save as write it"


def test_saving_under_another_name_lets_the_first_go(tmp_path: Path) -> None:
    files = SessionFiles(None, None, locks=tmp_path / "locks")
    files.save(edited(1), tmp_path / "a.json")
    files.save(edited(2), tmp_path / "b.json")
    other = SessionFiles(None, tmp_path / "a.json", locks=tmp_path / "locks")
    assert other.path == tmp_path / "a.json"
    assert files.path == tmp_path / "b.json"
    other.close(edited(3))
    files.close(edited(4))


def test_a_session_that_cannot_return_to_its_file_is_still_there(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    files = SessionFiles(
        Autosave(tmp_path / "auto", interval_s=0.01), folder / "s.json", locks=tmp_path / "locks"
    )
    session = edited(5)
    session.apply(AddHandle(0, (5, 6), (20, 21)))
    files.note_change(session)
    folder.rmdir()
    folder.write_text("a file is in the way")
    with pytest.raises(EditError, match="the session is kept in") as raised:
        files.close(session)
    kept = Path(str(raised.value).split("kept in '")[1].rstrip("'"))
    assert load_document(kept).edits[0] == StartFromSeed(5)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
