"""Improved precision and recall of generated pictures (Kynkäänniemi et al. 2019, section 2): which share of
the samples looks like a render, and which share of the renders the generator can make."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NEIGHBOUR = 3  # the k that the paper recommends (section 2, appendix)
BLOCK_ROWS = 1000  # distances of so many rows at a time: 40 MB beside 10,000 others


@dataclass(frozen=True)
class PrecisionRecall:
    """precision: share of samples inside the renders' manifold; recall: the other way round. Both 0..1."""

    precision: float
    recall: float


def precision_recall(
    samples: Tensor, renders: Tensor, sample_radii: Tensor | None = None, render_radii: Tensor | None = None
) -> PrecisionRecall:
    """samples (N, D) and renders (M, D), as many of each as the comparison is to be worth.

    sample_radii (N,), render_radii (M,): of `manifold_radii`, where they are known already.
    """
    sample_radii = manifold_radii(samples) if sample_radii is None else sample_radii
    render_radii = manifold_radii(renders) if render_radii is None else render_radii
    covered = torch.zeros(len(renders), dtype=torch.bool)  # (M,)
    inside: list[Tensor] = []
    for start in range(0, len(samples), BLOCK_ROWS):
        block = samples[start : start + BLOCK_ROWS]
        distances = squared_distances(block, renders)  # (rows, M)
        inside.append((distances <= render_radii).any(dim=1))  # (rows,)
        covered |= (distances <= sample_radii[start : start + BLOCK_ROWS, None]).any(dim=0)
    precision = torch.cat(inside).double().mean()
    return PrecisionRecall(float(precision), float(covered.double().mean()))


def share_inside(pictures: Tensor, renders: Tensor, render_radii: Tensor) -> float:
    """Precision alone: the share, 0..1, of pictures (N, D) inside the manifold of renders (M, D) with
    `manifold_radii` (M,). N at least 1."""
    inside = [
        (squared_distances(pictures[i : i + BLOCK_ROWS], renders) <= render_radii).any(dim=1)
        for i in range(0, len(pictures), BLOCK_ROWS)
    ]
    return float(torch.cat(inside).double().mean())


def manifold_radii(features: Tensor, neighbour: int = NEIGHBOUR) -> Tensor:
    """Squared distance of every feature (N, D) to its k-th nearest other one, (N,); N at least k + 1."""
    radii: list[Tensor] = []
    for start in range(0, len(features), BLOCK_ROWS):
        block = features[start : start + BLOCK_ROWS]
        distances = squared_distances(block, features)  # (rows, N)
        rows = torch.arange(len(block))
        distances[rows, rows + start] = torch.inf  # a picture is not its own neighbour
        radii.append(distances.kthvalue(neighbour, dim=1).values)
    return torch.cat(radii)


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """|a_i - b_j|^2 of a (N, D) and b (M, D), (N, M); at least 0.

    By |a|^2 + |b|^2 - 2ab: one matrix product. torch.cdist computes the same and takes the roots too.
    """
    products = a @ b.T  # (N, M)
    squares = (a * a).sum(dim=1)[:, None] + (b * b).sum(dim=1)  # (N, M)
    return squares.sub_(products, alpha=2).clamp_(min=0)
