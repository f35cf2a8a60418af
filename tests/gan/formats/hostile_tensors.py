"""Hostile files whose tensors, arrays and modules are not what they say."""

from __future__ import annotations

import pickle

import torch

from tests.gan.formats.model_files import torch_bytes
from tests.gan.formats.payloads import PYTHON, SHELL, Inert, hidden_in_legacy, nested_storage, zip_of
from tests.gan.formats.pickles import (
    call,
    data,
    dictionary,
    integer,
    module,
    named,
    pickled,
    text,
    tupled,
)


def tensor_tricks() -> dict[str, bytes]:
    """Tensors, arrays and modules that are not what they say."""
    storage = call(named("torch.storage", "_load_from_bytes"), data(nested_storage(torch.ones(4))))

    def tensor(offset: int, shape: tuple[int, ...], stride: tuple[int, ...], held: bytes = storage) -> bytes:
        sizes = [tupled(*(integer(n) for n in numbers)) for numbers in (shape, stride)]
        rebuilt = call(
            named("torch._utils", "_rebuild_tensor_v2"), held, integer(offset), *sizes, b"\x89", b"}"
        )
        return pickled(dictionary(G_ema=module("Generator", _parameters=dictionary(x=rebuilt))))

    def array(dtype: bytes, shape: bytes, raw: bytes) -> bytes:
        made = call(
            named("numpy.core.multiarray", "_reconstruct"),
            named("numpy", "ndarray"),
            tupled(b"K\x00"),
            text("b"),
        )
        return pickled(made + tupled(integer(1), shape, dtype, b"\x89", raw) + b"b")

    dtype = call(named("numpy", "dtype"), text("f4"), b"\x89", b"\x88")
    deep = module("Generator")
    for _ in range(100):
        deep = module("Generator", _modules=dictionary(x=deep))
    wide = b"".join(text(f"m{i}") + b"h\x00" for i in range(200))
    hidden = pickle.dumps(Inert((print, (SHELL,)))).replace(b"builtins", b"posix   ")
    alias = (
        storage
        + b"\x940"
        + b"}("
        + b"".join(
            text(f"x{i}")
            + call(
                named("torch._utils", "_rebuild_tensor_v2"),
                b"h\x00",
                integer(0),
                tupled(integer(4)),
                tupled(integer(1)),
                b"\x89",
                b"}",
            )
            for i in range(2_000)
        )
        + b"u"
    )
    return {
        "tensor beyond its storage": tensor(0, (5,), (1,)),
        "tensor with an offset beyond": tensor(4, (1,), (1,)),
        "tensor of 10^12 numbers by stride 0": tensor(0, (10**12,), (0,)),
        "tensor of overlapping rows": tensor(0, (3, 2), (1, 1)),
        "tensor of negative stride": tensor(3, (4,), (-1,)),
        "tensor of negative size": tensor(0, (-4,), (1,)),
        "tensor of 64 dimensions": tensor(0, (1,) * 64, (1,) * 64),
        "tensor of an enormous empty shape": tensor(0, (0, 2**62), (1, 1)),
        "tensor of a text": tensor(0, (1,), (1,), text("x")),
        "tensors that share one storage": pickled(dictionary(G_ema=module("Generator", _parameters=alias))),
        "array of objects": array(
            call(named("numpy", "dtype"), text("O8"), b"\x89", b"\x88"), tupled(integer(1)), b"]"
        ),
        "array of an enormous shape": array(dtype, tupled(integer(2**40), integer(2**20)), data(b"")),
        "array of a negative shape": array(dtype, tupled(integer(-1)), data(b"1234")),
        "array of a text": array(dtype, tupled(integer(1)), text("abcd")),
        "array of records": array(
            call(named("numpy", "dtype"), text("V8"), b"\x89", b"\x88"), tupled(integer(1)), data(b"x" * 8)
        ),
        "reconstructs another class than ndarray": pickled(
            call(
                named("numpy.core.multiarray", "_reconstruct"),
                named("builtins", "object"),
                tupled(),
                text("b"),
            )
        ),
        "modules 100 deep": pickled(dictionary(G_ema=deep)),
        "modules 200 x 200 x 200 by reference": pickled(
            module("Generator")
            + b"\x940"
            + b"".join(
                module("Generator", _modules=b"}(" + wide.replace(b"h\x00", b"h" + bytes([i])) + b"u")
                + b"\x940"
                for i in range(3)
            )
            + dictionary(G_ema=b"h\x03")
        ),
        "module that is its own child": pickled(
            b"}\x94"
            + text("m")
            + module("Generator", _modules=b"h\x00")
            + b"s0"
            + dictionary(G_ema=module("Generator", _modules=b"h\x00"))
        ),
        "module whose child is a text": pickled(
            dictionary(G_ema=module("Generator", _modules=dictionary(x=text("x"))))
        ),
        "module whose parameters are a list": pickled(
            dictionary(G_ema=module("Generator", _parameters=b"]"))
        ),
        "module without a class": pickled(
            call(named("torch_utils.persistence", "_reconstruct_persistent_obj"), b"}")
        ),
        "module_src that would write a file": pickled(dictionary(G_ema=module("Payload", PYTHON))),
        "module_src of a Generator without layers": pickled(dictionary(G_ema=module("Generator", PYTHON))),
        "pickle hidden in a storage": pickled(call(named("torch.storage", "_load_from_bytes"), data(hidden))),
        "torch file hidden in a storage": pickled(
            call(named("torch.storage", "_load_from_bytes"), data(hidden_in_legacy()))
        ),
        "storage file that is no storage": pickled(
            call(named("torch.storage", "_load_from_bytes"), data(torch_bytes([1], legacy=True)))
        ),
        "zip hidden in a storage": pickled(
            call(
                named("torch.storage", "_load_from_bytes"),
                data(zip_of({"a/data.pkl": pickled(call(named("os", "system"), text(SHELL)))})),
            )
        ),
    }
