"""Trains the network that finds landmarks on renders, whose landmarks are known."""

# torch's calls of training are typed in part only
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from gan.evaluate.landmark_augmentation import augment, softened
from gan.evaluate.landmark_net import LandmarkNet, mean_positions
from gan.evaluate.landmark_reader import READ_AT_ONCE, HeldOutError, LandmarkReader, mirror_order

WARM_UP_STEPS = 50
SOFT_SHARE = 0.5  # the held-out renders' soft version has this share of the input's size in detail


@dataclass(frozen=True)
class LandmarkTraining:
    """How the network is trained. size_px: of its input; at 64 px every generator's picture is as sharp as
    the renders, or nearly, and a step costs a quarter of one at 128.

    heat_map_weight: of the cross entropy between heat maps and the landmark's own cell, beside the distance.
    """

    size_px: int = 64
    step_count: int = 2600
    batch_size: int = 16
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    heat_map_weight: float = 0.3
    held_out_count: int = 500
    seed: int = 0


def train_landmark_reader(
    pictures: Tensor,
    landmarks: Tensor,
    names: tuple[str, ...],
    training: LandmarkTraining,
    advance: Callable[[str], None],
) -> LandmarkReader:
    """A reader trained on pictures (N, 3, S, S) uint8 of size_px, and landmarks (N, K, 2), shares.

    The last held_out_count pictures, at most a fifth of them, judge it and train nothing. It is trained where
    the pictures and landmarks are. The same pictures and training give the same reader, on the same machine.
    advance: called after every step.
    """
    held_out = min(training.held_out_count, len(pictures) // 5)
    known = len(pictures) - held_out
    source = torch.Generator().manual_seed(training.seed)
    with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global generator
        torch.manual_seed(training.seed)
        net = LandmarkNet(len(names)).to(pictures.device)
    for weights in net.parameters():
        if weights.ndim == 4:  # in the pictures' own layout
            weights.data = weights.data.contiguous(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(
        net.parameters(), training.learning_rate, betas=(0.9, 0.99), weight_decay=training.weight_decay
    )
    order = mirror_order(names)
    net.train()
    for step in range(training.step_count):
        for group in optimiser.param_groups:
            group["lr"] = training.learning_rate * _schedule(step, training.step_count)
        chosen = torch.randint(known, (training.batch_size,), generator=source).to(pictures.device)
        seen, truth = augment(pictures[chosen], landmarks[chosen], order, source)
        loss = landmark_loss(net.heat_maps(seen), truth, training.heat_map_weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 25 == 24:  # sync: only to be told to the person who waits
            advance(f"loss {loss.item():.2f}")
        else:
            advance("")
    reader = LandmarkReader(net, training.size_px, HeldOutError(0, 0, 0, 0), names)
    reader.held_out = held_out_error(reader, pictures[known:], landmarks[known:])
    return reader


def landmark_loss(heat_maps: Tensor, truth: Tensor, heat_map_weight: float) -> Tensor:
    """Of heat maps (N, K, h, w) and true positions (N, K, 2); landmarks outside the picture do not count.

    The distance alone leaves heat maps free to be wide, and learns several times slower; cross entropy with a
    bump of one cell's width makes them sharp, and the distance then takes off what the cells' raster leaves.
    """
    inside = ((truth > 0) & (truth < 1)).all(dim=-1)  # (N, K)
    distance = (mean_positions(heat_maps) - truth).abs().sum(dim=-1)[inside].mean()
    height, width = heat_maps.shape[-2:]
    x = (torch.arange(width, device=truth.device) + 0.5) / width
    y = (torch.arange(height, device=truth.device) + 0.5) / height
    off_x = (x - truth[..., :1]) * width  # (N, K, w), cells
    off_y = (y - truth[..., 1:]) * height  # (N, K, h)
    bump = -(off_y[..., :, None].square() + off_x[..., None, :].square()) / 2  # (N, K, h, w)
    wanted = bump.flatten(2).softmax(dim=-1)
    entropy = -(wanted * heat_maps.flatten(2).log_softmax(dim=-1)).sum(dim=-1)[inside].mean()
    return 10 * distance + heat_map_weight * entropy


def held_out_error(reader: LandmarkReader, pictures: Tensor, landmarks: Tensor) -> HeldOutError:
    """Of a reader on pictures (N, 3, S, S) uint8 of its size with true landmarks (N, K, 2)."""
    sharp: list[Tensor] = []
    soft: list[Tensor] = []
    for start in range(0, len(pictures), READ_AT_ONCE):
        values = pictures[start : start + READ_AT_ONCE].float() / 127.5 - 1
        truth = landmarks[start : start + READ_AT_ONCE]
        sharp.append(_distances(reader.read_scaled(values), truth))
        soft.append(_distances(reader.read_scaled(softened(values, SOFT_SHARE)), truth))
    inside = ((landmarks > 0) & (landmarks < 1)).all(dim=-1)  # (N, K)
    errors, soft_errors = 100 * torch.cat(sharp), 100 * torch.cat(soft)
    counted = errors[inside]
    by_landmark = {
        name: float(errors[:, i][inside[:, i]].mean()) if inside[:, i].any() else math.nan
        for i, name in enumerate(reader.names)
    }
    return HeldOutError(
        mean=float(counted.mean()),
        median=float(counted.median()),
        p90=float(counted.quantile(0.9)),
        soft_mean=float(soft_errors[inside].mean()),
        by_landmark={name: error for name, error in by_landmark.items() if not math.isnan(error)},
    )


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """Of points (..., 2)."""
    return (a - b).square().sum(dim=-1).sqrt()


def scaled_pictures(pictures: Tensor, size_px: int) -> Tensor:
    """pictures (N, 3, h, w) uint8 -> (N, 3, size_px, size_px) uint8, averaged where they are reduced."""
    if pictures.shape[-2:] == (size_px, size_px):
        return pictures
    values = functional.interpolate(pictures.float(), size=(size_px, size_px), mode="bicubic", antialias=True)
    return values.round().clamp(0, 255).to(torch.uint8)


def _schedule(step: int, step_count: int) -> float:
    """Warm-up, then a cosine down to nearly nothing: 0..1."""
    return min(1.0, (step + 1) / WARM_UP_STEPS) * (
        0.02 + 0.98 * (1 + math.cos(math.pi * step / step_count)) / 2
    )
