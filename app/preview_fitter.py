"""`PreviewFitter`: gets a model's preview ready in the background, and only while the drag worker idles.

Fitting takes some hundred full pictures, once a model (`gan.preview` keeps the result). On a processor that
is seconds to minutes of work that must not be felt: while the drag runs, it pauses after the picture in hand.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import torch

from gan.generator import Generator
from gan.preview import Preview, cheapest_faithful, load_or_fit_previews

log = logging.getLogger(__name__)

OnSample = Callable[[int, int], None]
Fit = Callable[[Generator, OnSample], list[Preview]]


class PreviewFitter:
    """One model at a time; asked from the drag worker's thread."""

    def __init__(self, cache_folder: Path, fit: Fit | None = None) -> None:
        """cache_folder: where fits are kept. fit: tests give a cheap one."""
        self._fit = fit or (lambda generator, tell: load_or_fit_previews(generator, cache_folder, None, tell))
        self._job: _Job | None = None
        self._idle = threading.Event()

    def preview_of(self, generator: Generator) -> Preview | None:
        """The cheapest faithful preview; None = not known yet, or there is none. The first time it is asked
        for a model, the fit begins."""
        if self._job is None or self._job.generator is not generator:
            if self._job is not None:
                self._job.abandoned.set()
            self._job = _Job(generator, self._fit, self._idle)
        return self._job.preview

    def known(self, generator: Generator) -> Preview | None:
        """The same, but begins nothing."""
        job = self._job
        return job.preview if job is not None and job.generator is generator else None

    def set_idle(self, idle: bool) -> None:
        """Whether the machine has nothing better to do."""
        if idle:
            self._idle.set()
        else:
            self._idle.clear()

    def close(self) -> None:
        """Gives up what is being fitted, and waits for the picture in hand: a thread that is inside torch
        when the interpreter ends would abort the program."""
        job, self._job = self._job, None
        if job is not None:
            job.abandoned.set()
            job.thread.join()


class _AbandonedError(Exception):
    """Nobody waits for this fit any more."""


class _Job:
    """The fit of one model, in a thread that dies with the program."""

    def __init__(self, generator: Generator, fit: Fit, idle: threading.Event) -> None:
        self.generator = generator
        self.preview: Preview | None = None
        self.abandoned = threading.Event()
        self._fit = fit
        self._idle = idle
        self.thread = threading.Thread(target=self._run, name="previews", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        torch.set_num_threads(1)
        try:  # what was kept is read at once: the fit calls `_wait` before its first picture
            self.preview = cheapest_faithful(self._fit(self.generator, lambda _done, _all: self._wait()))
        except _AbandonedError:
            pass
        except Exception:  # a device that cannot do it (memory, 64-bit numbers): there is no preview then
            log.exception("no preview could be fitted")

    def _wait(self) -> None:
        while not self._idle.wait(timeout=0.2):
            if self.abandoned.is_set():
                raise _AbandonedError
        if self.abandoned.is_set():
            raise _AbandonedError
