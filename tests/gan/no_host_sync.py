"""`NoHostSync`: fails where work waits for the device."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

# .item() and bool(); boolean indexing and where() of one argument; copies to the host
WAITING = {"_local_scalar_dense", "is_nonzero", "nonzero", "masked_select", "equal", "unique", "_unique2"}


class NoHostSync(TorchDispatchMode):
    """Fails where an operation would make the host wait, and notes the largest convolution's output."""

    def __init__(self) -> None:
        super().__init__()
        self.largest_map = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        assert name not in WAITING, f"{name} makes the host wait"
        for index in args[1] if name in ("index", "index_put", "index_put_") else ():
            assert index is None or index.dtype != torch.bool, "boolean indexing makes the host wait"
        result = func(*args, **(kwargs or {}))
        if name == "convolution":
            self.largest_map = max(self.largest_map, result.shape[-1])
        return result
