"""A world for tests in which landmarks are easy: dots on a plain ground, their places known."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

NAMES = ("dot_left", "dot_right", "top")
COLOURS = np.array([[230, 60, 50], [230, 60, 50], [50, 80, 230]])  # left and right look alike
RADIUS = 0.09


def dot_pictures(count: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Pictures (N, 3, size, size) uint8 and landmarks (N, 3, 2), shares."""
    source = np.random.default_rng(seed)
    grid = (np.arange(size) + 0.5) / size
    x, y = np.meshgrid(grid, grid)
    pictures: list[NDArray[np.uint8]] = []
    landmarks: list[NDArray[np.float64]] = []
    for _ in range(count):
        centre = source.uniform(0.4, 0.6, 2)
        places = centre + np.array([[-0.2, 0.1], [0.2, 0.1], [0.0, -0.2]])
        places += source.uniform(-0.05, 0.05, (3, 2))
        picture = np.tile(source.uniform(90, 170, 3), (size, size, 1))
        for place, colour in zip(places, COLOURS, strict=True):
            inside = np.hypot(x - place[0], y - place[1])[..., None]
            cover = ((RADIUS - inside) * size + 0.5).clip(0, 1)
            picture = picture * (1 - cover) + colour * cover
        pictures.append(picture.round().astype(np.uint8))
        landmarks.append(places)
    tensor = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    return tensor, torch.from_numpy(np.stack(landmarks)).float()
