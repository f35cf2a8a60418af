"""The worker and files: sessions that are opened and left, exports, and that closing loses nothing."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PIL import Image

from app.exporter import export
from app.session.autosave import Autosave
from app.session.document import SessionDocument, load_document, save_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed, Steps
from app.session.kept_states import KeptStatesParams
from app.session.session_files import SessionFiles
from app.window_commands import Apply, Export, OpenSession, SaveSession, SetRunning, StepOnce, ViewPicture
from app.worker import DragWorker
from tests.app.awaited_frames import running_worker, wait_for
from tests.app.said import has_failed, said
from tests.app.tiny import tiny_generator


def test_closing_in_the_middle_of_a_drag_ends_the_thread_and_keeps_every_step(tmp_path: Path) -> None:
    session = EditSession(tiny_generator())
    worker = DragWorker(session)
    worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
    worker.submit(SetRunning(True, hold=True))
    wait_for(worker, lambda f: f.iteration >= 2)
    worker.submit(SaveSession(tmp_path / "saved.json"))
    worker.close()
    assert session.session.iteration >= 2
    steps = sum(edit.count for edit in session.document().edits if isinstance(edit, Steps))
    assert steps == session.session.iteration
    assert load_document(tmp_path / "saved.json").step_count() == steps


def opening(path: Path) -> OpenSession:
    return OpenSession(load_document(path), path.name, path)


def test_opening_a_session_replays_it_to_its_end(tmp_path: Path) -> None:
    made = EditSession(tiny_generator(), StartFromSeed(3))
    made.apply(AddHandle(0, (10.0, 10.0), (20.0, 10.0)))
    for _ in range(3):
        made.step()
    save_document(tmp_path / "made.json", made.document())
    with running_worker() as worker:
        last = worker.submit(opening(tmp_path / "made.json"))
        frame = wait_for(worker, lambda f: f.serial == last)
        assert frame.iteration == 3
        assert frame.seed == 3
    assert np.array_equal(worker.session.session.image(), made.session.image())


def test_opening_another_session_leaves_the_present_one_in_its_files(tmp_path: Path) -> None:
    other = EditSession(tiny_generator(), StartFromSeed(3))
    save_document(tmp_path / "other.json", other.document())
    own, autosaves = tmp_path / "own.json", tmp_path / "autosaves"
    files = SessionFiles(Autosave(autosaves, interval_s=0.01), own, locks=tmp_path)
    worker = DragWorker(EditSession(tiny_generator()), files)
    worker.submit(Apply(AddHandle(0, (10.0, 10.0), (25.0, 10.0))))
    worker.submit(StepOnce())
    last = worker.submit(opening(tmp_path / "other.json"))
    assert wait_for(worker, lambda f: f.serial == last).session_file == tmp_path / "other.json"
    worker.submit(Apply(AddHandle(0, (5.0, 5.0), (9.0, 5.0))))
    worker.close()
    files.close(worker.session)
    assert load_document(own).step_count() == 1
    kept = sorted(autosaves.iterdir())  # names start with the time
    assert [load_document(path).step_count() for path in kept] == [1, 0]
    assert load_document(tmp_path / "other.json") == other.document()  # opened, not saved


def test_a_session_that_cannot_be_opened_changes_nothing(tmp_path: Path) -> None:
    another = EditSession(tiny_generator(seed=2)).document()
    own = tmp_path / "own.json"
    files = SessionFiles(None, own, locks=tmp_path)
    worker = DragWorker(EditSession(tiny_generator(), StartFromSeed(7)), files)
    worker.submit(OpenSession(another, "another model's"))
    assert wait_for(worker, has_failed).session_file == own
    worker.close()
    files.close(worker.session)
    assert load_document(own).edits[0] == StartFromSeed(7)


def test_closing_does_not_wait_for_a_long_replay(tmp_path: Path) -> None:
    class LongSession(EditSession):
        def document(self) -> SessionDocument:
            document = super().document()
            document.edits.append(AddHandle(0, (10.0, 10.0), (25.0, 10.0)))
            document.edits.append(Steps(1_000_000))
            return document

    save_document(tmp_path / "long.json", LongSession(tiny_generator()).document())
    session = EditSession(tiny_generator())
    worker = DragWorker(session)
    worker.submit(opening(tmp_path / "long.json"))
    time.sleep(0.2)  # most likely it is in the middle; if not, it is refused at its first step
    worker.close()  # in this test's time limit
    assert worker.session is session


def test_exporting_an_earlier_picture_changes_nothing(tmp_path: Path) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(1), kept=KeptStatesParams(1, 1))
    session.apply(AddHandle(0, (4.0, 4.0), (25.0, 25.0)))
    session.step()
    session.step()
    then = session.session.image()
    for _ in range(7):
        session.step()
    before, path = session.document(), tmp_path / "a.png"
    assert session.nearest_state(2)[0] < 2, "the picture must be made again"
    worker = DragWorker(session, export=export, thread_count=1)
    try:
        worker.submit(ViewPicture(2))
        worker.submit(Export("picture", path, mark=False))
        frame = wait_for(worker, lambda frame: said(frame) == f"Exported {path}")
    finally:
        worker.close()
    assert frame.history is not None
    assert (frame.history.viewed, frame.history.now) == (2, 9)
    assert worker.session.document() == before
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.array(image), then)
