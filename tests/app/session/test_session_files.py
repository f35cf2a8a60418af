"""A session's own files: whose they are, where it returns to, and what a program that failed leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.session.autosave import Autosave, latest_unfinished
from app.session.document import load_document, save_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed
from app.session.session_files import SessionFiles
from gan.errors import EditError
from tests.app.tiny import tiny_generator


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


def test_what_a_program_that_failed_leaves_is_offered(tmp_path: Path) -> None:
    files = SessionFiles(Autosave(tmp_path, interval_s=0.01), locks=tmp_path / "locks")
    session = EditSession(tiny_generator(), StartFromSeed(5))
    files.note_change(session)
    files.close(session, finished=False)
    (left,) = tmp_path.glob("*.json")
    assert latest_unfinished(tmp_path) == left
    assert load_document(left) == session.document()
