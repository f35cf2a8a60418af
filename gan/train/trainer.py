"""The loop of a run: steps, log, evaluation, checkpoints, until the budget is used up or someone ends it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import torch
from torch import Tensor

from gan.formats.safetensors_file import ProvenanceHeader
from gan.train.budget import Budget
from gan.train.checkpoint import read_checkpoint, write_checkpoint
from gan.train.processes import Number, Processes
from gan.train.run_folder import RunFolder
from gan.train.settings import TrainError, TrainSettings
from gan.train.training import Moment, Training


@dataclass(frozen=True)
class Progress:
    """Said after every step. seconds, seconds_left: of training; metrics: of the last evaluation."""

    step: int
    pictures: int
    share: float
    seconds: float
    seconds_left: float | None
    metrics: dict[str, float]


def train(
    training: Training,
    budget: Budget,
    folder: RunFolder,
    provenance: ProvenanceHeader,
    settings: TrainSettings,
    processes: Processes,
    note: Callable[[Progress], None] = lambda _progress: None,
) -> bool:
    """Trains until the budget is used up (True) or the process is asked to end (False).

    Goes on from the folder's checkpoint where there is one, with the losses that an uninterrupted run would
    have had. Raises TrainError.
    """
    run = _Run(training, budget, folder, provenance, settings, processes, note)
    run.resume()
    with _end_requests() as asked:
        return run.loop(asked)


class _Run:
    """Counters and clocks of one run."""

    def __init__(
        self,
        training: Training,
        budget: Budget,
        folder: RunFolder,
        provenance: ProvenanceHeader,
        settings: TrainSettings,
        processes: Processes,
        note: Callable[[Progress], None],
    ) -> None:
        self._training = training
        self._budget = budget
        self._folder = folder
        self._provenance = provenance
        self._settings = settings
        self._processes = processes
        self._note = note
        self._step = 0
        self._seconds_before = 0.0  # of training, in earlier processes
        self._started = time.monotonic()
        self._share = 0.0
        self._sums: dict[str, list[Number]] = {}  # since the last line
        self._metrics: dict[str, float] = {}
        self._logged = (0, 0.0)  # step and seconds of the last line

    def resume(self) -> None:
        """Takes up the folder's checkpoint."""
        device = self._training.averaged_generator.parameters()[0].device
        state = read_checkpoint(self._folder.folder, device)
        if state is None:
            if self._processes.first:
                self._folder.forget_after(-1)
            return
        try:
            self._training.restore(state["training"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainError(
                f"the checkpoint in '{self._folder.folder}' is of a run with other settings; "
                "give the command that began it, or another --out"
            ) from error
        self._step = int(state["step"])
        self._seconds_before = float(state["seconds"])
        self._sums = {name: list(values) for name, values in state["sums"].items()}
        self._logged = (self._step, self._seconds_before)
        picture_share = self._budget.picture_share(self._pictures)
        self._share = max(self._budget.time_share(self._seconds_before), picture_share)
        if self._processes.first:
            self._folder.forget_after(self._step)

    def loop(self, asked: list[bool]) -> bool:
        """Steps until the end; True where the budget is used up."""
        s = self._settings
        self._started = time.monotonic()
        evaluated = saved = self._started
        ended = False
        if self._share >= 1:
            return True
        while not ended and self._share < 1:
            # one process's clock rules all: the learning rate must be the same everywhere
            clock = self._budget.time_share(self._seconds) if self._processes.first else 0.0
            also = (clock * self._processes.count, float(asked[0]))
            losses, (time_share, end) = self._training.step(Moment(self._step, self._share), also)
            self._step += 1
            self._share = max(float(time_share), self._budget.picture_share(self._pictures))
            ended = float(end) > 0
            now = time.monotonic()
            done = self._share >= 1
            if self._processes.first:
                self._add(losses)
                if done or now - evaluated > 60 * s.evaluate_every_minutes:
                    self._log(self._evaluate())
                    evaluated = now
                elif self._step % s.log_every_steps == 0:
                    self._log({})
                if done or ended or now - saved > 60 * s.checkpoint_every_minutes:
                    self._save()
                    saved = now
                self._note(self._progress())
        return self._share >= 1

    @property
    def _pictures(self) -> int:
        return self._step * self._settings.batch_size

    @property
    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._started

    def _progress(self) -> Progress:
        share = self._share
        left = self._seconds * (1 - share) / share if share > 0.001 else None
        return Progress(self._step, self._pictures, share, self._seconds, left, dict(self._metrics))

    def _add(self, losses: dict[str, Number]) -> None:
        for name, value in losses.items():
            self._sums.setdefault(name, []).append(value)

    def _read_sums(self) -> dict[str, list[float]]:
        """The losses since the last line, on the host, where they are from now on."""
        read = {name: _on_host(values) for name, values in self._sums.items() if values}
        self._sums = {name: [*values] for name, values in read.items()}
        return read

    def _log(self, evaluation: dict[str, float]) -> None:
        sums = self._read_sums()  # before the clock is read: it waits for the steps that are under way
        step, seconds = self._logged
        spent = max(self._seconds - seconds, 1e-9)
        line: dict[str, float] = {
            "step": self._step,
            "pictures": self._pictures,
            "seconds": round(self._seconds, 1),
            "share": round(self._share, 5),
            "pictures_per_s": round((self._step - step) * self._settings.batch_size / spent, 2),
        }
        means = {name: sum(values) / len(values) for name, values in sums.items()}
        self._folder.log(line | means | evaluation)
        self._metrics |= means | evaluation
        self._sums = {}
        self._logged = (self._step, self._seconds)

    def _evaluate(self) -> dict[str, float]:
        """Measures of the averaged generator. Writes the sample sheet and the exported generator."""
        losses, pictures = self._training.evaluate()
        self._folder.save_sheet(pictures, self._pictures)
        self._folder.export(self._training.averaged_generator, self._provenance)
        return losses

    def _save(self) -> None:
        state = {
            "training": self._training.state(),
            "step": self._step,
            "seconds": self._seconds,
            "sums": self._read_sums(),
        }
        write_checkpoint(self._folder.folder, state)


def _on_host(values: list[Number]) -> list[float]:
    """The numbers; those that lie on a device in one copy."""
    tensors = [value for value in values if isinstance(value, Tensor)]
    read = iter(torch.stack(tensors).cpu() if tensors else ())  # sync: once a line, for all of them
    return [float(next(read)) if isinstance(value, Tensor) else value for value in values]


@contextmanager
def _end_requests() -> Generator[list[bool]]:
    """While it lasts, SIGTERM and SIGINT set the list's one entry instead of ending the process."""
    asked = [False]

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked[0] = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
