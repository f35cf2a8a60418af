"""The offer to resume what a crash left behind: each of its answers, and the way back to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import events
from app.app import App
from app.file_desk import Folders
from app.session.autosave import UNFINISHED, Autosave, latest_unfinished, lock_of, set_aside
from app.session.document import load_document, save_document
from app.window_commands import OpenSession
from tests.app.documents import a_document
from tests.app.fakes import FakeWorker, make_app
from tests.app.polling import wait_until


class AfterACrash:
    """A window that was started after one: `left` is offered."""

    def __init__(self, folder: Path) -> None:
        self.autosaves, self.saved = folder / "autosaves", folder / "sessions"
        self.left = self.leave("20260101-1")
        self.app, self.worker = self.start()

    def leave(self, name: str) -> Path:
        """A crash leaves a session behind."""
        left = self.autosaves / f"{name}{UNFINISHED}"
        save_document(left, a_document())
        return left

    def start(self) -> tuple[App, FakeWorker]:
        """A start of the program."""
        app, _, worker = make_app(Folders(self.saved, self.saved, autosaves=self.autosaves))
        app.state.unfinished = latest_unfinished(self.autosaves)
        return app, worker

    @property
    def opened(self) -> list[OpenSession]:
        """What the window has opened."""
        return [command for command in self.worker.commands if isinstance(command, OpenSession)]


@pytest.fixture
def crashed(tmp_path: Path) -> AfterACrash:
    return AfterACrash(tmp_path)


def test_resumed_it_is_unfinished_until_it_is_open(crashed: AfterACrash) -> None:
    crashed.app.apply(events.SettleUnfinished("resume"))
    assert crashed.app.state.unfinished is None
    assert crashed.left.exists(), "whoever gives the replay up is asked again"
    document = load_document(crashed.left)
    assert crashed.opened == [OpenSession(document, "20260101-1.json", unfinished=crashed.left)]


def test_not_now_means_at_the_next_start(crashed: AfterACrash) -> None:
    crashed.app.apply(events.SettleUnfinished("later"))
    assert crashed.app.state.unfinished is None
    assert crashed.opened == []
    assert "next start" in crashed.app.state.status.text
    again, _ = crashed.start()
    assert again.state.unfinished == crashed.left


def test_not_now_can_be_taken_back_before_the_next_start(crashed: AfterACrash) -> None:
    crashed.app.apply(events.SettleUnfinished("later"))
    crashed.app.apply(events.OfferUnfinished())
    assert crashed.app.state.unfinished == crashed.left
    crashed.app.apply(events.SettleUnfinished("resume"))
    assert [command.unfinished for command in crashed.opened] == [crashed.left]


def test_the_way_back_that_is_named_is_an_action(crashed: AfterACrash) -> None:
    crashed.app.apply(events.SettleUnfinished("later"))
    text = crashed.app.state.status.text
    crashed.app.apply(events.TogglePalette())
    crashed.app.apply(events.TypeInPalette("resume"))
    palette = crashed.app.state.window.palette
    assert palette is not None
    assert f"'{palette.found[0].name}'" in text
    crashed.app.apply(events.RunFromPalette())
    assert crashed.app.state.unfinished == crashed.left


def test_dont_ask_again_keeps_it_among_the_saved_sessions(crashed: AfterACrash) -> None:
    crashed.app.apply(events.SettleUnfinished("put_away"))
    (kept,) = crashed.saved.iterdir()
    assert load_document(kept).edits == a_document().edits
    assert f"Kept as '{kept}'" in crashed.app.state.status.text
    again, _ = crashed.start()
    assert again.state.unfinished is None
    again.apply(events.OfferUnfinished())
    assert again.state.unfinished is None
    assert "closed properly" in again.state.status.text


def test_where_it_cannot_be_kept_it_is_offered_again(crashed: AfterACrash) -> None:
    crashed.saved.write_text("in the way")
    crashed.app.apply(events.SettleUnfinished("put_away"))
    assert crashed.app.state.status.tone == "error"
    assert f"'{crashed.left}'" in crashed.app.state.status.text
    again, _ = crashed.start()
    assert again.state.unfinished == crashed.left


def test_of_several_the_newest_is_offered_and_then_the_one_before(crashed: AfterACrash) -> None:
    newer = crashed.leave("20260102-1")
    app, _ = crashed.start()
    assert app.state.unfinished == newer
    app.apply(events.SettleUnfinished("put_away"))
    app.apply(events.OfferUnfinished())
    assert app.state.unfinished == crashed.left


def test_what_this_window_writes_is_not_offered(crashed: AfterACrash) -> None:
    crashed.app.apply(events.SettleUnfinished("put_away"))
    running = Autosave(crashed.autosaves, interval_s=0.01)
    running.note_change(a_document)
    wait_until(lambda: running.path.exists() and lock_of(running.path).exists())
    crashed.app.apply(events.OfferUnfinished())
    assert crashed.app.state.unfinished is None
    running.close()


@pytest.mark.parametrize("put_away", [False, True])
@pytest.mark.parametrize("answer", ["resume", "later", "put_away"])
def test_one_that_another_window_has_settled_is_named(
    answer: events.AboutUnfinished, put_away: bool, crashed: AfterACrash
) -> None:
    kept = set_aside(crashed.left, crashed.saved if put_away else None)
    crashed.app.apply(events.SettleUnfinished(answer))
    assert kept.exists()
    assert crashed.opened == []
    if answer == "resume":
        assert crashed.app.state.status.tone == "error"
        assert f"open '{kept}'" in crashed.app.state.status.text
    if answer == "put_away":
        assert f"Kept as '{kept}'" in crashed.app.state.status.text


def test_one_that_cannot_be_read_is_offered_again(crashed: AfterACrash) -> None:
    crashed.left.write_text("{}")
    crashed.app.apply(events.SettleUnfinished("resume"))
    assert crashed.app.state.status.tone == "error"
    assert crashed.left.exists()
    assert crashed.opened == []
