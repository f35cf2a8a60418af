"""A generator's picture as it lies on a device, and the host path's conversion of it."""

from __future__ import annotations

import numpy as np

from render.compositor import Picture
from tests.render.fake_interop import FakeDeviceArray


def planes(seed: int = 0, dtype: type = np.float16, size: tuple[int, int] = (24, 20)) -> np.ndarray:
    """Values a little beyond -1..1, as generators make them."""
    return np.random.default_rng(seed).uniform(-1.2, 1.2, (3, size[1], size[0])).astype(dtype)


def to_uint8(values: np.ndarray) -> Picture:
    """The host path's conversion, (3, H, W) -> (H, W, 3)."""
    return np.clip(values.astype(np.float32) * 127.5 + 128, 0, 255).astype(np.uint8).transpose(1, 2, 0)


def to_host(array: object) -> Picture:
    assert isinstance(array, FakeDeviceArray)
    return to_uint8(array.values)
