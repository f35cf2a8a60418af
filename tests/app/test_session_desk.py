"""Sessions in the window, with fakes: opening, the clipboard, a model that has moved, looking back."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from app import events
from app import window_commands as commands
from app.history_state import BookmarkView, HistoryView
from app.session.document import ModelReference, SessionDocument, save_document
from app.session.session_text import session_to_text
from tests.app.documents import a_document
from tests.app.fakes import make_app


def opened(worker_commands: list[commands.Command]) -> list[commands.OpenSession]:
    return [command for command in worker_commands if isinstance(command, commands.OpenSession)]


def made_elsewhere(path: Path) -> SessionDocument:
    return msgspec.structs.replace(a_document(), model=ModelReference("cats", "c" * 64, str(path)))


def test_a_damaged_session_opens_and_says_so(tmp_path: Path) -> None:
    app, _, worker = make_app()
    save_document(tmp_path / "s.json", a_document())
    data = (tmp_path / "s.json").read_bytes()
    (tmp_path / "s.json").write_bytes(data[:-40])
    app.apply(events.OpenSession(tmp_path / "s.json"))
    (command,) = opened(worker.commands)
    assert command.path == tmp_path / "s.json"
    assert "damaged" in str(command.damage)


def test_the_clipboard_goes_both_ways() -> None:
    app, _, worker = make_app()
    app.apply(events.CopySession())
    assert worker.commands[-1] == commands.CopySession()
    worker.answer(session_text="LiveDrag session ...")
    app.frame()
    assert app.state.dialogs.clipboard == "LiveDrag session ..."
    app.apply(events.DialogOpened())
    assert app.state.dialogs.clipboard is None
    document = a_document()
    app.apply(events.PasteSession(session_to_text(document)))
    assert opened(worker.commands)[0].document == document
    assert opened(worker.commands)[0].path is None, "saving asks for a new file"


def test_a_second_save_before_the_first_is_done_writes_the_same_file() -> None:
    app, _, worker = make_app()
    for _ in range(2):
        app.apply(events.SaveSession())
        time.sleep(0.002)  # new files are named by the millisecond
    first, second = (c.path for c in worker.commands if isinstance(c, commands.SaveSession))
    assert first == second


def test_bad_text_is_one_line_and_changes_nothing() -> None:
    app, _, worker = make_app()
    app.apply(events.PasteSession("https://example.com"))
    assert app.state.status.tone == "error"
    assert "holds no session" in app.state.status.text
    assert opened(worker.commands) == []


def test_without_other_models_a_session_of_another_one_is_refused(tmp_path: Path) -> None:
    app, _, worker = make_app()
    app.state.model_sha256 = "e" * 64
    (tmp_path / "cats.pkl").write_text("")
    app.apply(events.PasteSession(session_to_text(made_elsewhere(tmp_path / "cats.pkl"))))
    assert "--model FILE" in app.state.status.text
    assert opened(worker.commands) == []


def test_a_model_that_has_moved_is_asked_for(tmp_path: Path) -> None:
    app, _, worker = make_app()
    app.state.model_sha256 = "e" * 64
    app.apply(events.PasteSession(session_to_text(made_elsewhere(tmp_path / "cats.pkl"))))
    wanted = app.state.dialogs.wanted_model
    assert wanted is not None
    assert (wanted.model_name, wanted.sha256) == ("cats", "c" * 64)
    assert str(tmp_path / "cats.pkl") in wanted.why
    app.apply(events.FindModel(None))
    assert app.state.dialogs.wanted_model is None
    assert opened(worker.commands) == []
    assert "still there" in app.state.status.text


def looking_back() -> HistoryView:
    return HistoryView(
        count=9, now=8, shown=8, path=((0, 8),), bookmarks=(BookmarkView("smile", 3), BookmarkView("end", 8))
    )


def test_looking_back_and_going_on() -> None:
    app, _, worker = make_app()
    worker.answer(history=looking_back())
    app.frame()
    app.apply(events.ViewPicture(2))
    assert worker.commands[-1] == commands.ViewPicture(2)
    assert app.state.history.view.at == 2, "the timeline does not wait for the picture"
    worker.answer(until=0, history=looking_back())
    app.frame()
    assert app.state.history.view.at == 2, "an older frame does not take the hand back"
    app.apply(events.ViewNext(1))
    assert worker.commands[-1] == commands.ViewPicture(3)
    app.apply(events.GoOnFromHere())
    assert worker.commands[-1] == commands.ReturnToPicture(3)
    app.apply(events.JumpToBookmark("end"))
    assert worker.commands[-1] == commands.ViewPicture(None), "the present one is not looked back at"
    app.apply(events.ViewNext(-20))
    assert worker.commands[-1] == commands.ViewPicture(0)
    app.apply(events.CancelDrag())
    assert worker.commands[-1] == commands.ViewPicture(None)


def test_moves_of_the_blend_slider_are_one_unit() -> None:
    app, _, worker = make_app()
    worker.answer(history=looking_back())
    app.frame()
    for share in (0.1, 0.4, 0.8):
        app.apply(events.BlendBookmarks("smile", "end", share))
    begins = [command for command in worker.commands if isinstance(command, commands.Begin)]
    assert begins == [commands.Begin("blend smile and end")]
    app.apply(events.BlendBookmarks("smile", "smile", 0.5))
    assert "two different bookmarks" in app.state.status.text


@pytest.mark.parametrize("event", [events.JumpToBookmark("none")])
def test_a_bookmark_that_is_gone(event: events.Event) -> None:
    app, _, _ = make_app()
    app.apply(event)
    assert "no bookmark 'none'" in app.state.status.text


def test_escape_gives_up_a_session_that_is_being_opened(tmp_path: Path) -> None:
    app, _, worker = make_app()
    app.apply(events.PasteSession(session_to_text(a_document())))
    assert app.state.opening
    app.apply(events.CancelDrag())
    assert worker.given_up
