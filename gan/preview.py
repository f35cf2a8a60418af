"""Preview pictures from a lower block: fitted once per model, and shown unasked only where faithful.

The RGB sum after a lower block is what the network has said so far, not the picture made small: the last
blocks often carry much of the contrast. A linear correction (a 3x3 convolution of that RGB and a 1x1 of the
block's features) is fitted by ridge regression to full pictures, and its distance to them is measured on
samples that it has not seen. Both are kept in a cache folder under the model's hash.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from gan.generator import Generator

FORMAT = "livedrag-preview-1"


@dataclass(frozen=True)
class PreviewSettings:
    """How previews are fitted and judged.

    faithful_psnr_db: a preview, enlarged, must be this near to the full picture (peak to peak 2, on held-out
    samples) to be shown while the mouse moves, unasked. Looked at on the embedded generator: at 27 dB (its
    block of 64 px, 0.35 of the full picture's time) eyes are smeared and thin mouths are gone, at 35 (128 px,
    0.55 to 0.65 of it) only the finest edges are softer; 32 is between, an error of a fortieth of the range.
    recognisable_psnr_db: as near must it be to be shown to whoever wants previews at any price.
    sample_count, held_out_count: full pictures that are fitted to, and measured on. pixels_per_sample: drawn
    at random from each. ridge: relative to the mean square of the inputs. levels: how many blocks below the
    picture are tried, lowest first.
    """

    faithful_psnr_db: float = 32.0
    recognisable_psnr_db: float = 26.0
    sample_count: int = 200
    held_out_count: int = 24
    pixels_per_sample: int = 512
    ridge: float = 1e-3
    levels: int = 3
    truncation_psi: float = 0.7


@dataclass(frozen=True)
class Preview:
    """A picture from the block of `resolution`. weight (3, C + 27), bias (3,): of the block's features and of
    the 3x3 neighbourhood of its RGB. psnr_db, mean_error: enlarged, against full pictures in -1..1."""

    resolution: int
    weight: Tensor
    bias: Tensor
    psnr_db: float
    mean_error: float

    @torch.no_grad()
    def picture(self, generator: Generator, w_plus: Tensor) -> Tensor:
        """w_plus (num_ws, w_dim) -> (3, resolution, resolution) in about -1..1, on the device."""
        rgb, features = generator.synthesis.image(w_plus[None], last=self.resolution, keep=(self.resolution,))
        return self.corrected(rgb, features[self.resolution])[0]

    @staticmethod
    def plain(generator: Generator) -> Preview:
        """What the network has said up to the block below the picture, as it is: to be shown where the device
        cannot hold the picture, and nothing was fitted. Nobody has measured how near it is."""
        resolution = generator.architecture.block_resolutions[-2]
        like, channels = generator.synthesis.const, generator.architecture.channels[resolution]
        weight = like.new_zeros(3, channels + 27)
        for i in range(3):
            weight[i, channels + 9 * i + 4] = 1.0  # the middle of the channel's own 3x3
        return Preview(resolution, weight, like.new_zeros(3), math.nan, math.nan)

    def to(self, like: Tensor) -> Preview:
        """The same on another device."""
        return replace(self, weight=self.weight.to(like), bias=self.bias.to(like))

    def corrected(self, rgb: Tensor, features: Tensor) -> Tensor:
        """rgb (N, 3, r, r), features (N, C, r, r) -> (N, 3, r, r)."""
        channels = features.shape[1]
        near = F.conv2d(
            F.pad(rgb, (1, 1, 1, 1), mode="replicate"), self.weight[:, channels:].view(3, 3, 3, 3)
        )
        return near + F.conv2d(features, self.weight[:, :channels, None, None], self.bias)

    def is_faithful(self, settings: PreviewSettings | None = None) -> bool:
        """Whether it may be shown in place of the full picture."""
        return self.psnr_db >= (settings or PreviewSettings()).faithful_psnr_db


def fit_previews(
    generator: Generator,
    settings: PreviewSettings | None = None,
    on_sample: Callable[[int, int], None] | None = None,
) -> list[Preview]:
    """One preview for each of the blocks below the picture, lowest first. Takes sample_count +
    held_out_count full pictures; on_sample(done, all) before the first and after each. Deterministic on one
    device."""
    s = settings or PreviewSettings()
    resolutions = generator.architecture.block_resolutions[-1 - s.levels : -1]
    sums = {r: _NormalEquations(generator, r, s) for r in resolutions}
    count = s.sample_count + s.held_out_count
    if on_sample is not None:
        on_sample(0, count)
    for seed in range(s.sample_count):
        picture, rgbs, features = _sample(generator, seed, s)
        for r in resolutions:
            sums[r].add(rgbs[r], features[r], _reduced(picture, r))
        if on_sample is not None:
            on_sample(seed + 1, count)
    previews = {r: sums[r].solve() for r in resolutions}
    squared, absolute = dict.fromkeys(resolutions, 0.0), dict.fromkeys(resolutions, 0.0)
    for seed in range(s.sample_count, count):
        picture, rgbs, features = _sample(generator, seed, s)
        for r in resolutions:
            shown = previews[r].corrected(rgbs[r], features[r]).clamp(-1, 1)
            shown = F.interpolate(shown, size=picture.shape[-2:], mode="bilinear", align_corners=False)
            error = shown - picture.clamp(-1, 1)
            squared[r] += float(error.square().mean()) / s.held_out_count  # sync: once a model, not in a drag
            absolute[r] += float(error.abs().mean()) / s.held_out_count  # sync: as above
        if on_sample is not None:
            on_sample(seed + 1, count)
    return [
        Preview(r, previews[r].weight, previews[r].bias, _psnr_db(squared[r]), absolute[r])
        for r in resolutions
    ]


def cheapest_faithful(previews: Sequence[Preview], settings: PreviewSettings | None = None) -> Preview | None:
    """The lowest block that may be shown; None: show full pictures less often instead."""
    return next((p for p in previews if p.is_faithful(settings)), None)


def asked_for(previews: Sequence[Preview], settings: PreviewSettings | None = None) -> Preview | None:
    """For whoever wants previews always: where none is faithful, the nearest, if it is recognisable."""
    faithful = cheapest_faithful(previews, settings)
    if faithful is not None:
        return faithful
    found = nearest(previews)
    limit_db = (settings or PreviewSettings()).recognisable_psnr_db
    return found if found is not None and found.psnr_db >= limit_db else None


def nearest(previews: Sequence[Preview]) -> Preview | None:
    """The one that is nearest to the full picture, for where that cannot be made; None = there is none."""
    return max(previews, key=lambda p: p.psnr_db, default=None)


def load_or_fit_previews(
    generator: Generator,
    cache_folder: Path,
    settings: PreviewSettings | None = None,
    on_sample: Callable[[int, int], None] | None = None,
) -> list[Preview]:
    """From the cache where it holds this model, else fitted and kept. A cache that cannot be read or written
    is no error: the fit is repeated."""
    file = cache_folder / f"preview-{generator.provenance.sha256[:32]}.safetensors"
    try:
        kept = _load(file, generator)
    except (OSError, SafetensorError, ValueError, KeyError):
        kept = []
    if kept:
        return kept
    previews = fit_previews(generator, settings, on_sample)
    try:
        _save(file, previews)
    except OSError:
        return previews
    return previews


class _NormalEquations:
    """X^T X and X^T Y of one block, in double precision; X = features, RGB neighbourhood, 1."""

    def __init__(self, generator: Generator, resolution: int, settings: PreviewSettings) -> None:
        self._resolution = resolution
        self._settings = settings
        self._like = generator.synthesis.const
        size = generator.architecture.channels[resolution] + 28
        self._xx = torch.zeros(size, size, dtype=torch.float64, device=generator.device)
        self._xy = torch.zeros(size, 3, dtype=torch.float64, device=generator.device)
        self._random = torch.Generator().manual_seed(resolution)

    def add(self, rgb: Tensor, features: Tensor, wanted: Tensor) -> None:
        """One sample: rgb (1, 3, r, r), features (1, C, r, r), wanted (1, 3, r, r)."""
        near = F.unfold(F.pad(rgb, (1, 1, 1, 1), mode="replicate"), 3)[0]  # (27, r * r)
        x = torch.cat([features[0].flatten(1), near, torch.ones_like(near[:1])])  # (C + 28, r * r)
        drawn = torch.randint(x.shape[1], (self._settings.pixels_per_sample,), generator=self._random)
        drawn = drawn.to(x.device)
        x, y = x[:, drawn].double(), wanted[0].flatten(1)[:, drawn].double()
        self._xx += x @ x.T
        self._xy += x @ y.T

    def solve(self) -> Preview:
        """The regression; its errors are not measured yet."""
        ridge = self._settings.ridge * self._xx.diagonal().mean()
        penalty = torch.full_like(self._xx[0], float(ridge))  # sync: once a model
        penalty[-1] = 0  # the constant is free
        solve = cast(Callable[[Tensor, Tensor], Tensor], torch.linalg.solve)  # pyright: ignore[reportUnknownMemberType]
        solved = solve(self._xx + torch.diag(penalty), self._xy).to(self._like)  # (C + 28, 3)
        return Preview(self._resolution, solved[:-1].T.contiguous(), solved[-1], math.nan, math.nan)


@torch.no_grad()
def _sample(
    generator: Generator, seed: int, s: PreviewSettings
) -> tuple[Tensor, dict[int, Tensor], dict[int, Tensor]]:
    """(1, 3, H, W), RGB sums and features of the lower blocks, of one seed."""
    w_plus = generator.sample(seed, s.truncation_psi)[None]
    return generator.synthesis.image_and_sums(w_plus)


def _reduced(picture: Tensor, resolution: int) -> Tensor:
    """(1, 3, H, W) -> (1, 3, r, r), means of whole pixels."""
    return F.avg_pool2d(picture, picture.shape[-2] // resolution)


def _psnr_db(mean_square: float) -> float:
    return 10 * math.log10(4 / max(mean_square, 1e-12))


def _save(file: Path, previews: list[Preview]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, Tensor] = {}
    metadata = {"format": FORMAT}
    for p in previews:
        # sync: once a model
        tensors[f"{p.resolution}.weight"] = p.weight.cpu().clone(memory_format=torch.contiguous_format)
        tensors[f"{p.resolution}.bias"] = p.bias.cpu().clone()  # sync: once a model
        metadata[f"{p.resolution}.psnr_db"] = repr(p.psnr_db)
        metadata[f"{p.resolution}.mean_error"] = repr(p.mean_error)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, suffix=".part")
    os.close(descriptor)
    save_file(tensors, temporary, metadata)
    Path(temporary).replace(file)


def _load(file: Path, generator: Generator) -> list[Preview]:
    """Raises OSError, SafetensorError, ValueError or KeyError where the file is not such a cache."""
    with cast(Any, safe_open(file, framework="pt")) as opened:
        metadata: dict[str, str] = opened.metadata()
    if metadata["format"] != FORMAT:
        raise ValueError(f"{file.name} is of another version")
    tensors = load_file(file)
    found: list[Preview] = []
    for resolution in sorted(int(key.split(".")[0]) for key in tensors if key.endswith(".weight")):
        channels = generator.architecture.channels[resolution]
        weight, bias = tensors[f"{resolution}.weight"], tensors[f"{resolution}.bias"]
        if tuple(weight.shape) != (3, channels + 27) or tuple(bias.shape) != (3,):
            raise ValueError(f"{file.name} does not fit the model")
        errors = [float(metadata[f"{resolution}.{k}"]) for k in ("psnr_db", "mean_error")]
        like = generator.synthesis.const
        found.append(Preview(resolution, weight.to(like), bias.to(like), *errors))
    return found
