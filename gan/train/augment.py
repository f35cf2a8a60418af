"""Adaptive augmentation (Karras et al. 2020, "Training GANs with limited data", appendix B).

The discriminator sees only augmented pictures, real and generated alike; as each transformation is left out
with a fair probability, the generator still learns the plain ones. Everything is differentiable, also twice:
R1 is taken at the pictures before they are augmented.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.train.grid_reading import read_at
from gan.train.settings import AugmentSettings

PLAIN = AugmentSettings()


def augment(
    pictures: Tensor,
    p: float,
    source: torch.Generator,
    of_batch: tuple[int, slice] | None = None,
    settings: AugmentSettings = PLAIN,
) -> Tensor:
    """Pictures (N, 3, H, W) -> the same, each transformed at random; p = 0 changes nothing at all.

    source: a CPU generator. of_batch: (whole batch's size, this process's part of it), so that several
    processes draw what one would.
    """
    whole, part = of_batch or (len(pictures), slice(None))
    draws = _Draws(whole, part, p, source, pictures.device)
    pictures = _flip_and_turn(pictures, draws)
    pictures = _shift(pictures, draws, settings.translation)
    pictures = _warp(pictures, *_geometry(draws, settings))
    return _recolour(pictures, *_colours(draws, settings))


class _Draws:
    """Random numbers of every picture of the batch, and whether a transformation applies to it."""

    def __init__(
        self, whole: int, part: slice, p: float, source: torch.Generator, device: torch.device
    ) -> None:
        self._whole, self._part, self._source, self._device = whole, part, source, device
        self._p = p

    def chosen(self, p: float | None = None) -> Tensor:
        """(N,) bool, each true with probability p."""
        return self.uniform() < (self._p if p is None else p)

    @property
    def turning_p(self) -> float:
        """Of each of the two rotations, so that one of them happens with probability p."""
        return 1 - math.sqrt(1 - min(self._p, 1.0))

    def uniform(self) -> Tensor:
        """(N,) in 0..1."""
        drawn = torch.rand(self._whole, generator=self._source)
        return drawn[self._part].to(self._device)

    def normal(self) -> Tensor:
        """(N,) unit normal."""
        drawn = torch.randn(self._whole, generator=self._source)
        return drawn[self._part].to(self._device)


def _flip_and_turn(x: Tensor, draws: _Draws) -> Tensor:
    """Mirror images and quarter turns; every pixel keeps its value."""
    mirrored = draws.chosen() & (draws.uniform() < 0.5)
    x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    turns = torch.where(draws.chosen(), (draws.uniform() * 4).floor(), 0.0).long()  # (N,) 0..3
    if x.shape[2] != x.shape[3]:
        turns = turns - turns % 2
    for quarter in (1, 2, 3):
        if bool((turns == quarter).any()):  # sync: N numbers; saves turning what stays
            x = torch.where((turns == quarter)[:, None, None, None], x.rot90(quarter, (2, 3)), x)
    return x


def _shift(x: Tensor, draws: _Draws, largest: float) -> Tensor:
    """Whole-pixel shifts, mirrored at the edges; every pixel keeps its value."""
    chosen = draws.chosen()
    for axis in (2, 3):
        size = x.shape[axis]
        shift = ((draws.uniform() * 2 - 1) * largest * size).round()
        shift = torch.where(chosen, shift, 0.0).long()
        places = torch.arange(size, device=x.device)[None] - shift[:, None]  # (N, size)
        places = places.abs()
        places = torch.where(places >= size, 2 * (size - 1) - places, places)
        index = places.view(-1, 1, size, 1) if axis == 2 else places.view(-1, 1, 1, size)
        x = x.gather(axis, index.expand(-1, x.shape[1], x.shape[2], x.shape[3]))
    return x


def _geometry(draws: _Draws, settings: AugmentSettings) -> tuple[Tensor, Tensor]:
    """Matrices (N, 2, 3) from places in the augmented picture (-1..1) to the given one, and where they are
    not the identity (N,)."""
    one = torch.ones_like(draws.uniform())
    zero = torch.zeros_like(one)
    scaled, turned_before = draws.chosen(), draws.chosen(draws.turning_p)
    stretched, turned_after = draws.chosen(), draws.chosen(draws.turning_p)
    moved = draws.chosen()
    scale = torch.where(scaled, torch.exp2(draws.normal() * settings.scale), one)
    before = torch.where(turned_before, (draws.uniform() * 2 - 1) * math.pi, zero)
    stretch = torch.where(stretched, torch.exp2(draws.normal() * settings.stretch), one)
    after = torch.where(turned_after, (draws.uniform() * 2 - 1) * math.pi, zero)
    # a share of the picture is twice as much in coordinates of -1..1
    shift = torch.stack([draws.normal(), draws.normal()], 1)[:, :, None] * 2 * settings.fraction  # (N, 2, 1)
    wide = torch.stack([stretch * scale, zero, zero, scale / stretch], 1).view(-1, 2, 2)
    linear = _rotation(before) @ wide @ _rotation(after)  # (N, 2, 2)
    # the shift comes last, so it is of the augmented picture
    shift = linear @ torch.where(moved[:, None, None], shift, 0.0)
    return torch.cat([linear, shift], dim=2), scaled | turned_before | stretched | turned_after | moved


def _rotation(angle: Tensor) -> Tensor:
    cosine, sine = angle.cos(), angle.sin()
    return torch.stack([cosine, -sine, sine, cosine], 1).view(-1, 2, 2)


def _warp(x: Tensor, matrix: Tensor, chosen: Tensor) -> Tensor:
    """Reads the pictures of `chosen` through their matrices: at twice the resolution, then averaged, because
    a bilinear reading of the pixels themselves would blur and alias."""
    rows = chosen.nonzero()[:, 0]  # sync: N numbers; most pictures may stay as they are
    if len(rows) == 0:
        return x
    picked = x[rows].float()
    height, width = x.shape[2:]
    fine = F.interpolate(picked, scale_factor=2, mode="bicubic", align_corners=False)
    grid = F.affine_grid(matrix[rows], [len(rows), 3, 2 * height, 2 * width], align_corners=False)
    return x.index_put((rows,), F.avg_pool2d(read_at(fine, grid), 2).to(x.dtype))


def _colours(draws: _Draws, settings: AugmentSettings) -> tuple[Tensor, Tensor]:
    """Affine maps of RGB, (N, 3, 4), and where they are not the identity (N,)."""
    one = torch.ones_like(draws.uniform())
    zero = torch.zeros_like(one)
    grey = torch.full((3, 3), 1 / 3, device=one.device)  # projects onto the grey axis
    eye = torch.eye(3, device=one.device)
    lit, contrasted = draws.chosen(), draws.chosen()
    flipped, turned, saturated = draws.chosen(), draws.chosen(), draws.chosen()
    brightness = torch.where(lit, draws.normal() * settings.brightness, zero)
    contrast = torch.where(contrasted, torch.exp2(draws.normal() * settings.contrast), one)
    luma = torch.where(flipped & (draws.uniform() < 0.5), -one, one)
    hue = torch.where(turned, (draws.uniform() * 2 - 1) * math.pi, zero)
    saturation = torch.where(saturated, torch.exp2(draws.normal() * settings.saturation), one)
    # along the grey axis luma is mirrored, across it colours turn and fade (Rodrigues' formula)
    across = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], device=one.device)
    across = across / math.sqrt(3)
    turn = hue.cos()[:, None, None] * (eye - grey) + hue.sin()[:, None, None] * across
    linear = luma[:, None, None] * grey + saturation[:, None, None] * turn
    linear = linear * contrast[:, None, None]
    # brightness comes before the rest, as published
    offset = (linear @ (brightness[:, None, None] * torch.ones(3, 1, device=one.device)))[:, :, 0]
    matrix = torch.cat([linear, offset[:, :, None]], dim=2)
    return matrix, lit | contrasted | flipped | turned | saturated


def _recolour(x: Tensor, matrix: Tensor, chosen: Tensor) -> Tensor:
    changed = torch.einsum("nij,njhw->nihw", matrix[:, :, :3].to(x.dtype), x)
    changed = changed + matrix[:, :, 3, None, None].to(x.dtype)
    return torch.where(chosen[:, None, None, None], changed, x)
