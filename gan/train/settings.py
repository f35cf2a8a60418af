"""`TrainSettings`: every number of a training run, with what it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gan.errors import LiveDragError

PrecisionName = Literal["float32", "bfloat16", "float16"]


class TrainError(LiveDragError):
    """A training run cannot start or go on: bad data, bad settings, a folder that cannot be written."""


@dataclass(frozen=True)
class AugmentSettings:
    """Deviations of ADA's transformations; each is applied with the augmentation's probability.

    translation: largest whole-pixel shift, as a share of the picture. scale, stretch: of log2 of the factors.
    fraction: of the sub-pixel shift, as a share. brightness: added. contrast, saturation: of log2.
    """

    translation: float = 0.125
    scale: float = 0.2
    stretch: float = 0.2
    fraction: float = 0.125
    brightness: float = 0.2
    contrast: float = 0.5
    saturation: float = 1.0


@dataclass(frozen=True)
class TrainSettings:
    """Hyper-parameters. Defaults of the paired part are those that worked on two CPU cores.

    Optimiser and averages:
    batch_size: pictures a step over all processes together.
    learning_rate: Adam's, of the generator in paired training; for steps of 16 pictures. Four times as many
    are followed less noisily: up to twice the rate then.
    beta_1, beta_2: Adam's decay of the first and second moment.
    warm_up_steps: the learning rate rises linearly over so many steps.
    decay_from: share of the budget after which the learning rate falls linearly ...
    decay_to: ... to this share of itself.
    ema_decay: of the averaged weights that are exported, per 16 pictures; less in the first steps.

    Paired loss:
    emphasis: extra weight of pixels at eyes, nose and mouth, over 1 elsewhere.
    emphasis_landmarks: which landmarks those are.
    emphasis_radius: their Gaussian's deviation, as a share of the picture's width.
    coarse_weight: of the L1 of pictures averaged over 4 x 4 pixels.
    perceptual_weight_start, perceptual_weight_end: of the feature distance, rising over the budget: a new
    generator first learns where things are.
    perceptual_every: the feature distance is taken at every so many steps, and weighs as much more then.
    feature_taps: blocks of EfficientNet-Lite0 whose maps are compared.
    features_from_px: pictures are compared at their own size and at halves of it down to this, at least 1;
    the feature distance is the mean over the sizes.
    mapping_lr_multiplier: learning rate of the mapping relative to the rest (NVIDIA's layout stores 0.01).
    geometry_rows: rows of w_plus that hear the geometry half of w; the others hear the appearance half.

    Adversarial (StyleGAN2, appendix B; ADA, appendix B):
    adversarial_mapping_lr_multiplier: see mapping_lr_multiplier.
    adversarial_paired_weight: of the paired loss after a paired training went adversarial.
    adversarial_learning_rate, adversarial_beta_1, adversarial_beta_2, adversarial_epsilon: Adam's, of both
    networks.
    r1_every, path_length_every: steps between the regularisations of D and of G; 0 = never.
    r1_gamma: weight of R1; None = r1_gamma_scale * resolution^2 / batch_size.
    path_length_weight, path_length_decay: of the penalty, and of the running mean's update.
    path_length_shrink: its batch is so many times smaller, since it takes the most memory.
    style_mixing: share of pictures that hear a second w from a random row on.
    ema_half_life: of the averaged weights, in pictures; in the first pictures ema_ramp_up times those seen.
    frozen_features: the projected discriminator on EfficientNet-Lite0, with the hinge loss and without R1,
    instead of one that learns from pixels.
    precision: of convolutions; float16 and bfloat16 are for GPUs.
    fused: torch.compile merges what paired training does to every pixel between 16-bit convolutions: faster,
    after a minute of compiling at every start. It needs Triton and a C compiler.
    augment_target: r_t, the mean sign of D at real pictures, that the augmentation is adjusted to;
    None = no augmentation.
    augment_every: steps between adjustments. augment_pictures_to_full: pictures in which the probability may
    move from 0 to 1. augment_limit: the largest probability. augment: how strong each transformation is.

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
    feature_taps: tuple[int, ...] = (0, 2, 4, 10)
    features_from_px: int = 128
    mapping_lr_multiplier: float = 1.0
    geometry_rows: int = 6

    adversarial_mapping_lr_multiplier: float = 0.01
    adversarial_paired_weight: float = 1.0
    adversarial_learning_rate: float = 2.5e-3
    adversarial_beta_1: float = 0.0
    adversarial_beta_2: float = 0.99
    adversarial_epsilon: float = 1e-8
    r1_every: int = 16
    r1_gamma: float | None = None
    r1_gamma_scale: float = 2e-4
    path_length_every: int = 4
    path_length_weight: float = 2.0
    path_length_decay: float = 0.01
    path_length_shrink: int = 2
    style_mixing: float = 0.9
    ema_half_life: float = 10_000.0
    ema_ramp_up: float = 0.05
    frozen_features: bool = False
    precision: PrecisionName = "float32"
    fused: bool = False
    augment_target: float | None = 0.6
    augment_every: int = 4
    augment_pictures_to_full: float = 500_000.0
    augment_limit: float = 0.8
    augment: AugmentSettings = field(default_factory=AugmentSettings)

    seed: int = 0
    held_out_count: int = 64
    log_every_steps: int = 50
    evaluate_every_minutes: float = 10.0
    checkpoint_every_minutes: float = 4.0
