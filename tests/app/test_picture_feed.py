"""Pictures of the worker: previews while the hand moves, the full one at rest, what there is memory for."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import get_args

import pytest
import torch

from app.mailbox import Mailbox
from app.panels.timing import why_full
from app.picture_feed import PictureFeed
from app.picture_maker import MadePicture
from app.preview_fitter import OnSample, PreviewFitter
from app.session.edit_session import EditSession
from app.state import AppState, PreviewStanding, Quality
from app.window_commands import SetQuality
from app.worker import DragWorker
from gan.drag_session import DragSession
from gan.generator import Generator
from gan.preview import Preview
from gan.random_model import random_generator
from tests.app.awaited_frames import wait_for
from tests.app.fake_pictures import PREVIEW_MS, ReadyPreviews, SlowMaker, tiny_preview
from tests.app.fake_time import FakeTime
from tests.app.fakes import FRAME
from tests.app.tiny import tiny_architecture, tiny_generator

DEADLINE_S = 60.0


def test_a_drag_shows_previews_and_rests_on_the_full_picture_of_its_last_step() -> None:
    fake, session, mailbox = FakeTime(), EditSession(tiny_generator()), Mailbox()
    maker = SlowMaker(fake)
    feed = PictureFeed(mailbox, maker, ReadyPreviews(), fake.clock)
    drag = session.session
    drag.add_handle((10.0, 10.0), (25.0, 10.0))
    feed.publish(drag, FRAME, "resting")
    assert mailbox.take(picture=True) is not None
    fake.work(1000.0)
    for _ in range(4):
        drag.step()
        feed.choice.note_change()
        feed.choice.note_move()
        fake.work(50.0)
        feed.publish(drag, FRAME, "stepping")
        taken = mailbox.take(picture=True)
        assert taken is not None
        assert taken.is_preview
        assert taken.picture_ms == PREVIEW_MS
    feed.publish(drag, FRAME, "resting")
    rest = mailbox.take(picture=True)
    assert rest is not None
    assert not rest.is_preview
    assert maker.made == [("full", 0), *(("preview", i) for i in range(1, 5)), ("full", 4)]


def test_a_preview_that_was_not_taken_gives_way_to_the_full_picture_at_rest() -> None:
    fake, session, mailbox = FakeTime(), EditSession(tiny_generator()), Mailbox()
    feed = PictureFeed(mailbox, SlowMaker(fake), ReadyPreviews(), fake.clock)
    feed.choice.quality = "preview"
    mailbox.put(FRAME)
    feed.publish(session.session, FRAME, "stepping")
    feed.publish(session.session, FRAME, "resting")
    taken = mailbox.take(picture=True)
    assert taken is not None
    assert taken.picture == "full"
    assert not taken.is_preview


class KeptTensors:
    """Makes nothing; notes what was to be shown."""

    def __init__(self, cost_ms: float = 1.0) -> None:
        self.asked: list[Preview | None] = []
        self.released = 0
        self._cost_ms = cost_ms

    def make(self, session: DragSession, preview: Preview | None) -> MadePicture:
        self.asked.append(preview)
        return MadePicture("picture", self._cost_ms if preview is None else 1.0)

    def release(self) -> None:
        self.released += 1


def test_without_memory_for_full_pictures_there_is_a_plain_preview_until_one_is_fitted_on_the_processor(
    tmp_path: Path,
) -> None:
    """Also where a full picture was cheap, so that nothing was fitted before."""
    fitted_on: list[Generator] = []
    reopened = random_generator(tiny_architecture(), 1)
    may_end = threading.Event()  # when the plain one was seen

    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        tell(0, 1)
        assert may_end.wait(DEADLINE_S)
        fitted_on.append(generator)
        return [tiny_preview()]

    maker = KeptTensors()
    fitter = PreviewFitter(tmp_path, fit, reopen=lambda _generator: reopened)
    feed = PictureFeed(Mailbox(), maker, fitter, FakeTime().clock)
    session = EditSession(tiny_generator()).session
    feed.publish(session, FRAME, "resting")
    assert maker.asked == [None]
    assert fitted_on == []
    feed.give_up_full()
    assert maker.released == 1
    feed.publish(session, FRAME, "resting")
    plain = maker.asked[-1]
    assert plain is not None
    shown = session.preview_tensor(plain)
    torch.testing.assert_close(shown, session.generator.rgb_after(session.w_plus, 16), rtol=1e-6, atol=1e-6)
    may_end.set()
    job = fitter._job
    assert job is not None
    job.thread.join(DEADLINE_S)
    assert fitted_on == [reopened]
    feed.choice.note_change()
    feed.publish(session, FRAME, "resting")
    fitted = maker.asked[-1]
    assert fitted is not None
    assert fitted.psnr_db == tiny_preview().psnr_db
    fitter.close()


@pytest.mark.parametrize(
    ("quality", "psnrs_db", "ready", "moving"),
    [
        ("automatic", (27.0, 35.0), True, 35.0),
        ("preview", (27.0, 35.0), True, 35.0),
        ("automatic", (20.0, 27.0), True, None),
        ("preview", (20.0, 27.0), True, 27.0),
        ("preview", (18.0, 20.0), False, None),
        ("full", (33.0, 35.0), True, None),
    ],
)
def test_what_is_blurred_is_shown_to_whoever_pinned_it_and_never_at_rest(
    quality: Quality, psnrs_db: tuple[float, ...], ready: bool, moving: float | None
) -> None:
    fake, maker = FakeTime(), KeptTensors(1000.0)
    feed = PictureFeed(Mailbox(), maker, ReadyPreviews(*psnrs_db), fake.clock)
    feed.choice.quality = quality
    session = EditSession(tiny_generator()).session
    for _ in range(2):
        feed.choice.note_change()
        feed.publish(session, FRAME, "resting")
    assert (feed.preview_standing(session) == "ready") is ready
    feed.choice.note_change()
    fake.work(2000.0)
    feed.choice.note_move()
    feed._mailbox.take(picture=True)
    feed.publish(session, FRAME, "stepping")
    shown = maker.asked[-1]
    assert (None if shown is None else shown.psnr_db) == moving
    feed.publish(session, FRAME, "resting")
    assert maker.asked[-1] is None


def test_without_memory_for_full_pictures_the_nearest_rests_though_none_is_faithful() -> None:
    maker = KeptTensors()
    feed = PictureFeed(Mailbox(), maker, ReadyPreviews(15.0, 20.0), FakeTime().clock)
    feed.give_up_full()
    feed.publish(EditSession(tiny_generator()).session, FRAME, "resting")
    (shown,) = maker.asked
    assert shown is not None
    assert shown.psnr_db == 20.0


def test_after_a_slow_picture_at_rest_the_fit_begins_without_another_cause(tmp_path: Path) -> None:
    fitted = threading.Event()

    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        tell(0, 1)
        fitted.set()
        return [tiny_preview()]

    fake = FakeTime()
    fitter = PreviewFitter(tmp_path, fit)
    feed = PictureFeed(Mailbox(), SlowMaker(fake), fitter, fake.clock)
    feed.publish(EditSession(tiny_generator()).session, FRAME, "resting")
    assert fitted.wait(DEADLINE_S)
    fitter.close()


@pytest.mark.parametrize(("psnr_db", "standing"), [(40.0, "ready"), (15.0, "none")])
def test_whoever_pins_the_preview_hears_how_its_fit_ended_though_nothing_else_happens(
    tmp_path: Path, psnr_db: float, standing: PreviewStanding
) -> None:
    may_end = threading.Event()

    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        assert may_end.wait(DEADLINE_S)
        return [tiny_preview(psnr_db)]

    worker = DragWorker(EditSession(tiny_generator()), previews=PreviewFitter(tmp_path, fit))
    assert wait_for(worker, lambda f: f.picture is not None).preview == "unknown"
    pinned = worker.submit(SetQuality("preview"))
    assert wait_for(worker, lambda f: f.serial == pinned).preview == "unknown"
    may_end.set()
    wait_for(worker, lambda f: f.preview == standing)
    worker.close()


def test_a_fit_that_ends_while_it_is_asked_about_is_not_lost() -> None:
    class EndsMeanwhile(PreviewFitter):
        ended = False

        def known(self, generator: Generator) -> tuple[Preview, ...]:
            before, self.ended = self.ended, True
            return (tiny_preview(),) if before else ()

        def is_known(self, generator: Generator) -> bool:
            return self.ended

    feed = PictureFeed(Mailbox(), SlowMaker(FakeTime()), EndsMeanwhile(Path()), FakeTime().clock)
    feed.choice.quality = "preview"
    session = EditSession(tiny_generator()).session
    assert feed.preview_standing(session) == "unknown"
    assert feed.ask_again_s("resting") is not None
    assert feed.preview_standing(session) == "ready"
    assert feed.ask_again_s("resting") is None


def test_the_end_of_a_fit_is_awaited_where_it_goes_on_and_told_anew_for_another_model(tmp_path: Path) -> None:
    feed = PictureFeed(
        Mailbox(),
        SlowMaker(FakeTime()),
        PreviewFitter(tmp_path, lambda _generator, _tell: [tiny_preview()]),
        FakeTime().clock,
    )
    fitter = feed._previews
    assert fitter is not None
    session, other = (EditSession(tiny_generator(seed)).session for seed in (1, 2))
    assert feed.preview_standing(session) == "unknown"
    assert feed.ask_again_s("resting") is None  # nobody pinned it
    feed.choice.quality = "preview"
    feed.preview_standing(session)
    assert feed.ask_again_s("paused") is None  # an earlier picture is looked at, and nothing is fitted
    assert feed.ask_again_s("resting") is not None
    assert feed.ask_again_s("resting") is None  # not again before the next frame
    fitter.previews_of(session.generator)
    assert fitter._job is not None
    fitter._job.thread.join(DEADLINE_S)
    assert feed.preview_standing(session) == "ready"
    assert feed.preview_standing(other) == "unknown"
    fitter.close()


def test_without_memory_for_full_pictures_what_is_shown_is_a_preview() -> None:
    feed = PictureFeed(Mailbox(), KeptTensors(), ReadyPreviews(15.0), FakeTime().clock)
    session = EditSession(tiny_generator()).session
    assert feed.preview_standing(session) == "none"
    feed.give_up_full()
    assert feed.preview_standing(session) == "ready"


def test_the_panel_says_why_a_pinned_preview_is_not_shown() -> None:
    state = AppState(picture_size=(8, 8), model_name="tiny")
    told: dict[str, str] = {}
    state.quality = "preview"
    for standing in get_args(PreviewStanding):
        state.preview = standing
        told[standing] = why_full(state)
    assert "prepared" in told["unknown"]
    assert "none" in told["none"]
    assert told["ready"] == ""
    state.quality, state.preview = "automatic", "none"
    assert why_full(state) == ""


def test_a_fit_that_fails_leaves_none(tmp_path: Path) -> None:
    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        raise MemoryError

    fitter = PreviewFitter(tmp_path, fit)
    feed = PictureFeed(Mailbox(), SlowMaker(FakeTime()), fitter, FakeTime().clock)
    session = EditSession(tiny_generator()).session
    assert feed.preview_standing(session) == "unknown"
    fitter.previews_of(session.generator)
    assert fitter._job is not None
    fitter._job.thread.join(DEADLINE_S)
    assert feed.preview_standing(session) == "none"
    fitter.close()
