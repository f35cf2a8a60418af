"""How long a run lasts, in minutes or in pictures, and the learning rate that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from gan.train.settings import TrainSettings

EMA_PICTURES = 16  # that the settings' ema_decay is given for


@dataclass(frozen=True)
class Budget:
    """minutes: of training, over all restarts together; pictures: seen. The first one that is used up ends
    the run."""

    minutes: float | None = None
    pictures: int | None = None

    def time_share(self, seconds: float) -> float:
        """How much of the minutes is used up, 0 to 1; 0 where they are not limited."""
        return 0.0 if self.minutes is None else min(seconds / (60 * self.minutes), 1.0)

    def picture_share(self, pictures: int) -> float:
        """How many of the pictures are used up, 0 to 1; 0 where they are not limited."""
        return 0.0 if self.pictures is None else min(pictures / self.pictures, 1.0)


def learning_rate_factor(step: int, share: float, settings: TrainSettings) -> float:
    """Rises over the first steps, falls linearly over the budget's last part."""
    rise = min(1.0, (step + 1) / max(settings.warm_up_steps, 1))
    if share <= settings.decay_from:
        return rise
    left = (1 - share) / (1 - settings.decay_from)
    return rise * max(settings.decay_to, left)


def ema_decay(step: int, settings: TrainSettings) -> float:
    """Short memory in the first steps, so that the average leaves the random start behind."""
    decay = settings.ema_decay ** (settings.batch_size / EMA_PICTURES)
    return min(decay, 1 - 1 / (step + 2))
