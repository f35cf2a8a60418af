"""The Fréchet distance between two sets of features, each described by its mean and covariance (Heusel et al.
2017, 'GANs trained by a two time-scale update rule', section 2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]  # (N, D)


@dataclass(frozen=True)
class FeatureStatistics:
    """mean (D,) and covariance (D, D), both float64: differences of large sums, 32 bits do not hold them."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @staticmethod
    def of(features: Features) -> FeatureStatistics:
        """Of features (N, D), N at least 2; the covariance is the unbiased one (N - 1)."""
        values = features.astype(np.float64)
        return FeatureStatistics(values.mean(axis=0), np.atleast_2d(np.cov(values, rowvar=False)))


def frechet_distance(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """|mean_a - mean_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)); 0 for equal statistics, never negative.

    The trace of (C_a C_b)^(1/2) is that of (S C_b S)^(1/2) with S = C_a^(1/2): symmetric matrices only, whose
    eigenvalues are real and come from eigh. A general matrix square root (scipy's sqrtm) leaves imaginary
    parts where a covariance is singular, which it is with fewer pictures than features.
    """
    difference = a.mean - b.mean
    root = _symmetric_root(a.covariance)  # (D, D)
    middle = root @ b.covariance @ root  # (D, D)
    eigenvalues = np.linalg.eigvalsh((middle + middle.T) / 2).clip(min=0)  # (D,)
    spread = np.trace(a.covariance) + np.trace(b.covariance) - 2 * np.sqrt(eigenvalues).sum()
    return max(0.0, float(difference @ difference + spread))


def _symmetric_root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square root of a positive semidefinite matrix (D, D); rounding's negative eigenvalues count as 0."""
    values, vectors = np.linalg.eigh(matrix)  # (D,), (D, D)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
