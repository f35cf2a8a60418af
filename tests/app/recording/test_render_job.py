"""A movie rendered beside the window: in a process of its own, with progress, and cancelled at any time."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.recording.choice import MovieChoice
from app.recording.render_job import RenderJob
from app.session.document import SessionDocument
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed
from app.task_board import TaskBoard
from gan.model_file import load_generator
from tests.app.movies import decode
from tests.app.polling import wait_until
from tests.app.tiny import save_tiny_model

CHOICE = MovieChoice(fps=10, size_px=64)
SILENT = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> SessionDocument:
    model = save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")
    session = EditSession(load_generator(model), StartFromSeed(2))
    session.apply(AddHandle(0, (8, 16), (24, 16)))
    session.step()
    session.step()
    return session.document()


def test_the_movie_is_there_at_the_end(tmp_path: Path, document: SessionDocument) -> None:
    path = tmp_path / "deep" / "movie.mp4"
    job = RenderJob(document, path, CHOICE, mark=False)
    job.join()
    assert job.result == f"Rendered {path}"
    assert not job.failed
    assert job.view.share == 1.0
    frames = decode(path)
    assert len(frames) > 15
    assert frames[0].shape == (64, 64, 3)


def test_cancelling_leaves_nothing(tmp_path: Path, document: SessionDocument) -> None:
    job = RenderJob(document, tmp_path / "movie.mp4", replace(CHOICE, fps=60, size_px=2160), mark=True)
    wait_until(lambda: job.view.stage == "rendering" or job.result is not None)
    job.cancel()
    job.join()
    assert job.result == "Rendering cancelled"
    assert list(tmp_path.iterdir()) == []


def test_it_is_on_the_board_and_can_be_given_up_there(tmp_path: Path, document: SessionDocument) -> None:
    board = Watched()
    path = tmp_path / "movie.mp4"
    job = RenderJob(document, path, replace(CHOICE, fps=60, size_px=2160), True, board)
    wait_until(lambda: any(view.stage == "frames" for view in board.look()))
    (view,) = board.look()
    assert view.title == "Rendering the movie"
    assert view.can_cancel
    assert view.share is not None
    assert view.share >= 0.25
    board.cancel(view.id)
    job.join()
    assert job.result == "Rendering cancelled"
    assert not job.failed
    assert board.look() == ()
    assert list(tmp_path.iterdir()) == []


def test_given_up_before_its_process_says_anything(tmp_path: Path, document: SessionDocument) -> None:
    board = Watched()
    job = RenderJob(document, tmp_path / "movie.mp4", CHOICE, True, board, command=SILENT)
    wait_until(lambda: len(board.look()) == 1)
    board.cancel(board.look()[0].id)
    job.join()
    assert job.result == "Rendering cancelled"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_stays(tmp_path: Path, document: SessionDocument) -> None:
    mine = tmp_path / "movie" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    job = RenderJob(document, tmp_path / "movie.png", replace(CHOICE, kind="png"), mark=False)
    job.join()
    assert job.failed
    assert "movie" in str(job.result)
    assert [path.name for path in tmp_path.rglob("*")] == ["movie", "mine.txt"]


class Watched(TaskBoard):
    """Shows its tasks from their first moment on."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(self._later)

    def _later(self) -> float:
        self._now += 100.0
        return self._now


def test_what_fails_is_one_line(tmp_path: Path, document: SessionDocument) -> None:
    gone = replace_model(document, str(tmp_path / "gone.safetensors"))
    job = RenderJob(gone, tmp_path / "movie.mp4", CHOICE, mark=True)
    job.join()
    assert job.failed
    assert job.result is not None
    assert "gone.safetensors" in job.result
    assert "\n" not in job.result
    (tmp_path / "file").write_text("in the way")
    job = RenderJob(document, tmp_path / "file" / "movie.mp4", CHOICE, mark=True)
    job.join()
    assert job.failed


def replace_model(document: SessionDocument, path: str) -> SessionDocument:
    """The same session, its model elsewhere."""
    return msgspec.structs.replace(document, model=msgspec.structs.replace(document.model, path=path))
