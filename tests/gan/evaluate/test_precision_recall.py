"""Precision and recall where they are known, and against the definition written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan.evaluate import precision_recall as module
from gan.evaluate.precision_recall import manifold_radii, precision_recall, share_inside, squared_distances


def drawn(count: int, seed: int, centre: float = 0.0) -> Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(seed)) + centre


def test_the_same_pictures_are_all_covered() -> None:
    features = drawn(60, 0)
    assert precision_recall(features, features.clone()) == module.PrecisionRecall(1.0, 1.0)


def test_pictures_far_from_each_other_cover_nothing() -> None:
    assert precision_recall(drawn(50, 0), drawn(50, 1, centre=100)) == module.PrecisionRecall(0.0, 0.0)


def test_half_of_the_renders_copied_is_precise_but_recalls_half() -> None:
    renders = torch.cat([drawn(40, 0), drawn(40, 1, centre=100)])
    found = precision_recall(renders[:40].clone(), renders)
    assert found.precision == 1
    assert found.recall == 0.5


def test_blocks_give_what_the_definition_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, renders = drawn(37, 2), drawn(41, 3, centre=0.8)
    monkeypatch.setattr(module, "BLOCK_ROWS", 10)

    def covered(points: Tensor, others: Tensor) -> float:
        hits = 0
        for point in points:
            inside = [
                (point - other).norm() <= sorted((other - o).norm() for o in others)[3]  # [0] is itself
                for other in others
            ]
            hits += any(inside)
        return hits / len(points)

    found = precision_recall(samples, renders)
    assert found.precision == pytest.approx(covered(samples, renders))
    assert share_inside(samples, renders, manifold_radii(renders)) == found.precision
    assert found.recall == pytest.approx(covered(renders, samples))
    assert 0 < found.precision < 1


def test_radii_are_squared_distances_to_the_third_neighbour() -> None:
    points = torch.tensor([[0.0], [1.0], [3.0], [7.0], [20.0]])
    assert manifold_radii(points).tolist() == [49.0, 36.0, 16.0, 49.0, 361.0]
    assert squared_distances(points, points[:1]).flatten().tolist() == [0, 1, 9, 49, 400]
