"""Where training starts: weights as published, or those of a smaller generator, whose picture is kept.

A new z column, a new channel and a new block start without any effect on the picture (their outgoing
weights are zero), so nothing that was learnt is lost.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gan.architecture import Architecture
from gan.build import expected_shapes
from gan.train.generator import FactorSplit, TrainableGenerator, scale_of, stored_scale
from gan.train.settings import TrainError


def published_weights(
    architecture: Architecture, seed: int, mapping_lr_multiplier: float
) -> dict[str, Tensor]:
    """Unit normal weights, zero biases, affine biases one (StyleGAN2), for `TrainableGenerator`."""
    source = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}
    for name, shape in expected_shapes(architecture).items():
        drawn = torch.randn(shape, generator=source)
        if name.endswith("affine.bias"):
            drawn = torch.ones(shape)
        elif name.endswith((".bias", "noise_strength", "w_avg")):
            drawn = torch.zeros(shape)
        elif name.startswith("mapping.fc"):
            drawn = drawn / mapping_lr_multiplier
        tensors[name] = drawn
    return tensors


def fresh_generator(
    architecture: Architecture,
    seed: int,
    split: FactorSplit | None = None,
    mapping_lr_multiplier: float = 1.0,
) -> TrainableGenerator:
    """An untrained generator."""
    weights = published_weights(architecture, seed, mapping_lr_multiplier)
    return TrainableGenerator(architecture, weights, split, mapping_lr_multiplier)


def grown_generator(
    stored: dict[str, Tensor],
    old: Architecture,
    new: Architecture,
    seed: int,
    split: FactorSplit | None = None,
    mapping_lr_multiplier: float = 1.0,
) -> TrainableGenerator:
    """A generator of architecture `new` whose picture is that of `stored`, upsampled where it is larger.

    stored: as in a file, of architecture `old`; its z is the first columns of the new z. Raises TrainError
    where `new` is narrower than `old` or the stored weights join what `split` keeps apart.
    """
    check_growth(old, new)
    fresh = published_weights(new, seed, mapping_lr_multiplier)
    tensors: dict[str, Tensor] = {}
    for name, start in fresh.items():
        if name in stored:
            start = _grown(name, stored[name].float(), start, old, new, split, mapping_lr_multiplier)
        elif name.endswith("torgb.weight"):
            start = torch.zeros_like(start)  # a new block adds nothing to the picture yet
        tensors[name] = start
    return TrainableGenerator(new, tensors, split, mapping_lr_multiplier)


def check_growth(old: Architecture, new: Architecture) -> None:
    """Raises TrainError, in one line, where a generator of `old` cannot become one of `new`."""
    wanted = {
        "resolution": (old.resolution, new.resolution),
        "number of factors (z)": (old.z_dim, new.z_dim),
    } | {f"width at {r}": (c, new.channels.get(r, 0)) for r, c in old.channels.items()}
    for what, (has, asked) in wanted.items():
        if asked < has:
            raise TrainError(
                f"--init has the {what} {has}, and {asked} was asked for; give at least {has}, "
                "or start without --init"
            )
    same = {
        "width of w": (old.w_dim, new.w_dim),
        "number of mapping layers": (old.mapping_layer_count, new.mapping_layer_count),
        "number of labels": (old.c_dim, new.c_dim),
        "constant's size": ((old.base_height, old.base_width), (new.base_height, new.base_width)),
    }
    for what, (has, asked) in same.items():
        if asked != has:
            raise TrainError(f"--init has the {what} {has}, and {asked} was asked for; give {has}")


def _grown(
    name: str,
    stored: Tensor,
    start: Tensor,
    old: Architecture,
    new: Architecture,
    split: FactorSplit | None,
    mapping_lr_multiplier: float,
) -> Tensor:
    """One tensor of the new generator: the stored numbers, and around them what has no effect yet."""
    dense = name.startswith("mapping.fc") or ".affine." in name
    if dense:
        return _grown_dense(name, stored, start, old, new, split, mapping_lr_multiplier)
    if stored.shape == start.shape:
        return stored.clone()
    grown = start.clone()
    if name.endswith(("conv0.weight", "conv1.weight")):
        grown[:, stored.shape[1] :] = 0  # no one listens to new channels below yet
        grown[: stored.shape[0], : stored.shape[1]] = stored
    elif name.endswith("torgb.weight"):
        grown[:] = 0
        grown[:, : stored.shape[1]] = stored * math.sqrt(start.shape[1] / stored.shape[1])
    else:
        grown[tuple(slice(size) for size in stored.shape)] = stored
    return grown


def _grown_dense(
    name: str,
    stored: Tensor,
    start: Tensor,
    old: Architecture,
    new: Architecture,
    split: FactorSplit | None,
    mapping_lr_multiplier: float,
) -> Tensor:
    scale = scale_of(name, new, split, mapping_lr_multiplier)
    in_use = stored * stored_scale(name, old)
    grown = start.clone()
    if stored.dim() == 1:
        grown[: stored.shape[0]] = in_use / scale
        return grown
    rows, columns = stored.shape
    known = scale[:rows, :columns]
    if bool((in_use[known == 0].abs() > 1e-6).any()):  # sync: once, while loading
        raise TrainError(
            f"--init mixes geometry and appearance in '{name}', which paired training keeps apart; "
            "give a generator that was trained paired, or start without --init"
        )
    grown[:, columns:] = 0  # new factors are not heard yet
    grown[:rows, :columns] = torch.where(known > 0, in_use / known.clamp(min=1e-12), 0.0)
    return grown
