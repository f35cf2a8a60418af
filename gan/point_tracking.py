"""Point tracking (paper, 3.3): find each handle again as the place nearest to its reference feature."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.drag_params import TrackingNorm
from gan.feature_grid import FeatureGrid, FeatureWindows

# Mean distance from the reference feature, relative to its length, at which texture counts half.
# Measured on the embedded generator with r2 = 12: nose, eyes, chin 0.7 to 1.5; plain background 0.13 to 0.43.
TEXTURE_SCALE = 0.35


@dataclass(frozen=True)
class TrackedPoints:
    """handles: (N, 2) px; confidences: (N,) in 0..1, see `tracking_confidence`. is_sound: () bool, whether
    every feature that was searched was finite."""

    handles: Tensor
    confidences: Tensor
    is_sound: Tensor


def track_points(
    windows: FeatureWindows,
    handles: Tensor,
    references: Tensor,
    radius_px: int,
    subdivision: int,
    norm: TrackingNorm,
) -> TrackedPoints:
    """The best place in the square of `radius_px` around every handle.

    handles (N, 2) px, references (N, C). The square is searched in steps of one pixel from the handle; with
    subdivision s > 1 then again within a pixel of the best in steps of 1/s. Positions outside the picture do
    not take part; of equals the first in row-major order wins. Steps are counted from the handle, not from
    whole pixels, so that a handle at rest is its own best match and stays where it is.
    """
    offsets = torch.arange(-radius_px, radius_px + 1, device=handles.device, dtype=handles.dtype)
    distances, usable = _distances(windows, handles, offsets, references, norm)
    inside = windows.grid.is_inside(handles[:, 0, None] + offsets, handles[:, 1, None] + offsets)
    found = _best(handles, offsets, distances)
    best = distances.flatten(1).amin(dim=1)  # (N,)
    if subdivision > 1:
        fine = torch.arange(-subdivision, subdivision + 1, device=handles.device, dtype=handles.dtype)
        distances_fine, _ = _distances(windows, found, fine / subdivision, references, norm)
        found = _best(found, fine / subdivision, distances_fine)
        best = distances_fine.flatten(1).amin(dim=1)
    typical = torch.where(usable, distances, 0).sum(dim=(1, 2)) / usable.sum(dim=(1, 2)).clamp(min=1)
    confidences = tracking_confidence(best, typical, feature_distance(references, norm))
    return TrackedPoints(found, confidences, (usable == inside).all())


def tracking_confidence(best: Tensor, typical: Tensor, reference_length: Tensor) -> Tensor:
    """How far a tracked place can be trusted, 0..1, from three distances in feature space (N,).

    match   = 1 - best / typical: 0 where the best place is no nearer than the square's average;
    texture = t^4 / (t^4 + TEXTURE_SCALE^4), t = typical / |reference|: 0 where everything in the square
    resembles the reference.
    The confidence is their product.
    """
    tiny = torch.finfo(best.dtype).tiny
    match = (1 - best / typical.clamp(min=tiny)).clamp(0, 1)
    t4 = (typical / reference_length.clamp(min=tiny)).square().square()
    return torch.nan_to_num(match * t4 / (t4 + TEXTURE_SCALE**4), nan=0.0)


def feature_distance(difference: Tensor, norm: TrackingNorm) -> Tensor:
    """Length of feature vectors: (N, C, ...) -> (N, ...)."""
    return difference.abs().sum(dim=1) if norm == "l1" else difference.square().sum(dim=1).sqrt()


def distances_by_cells(windows: FeatureWindows, xs: Tensor, ys: Tensor, references: Tensor) -> Tensor:
    """L2 distance to the reference at the pixels xs (N, P) times ys (N, Q) -> (N, Q, P), never reading a
    feature there: a read is a weighted mean of at most 3 x 3 neighbouring cells, so its squared distance is a
    quadratic form in the products of those cells' differences from the reference.

    Cheaper than reading where there are more pixels than cells. Rounding is that of the cells' distances:
    in 32-bit 3e-4 of the distance between neighbouring cells.
    """
    count, channels, window, _ = windows.values.shape
    wx = windows.grid.x.weights(xs, windows.origins[:, 0], window)  # (N, P, K)
    wy = windows.grid.y.weights(ys, windows.origins[:, 1], window)  # (N, Q, K)
    difference = (windows.values - references[:, :, None, None]).reshape(count, channels, window**2)
    products = difference.transpose(1, 2) @ difference  # (N, K * K, K * K)
    products = products.view(count, window, window, window, window)  # y, x, y', x'
    total = wx.new_zeros(())
    for dy in range(min(3, window)):  # y' = y + dy; each pair of cells once
        rows = products.diagonal(dy, 1, 3)  # (N, K x, K x', K - dy)
        pairs: list[Tensor] = []
        weights: list[Tensor] = []
        for dx in range(1 - min(3, window) if dy else 0, min(3, window)):
            once = 1.0 if dy == dx == 0 else 2.0
            pairs.append(rows.diagonal(dx, 1, 2))  # (N, K - dy, K - |dx|)
            low, high = max(-dx, 0), max(dx, 0)
            left, right = wx[:, :, low : window - high], wx[:, :, high : window - low]
            weights.append(once * left * right)  # (N, P, K - |dx|)
        wy2 = wy[:, :, : window - dy] * wy[:, :, dy:]  # (N, Q, K - dy)
        total = total + wy2 @ torch.cat(pairs, dim=2) @ torch.cat(weights, dim=2).transpose(1, 2)
    return total.clamp(min=0).sqrt()


def _distances(
    windows: FeatureWindows, centres: Tensor, offsets: Tensor, references: Tensor, norm: TrackingNorm
) -> tuple[Tensor, Tensor]:
    """Distance to the reference at centre + offsets x offsets, infinite outside the picture and where it is
    not finite; and where it is neither. (N, 2), (P,) -> (N, P, P) twice."""
    grid: FeatureGrid = windows.grid
    xs, ys = centres[:, 0, None] + offsets, centres[:, 1, None] + offsets  # (N, P)
    if norm == "l2" and offsets.shape[0] ** 2 > windows.values.shape[-1] ** 2:
        distances = distances_by_cells(windows, xs, ys, references)
    else:
        difference = windows.read(xs, ys) - references[:, :, None, None]  # (N, C, P, P)
        distances = feature_distance(difference, norm)  # (N, P, P)
    usable = grid.is_inside(xs, ys) & distances.isfinite()
    return torch.where(usable, distances, torch.inf), usable


def _best(centres: Tensor, offsets: Tensor, distances: Tensor) -> Tensor:
    """centres (N, 2) moved to the first least distance; left alone where none is finite."""
    index = distances.flatten(1).argmin(dim=1)  # (N,): torch promises the first of equals
    side = offsets.shape[0]
    moved = centres + torch.stack([offsets[index % side], offsets[index // side]], dim=1)
    found = distances.flatten(1).isfinite().any(dim=1)
    return torch.where(found[:, None], moved, centres)
