"""`PreviewFitter`: gets a model's previews ready in the background, and only while the drag worker idles.

Fitting takes some hundred full pictures, once a model (`gan.preview` keeps the result). On a processor that
is seconds to minutes of work that must not be felt: while the drag runs, it pauses after the picture in hand.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import torch

from gan.devices import enter
from gan.generator import Generator
from gan.model_file import reopen_on_cpu
from gan.preview import Preview, load_or_fit_previews

log = logging.getLogger(__name__)

OnSample = Callable[[int, int], None]
Fit = Callable[[Generator, OnSample], list[Preview]]


class PreviewFitter:
    """One model at a time; asked from the drag worker's thread."""

    def __init__(
        self,
        cache_folder: Path,
        fit: Fit | None = None,
        reopen: Callable[[Generator], Generator] = reopen_on_cpu,
    ) -> None:
        """cache_folder: where fits are kept. fit: tests give a cheap one. reopen: the same generator on the
        processor."""
        self._reopen = reopen
        self._fit = fit or (lambda generator, tell: load_or_fit_previews(generator, cache_folder, None, tell))
        self._job: _Job | None = None
        self._idle = threading.Event()

    def previews_of(self, generator: Generator, on_cpu: bool = False) -> tuple[Preview, ...]:
        """Its previews, lowest block first; none = not known yet, or it has none. The first time it is asked
        for a model, the fit begins. on_cpu: with pictures made on the processor, where the generator's device
        cannot hold them."""
        job = self._job
        if job is None or job.generator is not generator or (on_cpu and not job.may_go_on_without_device):
            if job is not None:
                job.abandoned.set()
            self._job = job = _Job(generator, self._fit, self._idle, self._reopen if on_cpu else None)
        return job.previews

    def known(self, generator: Generator) -> tuple[Preview, ...]:
        """The same, but begins nothing."""
        job = self._job
        return job.previews if job is not None and job.generator is generator else ()

    def is_known(self, generator: Generator) -> bool:
        """Whether its fit has ended, with previews or without."""
        job = self._job
        return job is not None and job.generator is generator and job.ended

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

    def __init__(
        self,
        generator: Generator,
        fit: Fit,
        idle: threading.Event,
        reopen: Callable[[Generator], Generator] | None,
    ) -> None:
        self.generator = generator
        self._reopen = reopen
        self.previews: tuple[Preview, ...] = ()
        self.ended = False
        self.abandoned = threading.Event()
        self._fit = fit
        self._idle = idle
        self.thread = threading.Thread(target=self._run, name="previews", daemon=True)
        self.thread.start()

    @property
    def may_go_on_without_device(self) -> bool:
        """Whether no full picture of its device is asked for any more."""
        return bool(self.previews) or self._reopen is not None

    def _run(self) -> None:
        torch.set_num_threads(1)
        try:  # what was kept is read at once: the fit calls `_wait` before its first picture
            used = self.generator if self._reopen is None else self._reopen(self.generator)
            enter(used.device)
            fitted = self._fit(used, lambda _done, _all: self._wait())
            self.previews = tuple(preview.to(self.generator.synthesis.const) for preview in fitted)
        except _AbandonedError:
            pass
        except Exception:  # a device that cannot do it (memory, 64-bit numbers): there is no preview then
            log.exception("no preview could be fitted")
        self.ended = True

    def _wait(self) -> None:
        while not self._idle.wait(timeout=0.2):
            if self.abandoned.is_set():
                raise _AbandonedError
        if self.abandoned.is_set():
            raise _AbandonedError
