"""Stand-ins under the names that other people's programs have, so that pickle writes those names.

They exist in sys.modules only while a fixture is written, never while one is read.
"""

from __future__ import annotations

import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


def _reconstruct_persistent_obj(meta: dict[str, Any]) -> Any:
    raise AssertionError("a fixture was unpickled by Python")


class EasyDict(dict):
    """dnnlib's dictionary."""


class Network:
    """dnnlib.tflib's network: attributes only."""

    def __init__(self, **state: Any) -> None:
        self.__dict__.update(state)


_reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
EasyDict.__module__ = "dnnlib.util"
Network.__module__ = "dnnlib.tflib.network"


class PersistentStandIn:
    """One network module as NVIDIA's code bases pickle it: a call with source text and attributes."""

    def __init__(self, class_name: str, source: str, state: dict[str, Any]) -> None:
        self.meta = {
            "type": "class",
            "version": 6,
            "module_src": source,
            "class_name": class_name,
            "state": state,
        }

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        return _reconstruct_persistent_obj, (self.meta,)


@contextmanager
def stand_in_modules() -> Iterator[None]:
    """The modules that the stand-ins claim to come from."""
    made: dict[str, types.ModuleType] = {}
    for name, content in {
        "torch_utils": {},
        "torch_utils.persistence": {"_reconstruct_persistent_obj": _reconstruct_persistent_obj},
        "dnnlib": {},
        "dnnlib.util": {"EasyDict": EasyDict},
        "dnnlib.tflib": {},
        "dnnlib.tflib.network": {"Network": Network},
    }.items():
        made[name] = types.ModuleType(name)
        made[name].__dict__.update(content)
    assert not set(made) & set(sys.modules)
    sys.modules.update(made)
    try:
        yield
    finally:
        for name in made:
            del sys.modules[name]


def dump(value: object, protocol: int) -> bytes:
    """pickle.dumps with the stand-ins in place."""
    with stand_in_modules():
        return pickle.dumps(value, protocol=protocol)


def module_tree(
    tensors: dict[str, Tensor],
    class_name: str = "Generator",
    source: str = "raise SystemExit('this source was run')",
    attributes: dict[str, dict[str, Any]] | None = None,
    buffers: tuple[str, ...] = ("noise_const", "resample_filter", "w_avg"),
) -> PersistentStandIn:
    """Tensors by dotted name -> nested modules. attributes: by module path, '' is the root."""
    attributes = attributes or {}

    def node(path: str, entries: dict[str, Tensor], name: str) -> PersistentStandIn:
        children: dict[str, dict[str, Tensor]] = {}
        state: dict[str, Any] = {
            "training": False,
            "_parameters": OrderedDict(),
            "_buffers": OrderedDict(),
            "_non_persistent_buffers_set": set(),
            "_backward_hooks": OrderedDict(),
            "_forward_hooks": OrderedDict(),
            "_modules": OrderedDict(),
            "unused": None,
        }
        for key, tensor in entries.items():
            head, dot, rest = key.partition(".")
            if dot:
                children.setdefault(head, {})[rest] = tensor
            elif head in buffers:
                state["_buffers"][head] = tensor
            else:
                state["_parameters"][head] = torch.nn.Parameter(tensor, requires_grad=False)
        for head, below in children.items():
            inner = f"{path}.{head}" if path else head
            state["_modules"][head] = node(inner, below, head.capitalize())
        state.update(attributes.get(path, {}))
        return PersistentStandIn(name, source, state)

    return node("", tensors, class_name)
