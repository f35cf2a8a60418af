"""Paired first, adversarial in the budget's last part.

Where things are is learnt as a regression; what the regression blurs is sharpened by a discriminator. The
paired loss goes on meanwhile, else what was learnt would drift.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gan.train.adversarial import AdversarialTraining
from gan.train.generator import TrainableGenerator
from gan.train.paired import PairedTraining
from gan.train.picture_source import PairedSource
from gan.train.processes import Number, Processes
from gan.train.settings import TrainSettings
from gan.train.training import AveragedWeights, Moment


class PairedThenAdversarial:
    """A `Training` that hands the generator from one training to the other."""

    def __init__(
        self,
        paired: PairedTraining,
        adversarial_share: float,
        settings: TrainSettings,
        processes: Processes,
        device: torch.device,
    ) -> None:
        self._paired = paired
        self._from_share = 1 - adversarial_share
        self._settings = settings
        self._processes = processes
        self._device = device
        self._adversarial: AdversarialTraining | None = None

    @property
    def averaged_generator(self) -> TrainableGenerator:
        """See `Training`."""
        return (self._adversarial or self._paired).averaged_generator

    def step(self, now: Moment, also: tuple[float, ...]) -> tuple[dict[str, Number], list[Number]]:
        """See `Training`."""
        if self._adversarial is None and now.share >= self._from_share:
            self._adversarial = self._begun()
        return (self._adversarial or self._paired).step(now, also)

    def evaluate(self) -> tuple[dict[str, float], Tensor]:
        """The paired measures, whichever training is on: they say what the other one costs."""
        return self._paired.evaluate(self.averaged_generator)

    def state(self) -> dict[str, Any]:
        """See `Training`."""
        if self._adversarial is None:
            return self._paired.state()
        return {"adversarial": self._adversarial.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """See `Training`; a checkpoint of paired training alone will do."""
        if "adversarial" not in state:
            self._paired.restore(state)
            return
        self._adversarial = self._begun()
        self._adversarial.restore(state["adversarial"])

    def _begun(self) -> AdversarialTraining:
        """The adversarial training from where the paired one is, with the mapping as slow as published."""
        s = self._settings
        self._paired.record_with(None)  # only its loss is asked for from now on
        generator = self._paired.generator.rescaled(s.adversarial_mapping_lr_multiplier)
        averaged = self._paired.averaged_generator.rescaled(s.adversarial_mapping_lr_multiplier)

        def paired_loss(now: Moment) -> Tensor:
            return s.adversarial_paired_weight * self._paired.loss(generator, now)[0]

        return AdversarialTraining(
            generator,
            AveragedWeights(averaged),
            PairedSource(self._paired.data, s.seed),
            s,
            self._processes,
            self._device,
            paired_loss if s.adversarial_paired_weight > 0 else None,
        )
