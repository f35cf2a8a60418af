"""The operations that a call launches, and its convolutions and matrix products to be done again alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

PRODUCTS = {"convolution", "convolution_backward", "mm", "addmm", "bmm", "baddbmm"}
# they make no number
UNCOUNTED = {"detach", "alias", "empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided"}


class RecordedOperations(TorchDispatchMode):
    """While it is entered, notes what is launched. count: operations, views left out."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._products: list[tuple[Any, Any, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        result = func(*args, **(kwargs or {}))
        self.count += not func.is_view and name not in UNCOUNTED
        if name in PRODUCTS:
            args, kwargs = tree_map_only(Tensor, _Like, (args, kwargs or {}))
            self._products.append((func, args, kwargs))
        return result

    def products(self, device: torch.device) -> Callable[[], None]:
        """The products in their order, on noise of the same shapes, types and orders in memory."""
        made: dict[_Like, Tensor] = {}

        def tensor(like: _Like) -> Tensor:
            if like not in made:
                made[like] = like.noise(device)
            return made[like]

        calls = [
            (func, *tree_map_only(_Like, tensor, (args, kwargs))) for func, args, kwargs in self._products
        ]

        def work() -> None:
            for func, args, kwargs in calls:
                func(*args, **kwargs)

        return work


class _Like:
    """What a product's time depends on of a tensor."""

    def __init__(self, tensor: Tensor) -> None:
        self._key = (tuple(tensor.shape), tensor.stride(), tensor.dtype)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Like) and self._key == other._key

    def noise(self, device: torch.device) -> Tensor:
        """Standard normal numbers; a tensor that repeats itself along an axis does so here too."""
        shape, stride, dtype = self._key
        size = 1 + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
        return torch.randn(size, device=device).to(dtype).as_strided(shape, stride)
