"""A device that holds nothing, to stand for a GPU; and watches for what is of the host in its work."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from tests.gan.no_host_sync import NoHostSync

T = TypeVar("T")
NOWHERE = torch.device("meta")


def nowhere(value: T) -> T:
    """A copy whose tensors are on a device that holds nothing and computes shapes only."""
    if isinstance(value, torch.Tensor):
        return cast(T, value.to(NOWHERE))
    if isinstance(value, torch.device):
        return cast(T, NOWHERE)
    if isinstance(value, tuple):
        return cast(T, tuple(nowhere(item) for item in value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: nowhere(getattr(value, f.name)) for f in fields(value) if f.init})
    return value


class NoHostTensor(NoHostSync):
    """Fails where a tensor of the host takes part, too: a GPU's copy of it cannot be recorded."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = super().__torch_dispatch__(func, types, args, kwargs)
        for tensor in tree_leaves((args, kwargs, result)):
            on_host = isinstance(tensor, torch.Tensor) and tensor.device.type == "cpu"
            assert not on_host, f"{func} has a tensor of the host"
        return result


class NoHostNumbers(TorchFunctionMode):
    """Fails where a tensor is made of the host's numbers: that happens on the host, and unseen by the other
    watch."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        makes = func in (torch.tensor, torch.as_tensor, torch.from_numpy, torch.Tensor.new_tensor)
        assert not makes, f"{func.__name__} makes a tensor on the host"
        return func(*args, **(kwargs or {}))
