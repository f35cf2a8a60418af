"""The reference drag: the published loop, point by point (ALGORITHM, 'One iteration').

The feature map is enlarged whole to the picture's size and read there; torch.optim.Adam moves w, or w in
other coordinates (`tests.reference.whitening`). The disc is the integer grid around the handle (the released
program stretches it by a pixel over the picture; that defect is not repeated). It shares no code with gan/.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.reference.network import ReferenceNetwork

Pixel = tuple[float, float]  # x, y


class ReferenceDrag:
    """One drag by the published method; `step()` returns the handles.

    order: 'supervise-then-track' (the paper's) or 'track-then-supervise' (the released program's).
    r1_px, r2_px, stop_px: in pixels. mask: (H, W) bool, True = movable (the paper's meaning).
    mask_smoothing: changes of the fixed region up to this share of the mean feature count by Huber's loss;
    0 = by their size, as published. momentum_shedding: before every update of Adam so much goes of what its
    first moments have against the gradient, of all parameters together; 0 = as published.
    tracking_kernel: 'bilinear' tracks in the enlarged map, as published; 'b-spline' in one that a quadratic
    B-spline has enlarged.
    row_weights: of w+, each row's learning rate as a share of learning_rate.
    step_map: (w_dim, w_dim), Adam moves v where w = v @ step_map; None = it moves w, as published.
    """

    def __init__(
        self,
        tensors: dict[str, Tensor],
        resolution: int,
        w_plus: Tensor,
        handles: list[Pixel],
        targets: list[Pixel],
        mask: np.ndarray | None = None,
        *,
        feature_resolution: int = 128,
        r1_px: int = 3,
        r2_px: int = 12,
        mask_weight: float = 20.0,
        mask_smoothing: float = 0.0,
        learning_rate: float = 2e-3,
        momentum_shedding: float = 0.0,
        row_count: int = 6,
        row_weights: Sequence[float] | None = None,
        latent_space: str = "w+",
        order: str = "supervise-then-track",
        norm: str = "l2",
        tracking_kernel: str = "bilinear",
        stop_px: float = 1.0,
        clamp: float | None = None,
        weight_gradients: bool = True,
        step_map: Tensor | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        self.network = ReferenceNetwork(tensors, resolution, clamp, weight_gradients, dtype)
        base_height, base_width = tensors["synthesis.b4.const"].shape[1:]
        self.height, self.width = base_height * resolution // 4, base_width * resolution // 4
        self.feature_resolution = feature_resolution
        self.r1_px, self.r2_px = r1_px, r2_px
        self.mask_weight, self.row_count = mask_weight, row_count
        self.momentum_shedding = momentum_shedding
        self.latent_space, self.order, self.norm, self.stop_px = latent_space, order, norm, stop_px
        self.tracking_kernel = tracking_kernel
        self.handles = [(float(round(x)), float(round(y))) for x, y in handles]
        self.targets = list(targets)
        self.mask = None if mask is None else torch.from_numpy(mask.astype(np.float64)).to(dtype)
        self.w0 = w_plus.to(dtype)[None].clone()  # (1, num_ws, w_dim)
        start = self.w0[:, :row_count] if latent_space == "w+" else self.w0[:, 0]
        self.step_map = None if step_map is None else step_map.to(dtype)
        v = start.clone() if self.step_map is None else start @ torch.linalg.inv(self.step_map)
        self.v = [part.clone().requires_grad_() for part in (v.split(1, dim=1) if v.dim() == 3 else [v])]
        weights = row_weights if row_weights is not None and v.dim() == 3 else [1.0] * len(self.v)
        groups = [{"params": [p], "lr": learning_rate * x} for p, x in zip(self.v, weights, strict=True)]
        self.optimiser = torch.optim.Adam(groups)
        self.picture: Tensor | None = None  # (1, 3, H, W) in -1..1, of the last pass: what the program shows
        with torch.no_grad():
            self.start_map = self.enlarged_features()
            start_features = self.network.synthesis(self.w_plus())[1][feature_resolution]
            self.mask_threshold = mask_smoothing * float(start_features.abs().mean())
            tracked = self.tracked_features(self.start_map)
        self.references = [self.at(tracked, [handle])[:, 0] for handle in self.handles]
        self.loss = math.nan

    def w_plus(self) -> Tensor:
        """The latent now, (1, num_ws, w_dim)."""
        v = torch.cat(self.v, dim=1)
        w = v if self.step_map is None else v @ self.step_map
        rows = w if w.dim() == 3 else w[:, None].repeat(1, self.row_count, 1)
        return torch.cat([rows, self.w0[:, self.row_count :]], dim=1)

    def enlarged_features(self) -> Tensor:
        """The feature map at the picture's size, (C, H, W). Every block runs, as published."""
        picture, features, _ = self.network.synthesis(self.w_plus())
        self.picture = picture.detach()
        size = (self.height, self.width)
        f = features[self.feature_resolution]
        self.cell_map = f.detach()[0]
        return F.interpolate(f, size=size, mode="bilinear", align_corners=False)[0]

    def tracked_features(self, enlarged: Tensor) -> Tensor:
        """The map (C, H, W) in which handles are looked for; `enlarged` is that of the latest latent."""
        if self.tracking_kernel == "bilinear":
            return enlarged.detach()
        rows, columns = self.cell_map.shape[1:]
        down = spline_matrix(range(self.height), self.height, rows).to(enlarged)
        across = spline_matrix(range(self.width), self.width, columns).to(enlarged)
        return down @ self.cell_map @ across.T

    def step(self) -> list[Pixel]:
        """One iteration; nothing is optimised once every handle has arrived."""
        f = self.enlarged_features()
        if self.order == "track-then-supervise":
            self.track(f)
            self.supervise(f)
        else:
            self.supervise(f)
            with torch.no_grad():
                self.track(self.enlarged_features())
        return list(self.handles)

    def track(self, f: Tensor) -> None:
        """Every handle to the pixel of its square whose feature is nearest to its reference."""
        f = self.tracked_features(f)
        for i, (px, py) in enumerate(self.handles):
            left, right = max(int(px) - self.r2_px, 0), min(int(px) + self.r2_px + 1, self.width)
            top, bottom = max(int(py) - self.r2_px, 0), min(int(py) + self.r2_px + 1, self.height)
            difference = f[:, top:bottom, left:right] - self.references[i][:, None, None]
            order = 2 if self.norm == "l2" else 1
            distances = torch.linalg.vector_norm(difference, ord=order, dim=0)
            index = int(distances.argmin())  # the first of equals, in row-major order
            self.handles[i] = (float(left + index % (right - left)), float(top + index // (right - left)))

    def supervise(self, f: Tensor) -> None:
        """Loss, backward, Adam."""
        loss = f.new_zeros(())
        far = False
        for (px, py), (tx, ty) in zip(self.handles, self.targets, strict=True):
            distance = math.hypot(tx - px, ty - py)
            far = far or distance > self.stop_px
            if distance <= 1.0:
                continue
            dx, dy = (tx - px) / distance, (ty - py) / distance
            disc: list[Pixel] = []
            for y in range(int(py) - self.r1_px, int(py) + self.r1_px + 1):
                for x in range(int(px) - self.r1_px, int(px) + self.r1_px + 1):
                    in_disc = (x - px) ** 2 + (y - py) ** 2 < self.r1_px**2
                    if in_disc and 0 <= x < self.width and 0 <= y < self.height:
                        disc.append((x, y))
            still = self.at(f.detach(), disc)
            shifted = self.at(f, [(x + dx, y + dy) for x, y in disc])
            loss = loss + (still - shifted).abs().mean()
        if self.mask is not None:
            change = (f - self.start_map) * (1 - self.mask)
            if self.mask_threshold:
                held = F.huber_loss(change, torch.zeros_like(change), delta=self.mask_threshold)
                loss = loss + self.mask_weight * held / self.mask_threshold  # slope 1 beyond the threshold
            else:
                loss = loss + self.mask_weight * change.abs().mean()
        self.loss = float(loss.detach())
        if not far or not loss.requires_grad:
            return
        self.optimiser.zero_grad()
        loss.backward()
        self.shed_momentum()
        self.optimiser.step()

    def shed_momentum(self) -> None:
        """What points against the gradient goes out of Adam's first moments."""
        moments = [self.optimiser.state[v]["exp_avg"] for v in self.v if v in self.optimiser.state]
        if not moments:
            return
        gradients = [v.grad for v in self.v if v.grad is not None]
        against = sum(float((m * g).sum()) for m, g in zip(moments, gradients, strict=True))
        if against < 0:
            square = sum(float((g * g).sum()) for g in gradients)
            for moment, gradient in zip(moments, gradients, strict=True):
                moment -= self.momentum_shedding * against / square * gradient

    def at(self, f: Tensor, pixels: list[Pixel]) -> Tensor:
        """Bilinear reads of the enlarged map, clamped to its border: (C, number of pixels)."""
        right, bottom = self.width - 1, self.height - 1
        places = [(min(max(x, 0.0), right) / right, min(max(y, 0.0), bottom) / bottom) for x, y in pixels]
        grid = torch.tensor(places, dtype=f.dtype)[None, None] * 2 - 1
        return F.grid_sample(f[None], grid, mode="bilinear", padding_mode="border", align_corners=True)[
            0, :, 0
        ]


def spline_matrix(pixels: Sequence[float], size: int, cells: int) -> Tensor:
    """(P, cells): what is read at the pixels, of a row of `size` pixels with `cells` cells under it, by the
    centred quadratic B-spline; cells beyond the border are the border's."""
    matrix = torch.zeros(len(pixels), cells, dtype=torch.float64)
    for row, pixel in enumerate(pixels):
        place = (pixel + 0.5) * cells / size - 0.5
        for cell in range(math.floor(place) - 2, math.floor(place) + 4):
            t = abs(place - cell)
            weight = 0.75 - t * t if t < 0.5 else (1.5 - t) ** 2 / 2 if t < 1.5 else 0.0
            matrix[row, min(max(cell, 0), cells - 1)] += weight
    return matrix
