"""Point tracking (paper, 3.3): find each handle again as the place nearest to its reference feature."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.constant_steps import counted
from gan.drag_params import ReadKernel, TrackingNorm
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
    kernel: ReadKernel,
) -> TrackedPoints:
    """The best place in the square of `radius_px` around every handle.

    handles (N, 2) px, references (N, C), read by the same kernel. The square is searched in steps of one
    pixel from the handle; with subdivision s > 1 then again within a pixel of the best in steps of 1/s.
    Positions outside the picture do not take part; of equals the first in row-major order wins. Steps are
    counted from the handle, not from whole pixels, so that a handle at rest is its own best match and stays
    where it is.
    """
    distances, usable, inside = _distances(windows, handles, radius_px, 1, references, norm, kernel)
    found, best = _best(handles, radius_px, 1, distances)
    if subdivision > 1:
        fine, _, _ = _distances(windows, found, subdivision, subdivision, references, norm, kernel)
        found, best = _best(found, subdivision, subdivision, fine)
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


def distances_by_cells(
    windows: FeatureWindows, xs: Tensor, ys: Tensor, references: Tensor, kernel: ReadKernel
) -> Tensor:
    """L2 distance to the reference at the pixels xs (N, P) times ys (N, Q) -> (N, Q, P), never reading a
    feature there: a read is a weighted mean of at most 3 x 3 neighbouring cells, so its squared distance is a
    quadratic form in the products of those cells' differences from the reference.

    Cheaper than reading where there are more pixels than cells. Rounding is that of the cells' distances:
    in 32-bit 3e-4 of the distance between neighbouring cells.
    """
    count, channels, window, _ = windows.values.shape
    wx, wy = windows.weights(xs, ys, kernel)  # (N, P, K), (N, Q, K)
    difference = (windows.values - references[:, :, None, None]).reshape(count, channels, window**2)
    products = difference.transpose(1, 2) @ difference  # (N, K * K, K * K): y x, y' x'
    products = products.view(count, window, window, window, window).transpose(2, 3)  # y, y', x, x'
    across = (wx[..., None] * wx[..., None, :]).flatten(2)  # (N, P, K * K)
    down = (wy[..., None] * wy[..., None, :]).flatten(2)  # (N, Q, K * K)
    squared = down @ products.reshape(count, window**2, window**2) @ across.transpose(1, 2)  # (N, Q, P)
    return squared.clamp_(min=0).sqrt_()


def _distances(
    windows: FeatureWindows,
    centres: Tensor,
    reach: int,
    subdivision: int,
    references: Tensor,
    norm: TrackingNorm,
    kernel: ReadKernel,
) -> tuple[Tensor, Tensor, Tensor]:
    """Distance to the reference at the places up to `reach` steps of 1 / subdivision px around the centres
    (N, 2), infinite outside the picture and where it is not finite; where it is neither; and where it is
    inside. (N, P, P) each, P = 2 * reach + 1."""
    grid: FeatureGrid = windows.grid
    offsets = counted(-reach, reach, centres.device, centres.dtype)
    offsets = offsets if subdivision == 1 else offsets / subdivision
    places = centres[:, :, None] + offsets  # (N, 2, P)
    xs, ys = places[:, 0], places[:, 1]
    if norm == "l2" and offsets.shape[0] ** 2 > windows.values.shape[-1] ** 2:
        distances = distances_by_cells(windows, xs, ys, references, kernel)
    else:
        difference = windows.read(xs, ys, kernel) - references[:, :, None, None]  # (N, C, P, P)
        distances = feature_distance(difference, norm)  # (N, P, P)
    inside = grid.is_inside(xs, ys)
    usable = inside & (distances < torch.inf)  # not where it is NaN
    return torch.where(usable, distances, torch.inf), usable, inside


def _best(centres: Tensor, reach: int, subdivision: int, distances: Tensor) -> tuple[Tensor, Tensor]:
    """centres (N, 2) moved to the first least distance, left alone where none is finite; that distance (N,).
    See `_distances`."""
    best, index = distances.flatten(1).min(dim=1)  # (N,): torch promises the first of equals
    side = 2 * reach + 1
    steps = torch.stack([index % side, index // side], dim=1) - reach
    moved = torch.add(centres, steps, alpha=1 / subdivision) if subdivision > 1 else centres + steps
    return torch.where((best < torch.inf)[:, None], moved, centres), best
