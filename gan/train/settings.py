"""`TrainSettings`: every number of a training run, with what it does."""

from __future__ import annotations

from dataclasses import dataclass

from gan.errors import LiveDragError


class TrainError(LiveDragError):
    """A training run cannot start or go on: bad data, bad settings, a folder that cannot be written."""


@dataclass(frozen=True)
class TrainSettings:
    """Hyper-parameters. Defaults of the paired part are those that worked on two CPU cores.

    Optimiser and averages:
    batch_size: pictures a step over all processes together.
    learning_rate: Adam's, of the generator in paired training.
    beta_1, beta_2: Adam's decay of the first and second moment.
    warm_up_steps: the learning rate rises linearly over so many steps.
    decay_from: share of the budget after which the learning rate falls linearly ...
    decay_to: ... to this share of itself.
    ema_decay: of the averaged weights that are exported, per step; less in the first steps.

    Paired loss:
    emphasis: extra weight of pixels at eyes, nose and mouth, over 1 elsewhere.
    emphasis_landmarks: which landmarks those are.
    emphasis_radius: their Gaussian's deviation, as a share of the picture's width.
    coarse_weight: of the L1 of pictures averaged over 4 x 4 pixels.
    perceptual_weight_start, perceptual_weight_end: of the feature distance, rising over the budget.
    perceptual_every: the feature distance is taken at every so many steps, and weighs as much more then.
    feature_taps: blocks of EfficientNet-Lite0 whose maps are compared.
    mapping_lr_multiplier: learning rate of the mapping relative to the rest (NVIDIA's layout stores 0.01).
    geometry_rows: rows of w_plus that hear the geometry half of w; the others hear the appearance half.

    The run:
    seed: of initial weights and of the order of the pictures.
    held_out_count: pictures at the set's end that are never trained on; at most a tenth of the set.
    log_every_steps: one line of metrics.jsonl.
    evaluate_every_minutes: held-out losses, a sample sheet and the exported generator.
    checkpoint_every_minutes: what a power cut can cost.
    """

    batch_size: int = 16
    learning_rate: float = 3e-3
    beta_1: float = 0.9
    beta_2: float = 0.99
    warm_up_steps: int = 50
    decay_from: float = 0.6
    decay_to: float = 0.05
    ema_decay: float = 0.998

    emphasis: float = 4.0
    emphasis_landmarks: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 11)
    emphasis_radius: float = 0.05
    coarse_weight: float = 0.5
    perceptual_weight_start: float = 0.1
    perceptual_weight_end: float = 0.3
    perceptual_every: int = 1
    feature_taps: tuple[int, ...] = (0, 2, 4)
    mapping_lr_multiplier: float = 1.0
    geometry_rows: int = 6

    seed: int = 0
    held_out_count: int = 64
    log_every_steps: int = 50
    evaluate_every_minutes: float = 10.0
    checkpoint_every_minutes: float = 4.0
