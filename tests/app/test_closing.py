"""The window's end: nothing that is being written is lost unless a person says so."""

from __future__ import annotations

from pathlib import Path

from app import events
from app.app import App
from app.closing_desk import first_few
from app.recording.choice import RenderingView
from app.worker_frame import Message
from tests.app.fakes import FakeWorker, make_app
from tests.app.polling import wait_until
from tests.app.recording_app import recording_app


def exporting(*names: str) -> tuple[App, FakeWorker]:
    """A window whose worker has not come to these exports yet."""
    app, _, worker = make_app()
    for name in names:
        app.apply(events.Export("picture", Path(name)))
    return app, worker


def test_a_window_with_nothing_to_write_closes_at_once() -> None:
    app, worker = exporting("a.png")
    worker.answer()
    app.frame()
    app.apply(events.CloseWindow())
    assert app.state.closing


def test_a_window_that_still_exports_asks_what_to_do() -> None:
    app, worker = exporting("a.png", "b.png")
    worker.answer(until=1)  # the first is done
    app.frame()
    app.apply(events.CloseWindow())
    assert not app.state.closing
    assert app.state.dialogs.unwritten == ("b.png",)
    app.apply(events.CloseWindow("stay"))
    worker.answer()
    app.frame()
    assert not app.state.closing
    assert app.state.dialogs.unwritten == ()


def test_finish_closes_when_the_last_file_is_written() -> None:
    app, worker = exporting("a.png", "b.png")
    app.apply(events.CloseWindow())
    app.apply(events.CloseWindow("finish"))
    assert app.state.dialogs.unwritten == ()
    assert app.state.status.text.endswith("written: a.png, b.png")
    worker.answer(until=1)
    app.frame()
    assert not app.state.closing
    worker.answer()
    app.frame()
    assert app.state.closing


def test_of_many_files_only_the_first_are_named() -> None:
    app, _ = exporting(*(f"{number}.png" for number in range(9)))
    app.apply(events.CloseWindow())
    assert len(app.state.dialogs.unwritten) == 9
    app.apply(events.CloseWindow("finish"))
    assert app.state.status.text.endswith("written: 0.png, 1.png, 2.png, 3.png, and 5 more")


def test_one_more_file_is_named_in_the_place_of_a_count() -> None:
    names = ("a", "b", "c", "d", "e")
    assert first_few(names) == names
    assert first_few((*names, "f")) == ("a", "b", "c", "d", "and 2 more")


def test_to_close_again_while_it_finishes_asks_again() -> None:
    app, worker = exporting("a.png")
    app.apply(events.CloseWindow("finish"))
    app.apply(events.CloseWindow())
    assert app.state.dialogs.unwritten == ("a.png",)
    app.apply(events.CloseWindow("stay"))
    worker.answer()
    app.frame()
    assert not app.state.closing


def test_give_up_closes_at_once_and_wants_no_file_any_more() -> None:
    app, worker = exporting("a.png")
    app.apply(events.CloseWindow())
    assert not worker.exports_given_up
    app.apply(events.CloseWindow("at_once"))
    assert worker.exports_given_up
    assert app.state.closing


def test_what_is_written_while_the_question_stands_needs_no_answer() -> None:
    app, worker = exporting("a.png")
    app.apply(events.CloseWindow())
    worker.answer()
    app.frame()
    assert app.state.closing


def test_an_error_is_seen_before_the_window_closes() -> None:
    for how in ("ask", "finish"):
        app, worker = exporting("a.png")
        app.apply(events.CloseWindow(how))
        worker.answer(messages=(Message("the disk is full", failed=True),))
        app.frame()
        assert not app.state.closing
        assert not app.state.closes_when_written
        assert app.state.window.open_notices[-1].text == "the disk is full"
        assert app.state.status.text == "the disk is full"
        app.apply(events.CloseWindow())
        assert app.state.closing, "it is told once"


def test_an_error_that_comes_again_is_seen_too() -> None:
    app, worker = exporting()
    for _ in range(2):
        app.apply(events.Export("picture", Path("a.png")))
        app.apply(events.CloseWindow("finish"))
        worker.answer(messages=(Message("the disk is full", failed=True),))
        app.frame()
        assert not app.state.closing
    assert app.state.window.open_notices[-1].count == 2


def test_a_movie_is_waited_for_likewise() -> None:
    app, _, _ = make_app()
    app.state.rendering = RenderingView(Path("movies/edit.mp4"))
    app.apply(events.CloseWindow())
    assert app.state.dialogs.unwritten == ("edit.mp4",)
    app.apply(events.CloseWindow("finish"))
    app.frame()
    assert not app.state.closing
    app.state.rendering = None
    app.frame()
    assert app.state.closing


def test_a_recording_is_finished_without_a_question(tmp_path: Path) -> None:
    app, _ui, clock = recording_app(tmp_path)
    path = tmp_path / "a.mp4"
    app.apply(events.ToggleRecording(path))
    for _ in range(5):
        clock.now += 0.05
        app.frame()
    app.apply(events.CloseWindow())
    assert app.state.dialogs.unwritten == ()
    assert app.state.recording is not None
    assert app.state.recording.finishing
    assert "a.mp4" in app.state.status.text

    def is_closing() -> bool:
        app.frame()
        return app.state.closing

    wait_until(is_closing)
    assert app.state.recording is None
    assert path.exists()
