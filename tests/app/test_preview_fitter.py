"""Previews are fitted while nothing else is to be done, and pause or end when something is."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path

from app.preview_fitter import OnSample, PreviewFitter
from gan.generator import Generator
from gan.preview import Preview, PreviewSettings, load_or_fit_previews
from tests.app.fake_pictures import tiny_preview
from tests.app.tiny import tiny_generator

DEADLINE_S = 60.0


def test_previews_are_fitted_only_while_nothing_else_is_to_be_done(tmp_path: Path) -> None:
    began, done = threading.Event(), threading.Event()
    samples: list[int] = []

    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        began.set()
        tell(0, 5)
        for i in range(5):
            samples.append(i)
            tell(i + 1, 5)
        done.set()
        return [tiny_preview()]

    fitter = PreviewFitter(tmp_path, fit)
    assert fitter.known(tiny_generator()) == ()
    assert fitter.previews_of(tiny_generator()) == ()
    assert began.wait(DEADLINE_S)  # what was kept of an earlier fit would be read now
    assert not done.wait(timeout=0.05)
    assert samples == []
    fitter.set_idle(True)
    assert done.wait(DEADLINE_S)
    deadline = time.monotonic() + DEADLINE_S
    while not fitter.known(tiny_generator()):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    assert len(samples) == 5
    fitter.close()


def test_a_fit_that_was_kept_serves_the_first_drag(tmp_path: Path) -> None:
    """It is read beside the steps; only fitting waits until nothing else is to be done."""
    settings = PreviewSettings(sample_count=2, held_out_count=1)
    fit_and_keep = partial(load_or_fit_previews, cache_folder=tmp_path, settings=settings)
    fit_and_keep(tiny_generator())
    fitter = PreviewFitter(tmp_path)
    fitter.set_idle(False)
    fitter.previews_of(tiny_generator())
    job = fitter._job
    assert job is not None
    job.thread.join(DEADLINE_S)
    assert not job.thread.is_alive()
    assert [preview.resolution for preview in fitter.known(tiny_generator())] == [4, 8, 16]
    fitter.close()


def test_a_fit_in_the_middle_of_which_the_window_closes_ends_at_once(tmp_path: Path) -> None:
    began = threading.Event()

    def fit(generator: Generator, tell: OnSample) -> list[Preview]:
        while True:
            began.set()
            tell(1, 2)

    fitter = PreviewFitter(tmp_path, fit)
    fitter.set_idle(True)
    fitter.previews_of(tiny_generator())
    assert began.wait(DEADLINE_S)
    fitter.close()
    assert fitter.known(tiny_generator()) == ()
