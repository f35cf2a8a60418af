"""Opening other models: what is offered, loading beside the frames, and that a failure changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app import events
from app.app import App, Folders
from app.model_desk import ModelDesk
from app.model_loader import LoadNews, LoadRequest, ModelLoader
from app.model_shelf import RECENT_COUNT, ModelShelf
from app.scheduler import Scheduler
from app.session.autosave import UNFINISHED, Autosave
from app.session.document import load_document
from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed
from app.session.session_files import SessionFiles
from app.state import AppState, Loading
from app.thumbnails import SIZE_PX, make_thumbnail, read_thumbnail, thumbnail_path
from app.viewport import Viewport
from app.worker import DragWorker
from gan.latent_spread import LatentSpread
from gan.random_model import random_generator
from tests.app.fakes import FakeWorker, NullUi
from tests.app.polling import wait_until
from tests.gan.cases import small_architecture
from tests.gan.formats import model_files as files

WAIT_S = 20.0


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with a square model, a tall one, and a hostile one."""
    folder = tmp_path / "models"
    folder.mkdir()
    files.nvidia_file(folder / "cats.pkl", files.tensors_of(files.small()))
    files.state_dict_file(folder / "people.pt", files.tensors_of(files.small(base=(4, 2))))
    (folder / "evil.pkl").write_bytes(b"cos\nsystem\n(S'touch canary'\ntR.")
    (folder / "notes.txt").write_text("no model")
    return folder


class Running:
    """An app on a small session with the real worker, loader and shelf, and no window."""

    def __init__(self, tmp_path: Path) -> None:
        generator = random_generator(small_architecture(32))
        self.session = EditSession(generator, StartFromSeed(0))
        self.autosave = Autosave(tmp_path / "autosave", interval_s=0.01)
        self.worker = DragWorker(self.session, SessionFiles(self.autosave))
        self.shelf = ModelShelf(tmp_path / "models.json", tmp_path / "thumbnails")
        self.loader = ModelLoader("cpu", self.shelf.thumbnails)
        state = AppState(picture_size=(32, 32), model_name="first", viewport=Viewport())
        self.ui = NullUi()
        self.app = App(
            *(state, self.ui, self.worker, Scheduler(sleep=lambda _s: None), Folders(tmp_path, tmp_path)),
            open_desk=lambda shown, editor: ModelDesk(shown, editor, self.loader, self.shelf),
        )
        self.state = state

    def frames_until(self, condition: Callable[[], object]) -> int:
        """Frames that passed until it was so."""
        count = 0

        def frame_then_look() -> object:
            nonlocal count
            self.app.frame()
            count += 1
            return condition()

        wait_until(frame_then_look)
        return count


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    made.frames_until(lambda: made.app.picture_count)
    yield made
    made.loader.close()
    made.worker.close()
    made.autosave.close()


def test_another_model_takes_the_place_of_the_open_one(running: Running, models: Path) -> None:
    running.app.apply(events.OpenModel(models / "people.pt"))
    assert running.state.loading == Loading("people.pt")
    running.frames_until(lambda: running.state.picture_size == (8, 16))
    assert running.state.loading is None
    assert running.state.model_name == "people"
    assert running.state.status.text == "Opened people.pt"
    running.frames_until(lambda: np.asarray(running.ui.compositor.pictures[-1]).shape == (16, 8, 3))
    running.frames_until(lambda: running.ui.compositor.mask is not None)
    assert running.ui.compositor.mask is not None
    assert running.ui.compositor.mask.shape == (16, 8)
    # and it can be dragged
    running.app.apply(events.SetSeed(3))
    running.frames_until(lambda: running.state.seed == 3)
    assert running.worker.session.generator.height == 16


@pytest.mark.parametrize("name", ["evil.pkl", "notes.txt", "nowhere.pkl"])
def test_a_refused_model_leaves_the_session_alone(
    running: Running, models: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = running.worker.session
    latent = before.session.w_plus
    running.app.apply(events.OpenModel(models / name))
    running.frames_until(lambda: running.state.loading is None)
    assert running.state.status.tone == "error"
    assert name in running.state.status.text
    assert "\n" not in running.state.status.text
    assert running.worker.session is before
    assert running.worker.session.session.w_plus is latent
    assert (running.state.model_name, running.state.picture_size) != (name, (16, 16))
    assert not (tmp_path / "canary").exists()
    assert running.shelf.entries() == ()


def test_the_old_edit_is_kept_and_the_new_one_saved_elsewhere(
    running: Running, models: Path, tmp_path: Path
) -> None:
    running.app.apply(events.SetSeed(5))
    running.frames_until(lambda: running.state.seed == 5)
    running.app.apply(events.OpenModel(models / "cats.pkl"))
    running.frames_until(lambda: running.state.model_name == "cats")
    running.app.apply(events.SetSeed(9))
    running.frames_until(lambda: running.state.seed == 9)

    def saved() -> dict[bool, set[str]]:
        found: dict[bool, set[str]] = {True: set(), False: set()}
        for path in (tmp_path / "autosave").glob("*.json"):
            found[path.name.endswith(UNFINISHED)].add(load_document(path).model.name)
        return found

    wait_until(lambda: saved() == {True: {"cats"}, False: {running.session.generator.provenance.name}})


def test_loading_is_shown_and_cancelled(tmp_path: Path) -> None:
    class Slow:
        thumbnail_count = 0
        cancelled = 0
        news: LoadNews | None = None

        def open(self, request: LoadRequest) -> None:
            self.news = LoadNews(request, "checksum", 0.4)

        def cancel(self) -> None:
            self.cancelled += 1
            self.news = None

        def make_thumbnails(self, models: list[Path]) -> None:
            pass

        def take(self) -> LoadNews | None:
            return self.news

    loader = Slow()
    state = AppState(picture_size=(64, 64), model_name="first", viewport=Viewport())
    app = App(
        *(state, NullUi(), FakeWorker(), Scheduler(sleep=lambda _s: None), Folders(tmp_path, tmp_path)),
        open_desk=lambda shown, editor: ModelDesk(
            shown, editor, loader, ModelShelf(tmp_path / "m", tmp_path / "t")
        ),
    )
    app.apply(events.OpenModel(tmp_path / "big.pkl"))
    app.frame()
    assert state.loading == Loading("big.pkl", "checksum", 0.4)
    app.apply(events.CancelLoading())
    app.frame()
    assert state.loading is None
    assert loader.cancelled == 1
    assert state.status.text == "Gave up opening big.pkl"
    assert state.model_name == "first"


def test_the_loader_gives_up_what_is_not_wanted_any_more(models: Path, tmp_path: Path) -> None:
    loader = ModelLoader("cpu", tmp_path / "thumbnails")
    try:
        for _ in range(5):
            loader.open(LoadRequest(models / "cats.pkl"))
        loader.open(LoadRequest(models / "people.pt", seed=4))
        found: list[LoadNews] = []

        def finished() -> bool:
            news = loader.take()
            found.extend([] if news is None else [news])
            return bool(found) and found[-1].session is not None

        wait_until(finished)
        assert found[-1].request == LoadRequest(models / "people.pt", seed=4)
        loader.open(LoadRequest(models / "cats.pkl"))
        loader.cancel()
        time.sleep(0.3)
        news = loader.take()
        assert news is None
    finally:
        loader.close()


def test_the_model_that_is_open_already_is_made_ready_for_the_first_grab(tmp_path: Path) -> None:
    generator = random_generator(small_architecture(32))
    ModelLoader("cpu", tmp_path, present=generator).close()
    assert "latent_spread" in vars(generator)


def test_a_model_that_cannot_be_made_ready_is_open_all_the_same(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise RuntimeError("it did not converge")

    monkeypatch.setattr(LatentSpread, "of", fail)
    loader = ModelLoader("cpu", tmp_path / "thumbnails")
    found: list[LoadNews] = []

    def is_open() -> bool:
        found.extend(news for news in [loader.take()] if news is not None)
        return bool(found) and found[-1].session is not None

    loader.open(LoadRequest(models / "cats.pkl"))
    wait_until(is_open)
    loader.make_thumbnails([models / "people.pt"])
    wait_until(lambda: loader.thumbnail_count == 1)  # so it has got past that
    news = loader.take()
    assert news is None
    loader.close()


def test_thumbnails_are_made_once_and_found_again(models: Path, tmp_path: Path) -> None:
    shelf = ModelShelf(tmp_path / "models.json", tmp_path / "thumbnails")
    shelf.choose_folder(models)
    assert [entry.name for entry in shelf.entries()] == ["cats.pkl", "evil.pkl", "people.pt"]
    loader = ModelLoader("cpu", shelf.thumbnails)
    try:
        loader.make_thumbnails([entry.path for entry in shelf.entries() if entry.thumbnail is None])
        wait_until(lambda: loader.thumbnail_count == 2)
    finally:
        loader.close()
    made = {
        entry.name: entry.thumbnail
        for entry in ModelShelf(tmp_path / "models.json", tmp_path / "thumbnails").entries()
    }
    assert made["evil.pkl"] is None
    for name in ("cats.pkl", "people.pt"):
        thumbnail = made[name]
        assert thumbnail is not None
        pixels = read_thumbnail(thumbnail)
        assert pixels is not None
        assert pixels.shape == (SIZE_PX, SIZE_PX, 4)
        assert float(pixels.max()) <= 1
    # a changed file has another thumbnail
    old = thumbnail_path(models / "cats.pkl", shelf.thumbnails)
    files.nvidia_file(models / "cats.pkl", files.tensors_of(files.small(c_dim=2)))
    assert thumbnail_path(models / "cats.pkl", shelf.thumbnails) != old


def test_a_folder_of_thumbnails_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    make_thumbnail(random_generator(small_architecture(32)), tmp_path / "file" / "thumbnails" / "a.png")
    assert (tmp_path / "file").read_text() == "in the way"


def test_recent_models_are_remembered(models: Path, tmp_path: Path) -> None:
    shelf = ModelShelf(tmp_path / "models.json", tmp_path / "thumbnails")
    for i in range(RECENT_COUNT + 3):
        path = tmp_path / f"{i}.pkl"
        path.write_bytes(b"x")
        shelf.note_opened(path)
    shelf.note_opened(models / "cats.pkl")
    again = ModelShelf(tmp_path / "models.json", tmp_path / "thumbnails")
    assert [entry.name for entry in again.entries()][:2] == ["cats.pkl", f"{RECENT_COUNT + 2}.pkl"]
    assert len(again.entries()) == RECENT_COUNT
    (models / "cats.pkl").unlink()
    assert again.entries()[0].name == f"{RECENT_COUNT + 2}.pkl"
    (tmp_path / "models.json").write_bytes(b"\xff not json")
    assert ModelShelf(tmp_path / "models.json", tmp_path / "thumbnails").entries() == ()
