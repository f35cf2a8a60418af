"""What the window starts with."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import OutputError
from app.main_window import FIRST_SEED, LaunchOptions, open_session, run_window
from app.session.document import save_document
from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed
from tests.app.tiny import tiny_generator


def test_a_new_session_starts_from_the_seed_given_or_the_first_one(tmp_path: Path) -> None:
    generator = tiny_generator()
    assert open_session(generator, LaunchOptions()).origin == StartFromSeed(FIRST_SEED)
    options = LaunchOptions(session=tmp_path / "new.json", seed=0, truncation_psi=0.0)
    assert open_session(generator, options).origin == StartFromSeed(0, 0.0)


def test_a_seed_beside_a_session_that_is_there_leaves_it_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = EditSession(tiny_generator(), StartFromSeed(3))
    save_document(tmp_path / "made.json", made.document())
    options = LaunchOptions(session=tmp_path / "made.json", seed=5)
    session = open_session(tiny_generator(), options, made.document())
    assert session.origin == StartFromSeed(3)
    assert session.document().edits == made.document().edits
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "made.json" in said


def test_a_session_in_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is not a folder"):
        run_window(LaunchOptions(session=tmp_path / "file" / "session.json"))
