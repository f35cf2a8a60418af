"""The Fréchet distance against closed forms of Gaussians."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gan.evaluate.frechet import FeatureStatistics, frechet_distance


def gaussian(mean: list[float], covariance: NDArray[np.float64]) -> FeatureStatistics:
    return FeatureStatistics(np.array(mean), covariance)


def test_means_alone_count_their_squared_distance() -> None:
    one = np.eye(3)
    assert frechet_distance(gaussian([0, 0, 0], one), gaussian([1, 2, 2], one)) == pytest.approx(9)


def test_covariances_along_common_axes_count_the_differences_of_their_deviations() -> None:
    # for commuting covariances the distance is the sum of (s - t)^2; the axes are turned by 30 degrees
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    turn = np.array([[c, -s], [s, c]])
    a = turn @ np.diag([4.0, 9.0]) @ turn.T
    b = turn @ np.diag([1.0, 25.0]) @ turn.T
    assert frechet_distance(gaussian([0, 0], a), gaussian([0, 0], b)) == pytest.approx(1 + 4)


def test_covariances_that_do_not_commute() -> None:
    # of 2 x 2 matrices: trace((A B)^(1/2)) = sqrt(trace(A B) + 2 sqrt(det(A B)))
    a = np.array([[2.0, 0.5], [0.5, 1.0]])
    b = np.array([[1.0, -0.3], [-0.3, 3.0]])
    cross = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))
    expected = np.trace(a) + np.trace(b) - 2 * cross
    assert frechet_distance(gaussian([0, 0], a), gaussian([0, 0], b)) == pytest.approx(expected)


def test_equal_statistics_are_at_distance_0_also_where_they_are_singular() -> None:
    # fewer pictures than features
    features = np.random.default_rng(0).normal(size=(20, 50)).astype(np.float32)
    statistics = FeatureStatistics.of(features)
    assert frechet_distance(statistics, statistics) == pytest.approx(0, abs=1e-6)


def test_statistics_of_samples_come_near_those_of_their_source() -> None:
    source = np.random.default_rng(1)
    a = FeatureStatistics.of(source.normal(0, 1, (20_000, 4)).astype(np.float32))
    b = FeatureStatistics.of(source.normal(2, 3, (20_000, 4)).astype(np.float32))
    assert frechet_distance(a, b) == pytest.approx(4 * (2**2 + (3 - 1) ** 2), rel=0.03)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))
