"""Hostile and broken files, by name. Each must be refused: one line, little time and memory, nothing done.

A payload that ran would make `CANARY` in the working folder.
"""

from __future__ import annotations

import functools
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import torch

from tests.gan.formats.model_files import (
    nvidia_value,
    rosinality_value,
    small,
    tensors_of,
    torch_bytes,
    with_filters,
)
from tests.gan.formats.pickles import (
    call,
    data,
    dictionary,
    integer,
    line_named,
    module,
    named,
    pickled,
    text,
    tupled,
)
from tests.gan.formats.stand_ins import dump

CANARY = "canary-was-here"
SHELL = f"touch {CANARY}"
PYTHON = f"open('{CANARY}', 'w').write('x')"

_GLOBALS: dict[str, bytes] = {
    "os.system": text(SHELL),
    "posix.system": text(SHELL),
    "nt.system": text(SHELL),
    "os.popen": text(SHELL),
    "os.execl": text("/bin/sh"),
    "subprocess.Popen": text(SHELL),
    "subprocess.check_output": text(SHELL),
    "pty.spawn": text(SHELL),
    "builtins.eval": text(PYTHON),
    "builtins.exec": text(PYTHON),
    "builtins.compile": text(PYTHON),
    "builtins.open": text(CANARY) + text("w"),
    "builtins.__import__": text("os"),
    "builtins.getattr": line_named("torch", "Size") + text("__class__"),
    "builtins.setattr": line_named("torch", "Size") + text("x") + b"N",
    "builtins.map": text(SHELL),
    "__builtin__.execfile": text("x.py"),
    "importlib.import_module": text("antigravity"),
    "runpy.run_path": text("x.py"),
    "operator.attrgetter": text("system"),
    "operator.methodcaller": text("system") + text(SHELL),
    "functools.partial": text(SHELL),
    "functools.reduce": text(SHELL),
    "types.CodeType": integer(0),
    "types.FunctionType": b"N",
    "marshal.loads": data(b"c"),
    "pickle.loads": data(b"cos\nsystem\n."),
    "code.InteractiveInterpreter": b"",
    "timeit.timeit": text(PYTHON),
    "pdb.run": text(PYTHON),
    "ctypes.CDLL": text("libc.so.6"),
    "webbrowser.open": text("http://localhost/"),
    "urllib.request.urlopen": text("http://localhost/"),
    "socket.create_connection": b"",
    "shutil.rmtree": text("."),
    "pathlib.Path.touch": text(CANARY),
    "multiprocessing.util.spawnv_passfds": b"",
    "torch.load": text("x.pt"),
    "torch.hub.load": text("x"),
    "torch.ops.load_library": text("x.so"),
    "torch.jit.load": text("x"),
    "torch._utils._rebuild_tensor": b"",
    "torch.nn.modules.linear.Linear": b"",
    "numpy.load": text("x.npy"),
    "numpy.testing._private.utils.runstring": text(PYTHON) + b"}",
    "numpy.core.multiarray.fromfile": text("x"),
    "dnnlib.util.call_func_by_name": text("os.system"),
    "dnnlib.util.EasyDict.__init__": b"",
    "torch_utils.persistence.import_hook": b"N",
    "copyreg.add_extension": text("os") + text("system") + integer(1),
    "copyreg.__newobj__": b"N",
    "_codecs.decode": data(b"x"),
    "zipimport.zipimporter": text("x.zip"),
}


def _split(qualified: str) -> tuple[str, str]:
    if qualified.startswith(("pathlib.Path", "dnnlib.util.EasyDict")):
        first, second, rest = qualified.split(".", 2)
        return (f"{first}.{second}", rest) if first == "dnnlib" else (first, f"{second}.{rest}")
    module_name, _, name = qualified.rpartition(".")
    return module_name, name


def global_calls() -> dict[str, bytes]:
    """A call of each forbidden global, in turns by line and by stack; some of them within a generator's file."""
    files: dict[str, bytes] = {}
    for i, (qualified, arguments) in enumerate(_GLOBALS.items()):
        module_name, name = _split(qualified)
        by_line = i % 2 == 0
        function = line_named(module_name, name) if by_line else named(module_name, name)
        body = call(function, arguments)
        files[f"calls {qualified}"] = pickled(
            dictionary(G_ema=body) if i % 3 == 0 else body, 2 if by_line else 4
        )
    return files


class _Inert:
    """Pickles as whatever was asked for."""

    def __init__(self, reduced: tuple[Any, ...]) -> None:
        self._reduced = reduced

    def __reduce__(self) -> tuple[Any, ...]:
        return self._reduced


def real_pickles() -> dict[str, bytes]:
    """Payloads that Python's own pickler wrote, at every protocol; the usual way to make one."""
    import os

    files = {
        f"real os.system, protocol {p}": pickle.dumps(_Inert((os.system, (SHELL,))), protocol=p)
        for p in range(6)
    }
    files["real eval in G_ema"] = pickle.dumps({"G_ema": _Inert((eval, (PYTHON,)))})
    files["real getattr chain"] = pickle.dumps(_Inert((getattr, (_Inert((__import__, ("os",))), "system"))))
    return files


def structures() -> dict[str, bytes]:
    """Stack, memo, containers and calls used as nobody honest does."""
    tensor = _nested_storage(torch.ones(4))
    return {
        "INST os.system": b"(S'" + SHELL.encode() + b"'\nios\nsystem\n.",
        "OBJ": b"(" + line_named("os", "system") + b"o.",
        "OBJ of an allowed class": b"(" + line_named("collections", "OrderedDict") + b"o.",
        "result of a call is called": pickled(call(call(line_named("collections", "OrderedDict")), text("x"))),
        "text is called": pickled(call(text("os.system"), text(SHELL))),
        "a storage type is called": pickled(call(named("torch", "FloatStorage"), integer(2**40))),
        "dict is called": pickled(call(named("builtins", "dict"), b"]")),
        "NEWOBJ of a function": pickled(named("_codecs", "encode") + b")\x81"),
        "NEWOBJ_EX with keywords": pickled(named("dnnlib.util", "EasyDict") + b")" + dictionary(x=b"N") + b"\x92"),
        "_reconstructor of a function": pickled(
            call(line_named("copyreg", "_reconstructor"), named("_codecs", "encode"), named("builtins", "object"), b"N")
        ),
        "_reconstructor of os._wrap_close": pickled(
            call(line_named("copyreg", "_reconstructor"), named("os", "_wrap_close"), named("builtins", "object"), b"N")
        ),
        "BUILD of a global": pickled(named("dnnlib.util", "EasyDict") + dictionary(__init__=b"N") + b"b"),
        "BUILD of a list": pickled(b"]" + dictionary(x=b"N") + b"b"),
        "BUILD with __setstate__": pickled(
            named("dnnlib.tflib.network", "Network") + b")\x81" + dictionary(__setstate__=text(SHELL)) + b"b"
        ),
        "extension registry": pickled(b"\x82\x01"),
        "extension registry, 4 bytes": pickled(b"\x84\x01\x00\x00\x00"),
        "out-of-band buffer": pickled(b"\x97", 5),
        "persistent id in a plain pickle": pickled(text("x") + b"Q"),
        "persistent id by line": b"Pstorage\n.",
        "stack underflow": pickled(b"a"),
        "nothing on the stack": pickled(b""),
        "mark that was never made": pickled(b"t"),
        "pop below the mark": pickled(b"N(00"),
        "memo that was never kept": pickled(b"h\x07"),
        "memo by negative line": pickled(b"Ng-1\n"),
        "memo of nothing": pickled(b"q\x00"),
        "memo flood": pickled(b"N" + b"".join(b"r" + struct.pack("<I", i) for i in range(600_000))),
        "memo index beyond": pickled(b"Nr\xff\xff\xff\xffj\xfe\xff\xff\xff"),
        "marks without end": pickled(b"(" * 100_000),
        "stack without end": pickled(b"N" * 2_000_000),
        "instructions without end": pickled(b"N0" * 1_500_000 + b"N"),
        "duplicates": pickled(b"]" + b"2" * 2_000_000),
        "protocol 9": b"\x80\x09N.",
        "frame beyond the end": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.",
        "unknown instruction": pickled(b"\xff"),
        "key that is a tuple": pickled(b"}" + tupled(b"N") + b"Ns"),
        "key that is a nest of tuples": pickled(b"}N" + b"\x85" * 50_000 + b"Ns"),
        "keys that collide": pickled(b"}(" + b"".join(integer(i * (2**61 - 1)) + b"N" for i in range(20_000)) + b"u"),
        "items without keys": pickled(b"}(Nu"),
        "list that is a dictionary": pickled(b"}Na"),
        "set of sets": pickled(b"\x8f(\x8f\x90"),
        "announces 2^62 bytes": pickled(b"\x8e" + struct.pack("<Q", 2**62)),
        "announces 4 GB of text": pickled(b"X\xff\xff\xff\xff"),
        "announces a 2^63 bytearray": pickled(b"\x96" + struct.pack("<Q", 2**63), 5),
        "announces a 2 GB integer": pickled(b"\x8b\xff\xff\xff\x7f"),
        "negative length": pickled(b"T\xff\xff\xff\xff"),
        "integer of a million digits": b"I" + b"9" * 1_000_000 + b"\n.",
        "integer of 255 bytes": pickled(b"\x8a\xff" + b"\x7f" * 255),
        "float that is none": b"Fx\n.",
        "text that is not UTF-8": pickled(b"X\x02\x00\x00\x00\xff\xff"),
        "wide text": pickled(text("\U0001f600" + "x" * 20_000_000)),
        "line without end": b"S" + b"'" * 5_000_000,
        "bytearray of a number": pickled(call(named("builtins", "bytearray"), integer(10**12))),
        "bytes of a number": pickled(call(named("builtins", "bytes"), integer(10**12))),
        "text encoded again and again": pickled(
            text("x" * 1_000_000) + b"\x940" + (named("_codecs", "encode") + b"h\x00" + text("latin1") + b"\x86R0") * 1_000 + b"N"
        ),
        "storage read again and again": pickled(
            data(tensor) + b"\x940" + (named("torch.storage", "_load_from_bytes") + b"h\x00\x85R0") * 30_000 + b"N"
        ),
        "pairs copied again and again": pickled(
            b"](" + tupled(text("a"), b"N") * 30_000 + b"e\x940"
            + (named("collections", "OrderedDict") + b"h\x00\x85R0") * 10_000 + b"N"
        ),
        "no end": pickled(b"N" * 100)[:-1],
        "lists within lists, doubled 60 times": pickled(b"]\x94" + b"".join(
            b"](h" + bytes([i]) + b"h" + bytes([i]) + b"e\x94" for i in range(60)
        )),
    }  # fmt: skip


def _nested_storage(tensor: torch.Tensor) -> bytes:
    return torch_bytes(tensor.untyped_storage() if tensor.numel() == 0 else torch.storage.TypedStorage(
        wrap_storage=tensor.untyped_storage(), dtype=tensor.dtype, _internal=True
    ), legacy=True)  # fmt: skip


def tensor_tricks() -> dict[str, bytes]:
    """Tensors, arrays and modules that are not what they say."""
    storage = call(named("torch.storage", "_load_from_bytes"), data(_nested_storage(torch.ones(4))))

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
    hidden = pickle.dumps(_Inert((print, (SHELL,)))).replace(b"builtins", b"posix   ")
    alias = (
        storage + b"\x940" + b"}("
        + b"".join(
            text(f"x{i}") + call(named("torch._utils", "_rebuild_tensor_v2"), b"h\x00", integer(0), tupled(integer(4)),
                                 tupled(integer(1)), b"\x89", b"}")
            for i in range(2_000)
        ) + b"u"
    )  # fmt: skip
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
        "array of objects": array(call(named("numpy", "dtype"), text("O8"), b"\x89", b"\x88"), tupled(integer(1)), b"]"),
        "array of an enormous shape": array(dtype, tupled(integer(2**40), integer(2**20)), data(b"")),
        "array of a negative shape": array(dtype, tupled(integer(-1)), data(b"1234")),
        "array of a text": array(dtype, tupled(integer(1)), text("abcd")),
        "array of records": array(call(named("numpy", "dtype"), text("V8"), b"\x89", b"\x88"), tupled(integer(1)), data(b"x" * 8)),
        "reconstructs another class than ndarray": pickled(
            call(named("numpy.core.multiarray", "_reconstruct"), named("builtins", "object"), tupled(), text("b"))
        ),
        "modules 100 deep": pickled(dictionary(G_ema=deep)),
        "modules 200 x 200 x 200 by reference": pickled(
            module("Generator") + b"\x940" + b"".join(
                module("Generator", _modules=b"}(" + wide.replace(b"h\x00", b"h" + bytes([i])) + b"u") + b"\x940" for i in range(3)
            ) + dictionary(G_ema=b"h\x03")
        ),
        "module that is its own child": pickled(
            b"}\x94" + text("m") + module("Generator", _modules=b"h\x00") + b"s0" + dictionary(G_ema=module("Generator", _modules=b"h\x00"))
        ),
        "module whose child is a text": pickled(dictionary(G_ema=module("Generator", _modules=dictionary(x=text("x"))))),
        "module whose parameters are a list": pickled(dictionary(G_ema=module("Generator", _parameters=b"]"))),
        "module without a class": pickled(call(named("torch_utils.persistence", "_reconstruct_persistent_obj"), b"}")),
        "module_src that would write a file": pickled(dictionary(G_ema=module("Payload", PYTHON))),
        "module_src of a Generator without layers": pickled(dictionary(G_ema=module("Generator", PYTHON))),
        "pickle hidden in a storage": pickled(call(named("torch.storage", "_load_from_bytes"), data(hidden))),
        "torch file hidden in a storage": pickled(
            call(named("torch.storage", "_load_from_bytes"), data(_hidden_in_legacy()))
        ),
        "storage file that is no storage": pickled(call(named("torch.storage", "_load_from_bytes"), data(torch_bytes([1], legacy=True)))),
        "zip hidden in a storage": pickled(
            call(named("torch.storage", "_load_from_bytes"), data(zip_of({"a/data.pkl": pickled(call(named("os", "system"), text(SHELL)))})))
        ),
    }  # fmt: skip


def _hidden_in_legacy() -> bytes:
    """torch's older file whose object is a payload."""
    good = torch_bytes([], legacy=True)
    return good.replace(
        pickle.dumps([], protocol=2), pickled(call(line_named("os", "system"), text(SHELL)), 2)
    )


def zip_of(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@functools.cache
def _good_zip() -> bytes:
    return torch_bytes(rosinality_value(tensors_of(small())))


def archives() -> dict[str, bytes]:
    """Zip archives that torch did not write."""
    payload = pickled(call(line_named("os", "system"), text(SHELL)), 2)
    harmless = pickled(b"}")
    huge = zip_of({"a/data.pkl": harmless, "a/data/0": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
    twice = zip_of({"a/data.pkl": harmless, "a/data.pk1": payload}).replace(b"data.pk1", b"data.pkl")
    overlap = bytearray(zip_of({"a/data.pkl": harmless, "a/x": b"y" * 100}))
    second = overlap.rfind(b"PK\x01\x02")
    overlap[second + 42 : second + 46] = struct.pack("<I", 2)
    encrypted = bytearray(zip_of({"a/data.pkl": harmless}))
    encrypted[encrypted.rfind(b"PK\x01\x02") + 8] |= 1
    stolen = _good_zip().replace(b"FloatStorage", b"DoubleStorag")
    return {
        "zip whose pickle is a payload": zip_of({"a/data.pkl": payload}),
        "zip bomb": huge,
        "zip bomb as the pickle": zip_of({"a/data.pkl": b"N" * 50_000_000}, zipfile.ZIP_DEFLATED),
        "zip of a path upwards": zip_of({"a/data.pkl": harmless, f"a/../../{CANARY}": b"x"}),
        "zip of an absolute path": zip_of({"a/data.pkl": harmless, f"/tmp/{CANARY}": b"x"}),
        "zip of a Windows path": zip_of({"a/data.pkl": harmless, f"a\\..\\{CANARY}": b"x"}),
        "zip of a drive": zip_of({"a/data.pkl": harmless, f"C:/{CANARY}": b"x"}),
        "zip with an entry twice": twice,
        "zip whose entries overlap": bytes(overlap),
        "zip that is encrypted": bytes(encrypted),
        "zip without a pickle": zip_of({"a/x": b"x"}),
        "zip of TorchScript": zip_of({"a/constants.pkl": harmless, "a/code/x.py": PYTHON.encode()}),
        "zip of 60000 entries": zip_of({f"a/{i}": b"" for i in range(60_000)}),
        "zip with an ending only": b"PK\x05\x06" + bytes(18),
        "zip without an ending": b"PK\x03\x04" + bytes(100_000),
        "zip with a directory of 4 GB": zip_of({"a/data.pkl": harmless})[:-10] + b"\xfe\xff\xff\xff" + bytes(6),
        "zip that refers to a missing storage": zip_of(
            {"a/data.pkl": pickled(tupled(text("storage"), named("torch", "FloatStorage"), text("9"), text("cpu"), integer(4)) + b"Q")}
        ),
        "zip with a path as storage key": zip_of(
            {"a/data.pkl": pickled(tupled(text("storage"), named("torch", "FloatStorage"), text("../x"), text("cpu"), integer(4)) + b"Q")}
        ),
        "zip with a storage of another size": zip_of(
            {
                "a/data.pkl": pickled(tupled(text("storage"), named("torch", "FloatStorage"), text("0"), text("cpu"), integer(9)) + b"Q"),
                "a/data/0": b"1234",
            }
        ),
        "zip with an unknown storage type": stolen,
        "zip written on a big-endian machine": zip_of({"a/data.pkl": harmless, "a/byteorder": b"big"}),
        "legacy file whose object is a payload": _hidden_in_legacy(),
        "legacy file of another version": torch_bytes([], legacy=True).replace(struct.pack("<H", 1001), struct.pack("<H", 1002)),
        "legacy file whose storages are too short": torch_bytes(torch.ones(100), legacy=True)[:-100],
        "legacy file with a storage of 2^60 numbers": torch_bytes(torch.ones(4), legacy=True)[:-24] + struct.pack("<Q", 2**60) + bytes(16),
    }  # fmt: skip


def safetensors_of(header: object, numbers: bytes = b"") -> bytes:
    """A safetensors file with any header."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + numbers


def headers() -> dict[str, bytes]:
    """safetensors files with headers that no library writes."""

    def one(**change: Any) -> bytes:
        return safetensors_of({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | change}, b"1234")

    overlap = {n: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for n in "ab"}
    return {
        "header longer than the file": struct.pack("<Q", 2**40) + b"{}",
        "header of 2^63 bytes": struct.pack("<Q", 2**63) + b"{}",
        "header that is no JSON": safetensors_of(b"{" + b"x" * 64),
        "header nested 100000 deep": safetensors_of(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        "header of arrays nested deep": safetensors_of(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        "header with text instead of metadata": safetensors_of({"__metadata__": {"architecture": 3}}),
        "header of a 20 MB text": safetensors_of(b'{"' + b"x" * 20_000_000 + b'":1}'),
        "header of 20000 tensors": safetensors_of({str(i): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(20_000)}),
        "tensor of an unknown type": one(dtype="F3"),
        "tensor of a negative shape": one(shape=[-1]),
        "tensor of an overflowing shape": one(shape=[2**47, 2**47]),
        "tensor with an extra key": one(code=PYTHON),
        "tensor beyond the file": one(shape=[9], data_offsets=[0, 36]),
        "tensor with a hole before it": safetensors_of({"x": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, b"12345678"),
        "tensors that overlap": safetensors_of(overlap, b"1234"),
        "bytes after the tensors": safetensors_of({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"12345678"),
        "offsets in the wrong order": one(data_offsets=[4, 0]),
        "no tensors": safetensors_of({}),
        "architecture of another kind": safetensors_of({"__metadata__": {"architecture": '{"architecture": "vae"}'}}),
        "architecture nested deep": safetensors_of({"__metadata__": {"architecture": "[" * 50_000}}),
        "architecture without tensors": safetensors_of({"__metadata__": {"architecture": json.dumps(
            {"architecture": "stylegan2", "resolution": 2048, "z_dim": 65536, "w_dim": 65536, "mapping_layers": 64,
             "channel_base": 65536, "channel_max": 65536})}}),
    }  # fmt: skip


def broken_generators() -> dict[str, bytes]:
    """Files in order whose network is not."""
    tensors = with_filters(tensors_of(small()))

    def file(change: dict[str, torch.Tensor | None]) -> bytes:
        changed = {n: t for n, t in (tensors | change).items() if t is not None}
        return torch_bytes({"G_ema": changed})

    return {
        "NaN in a weight": file(
            {"synthesis.b8.conv0.weight": tensors["synthesis.b8.conv0.weight"] * float("nan")}
        ),
        "integers as a weight": file({"synthesis.b8.conv0.bias": torch.ones(6, dtype=torch.int64)}),
        "missing layer": file({"synthesis.b8.conv1.weight": None}),
        "constant of 64 x 64": file({"synthesis.b4.const": torch.ones(7, 64, 64)}),
        "resolution 2^99999": file({"synthesis.b99999.conv1.weight": torch.ones(1, 1, 3, 3)}),
        "another filter": file({"synthesis.b8.conv0.resample_filter": torch.ones(4, 4)}),
        "weight of the wrong rank": file({"mapping.fc0.weight": torch.ones(3)}),
        "payload beside the generator": dump(
            nvidia_value(tensors_of(small())) | {"augment_pipe": _Inert((eval, (PYTHON,)))}, 4
        ),
    }


def hostile_files() -> dict[str, bytes]:
    """All of them."""
    groups: tuple[Callable[[], dict[str, bytes]], ...] = (
        global_calls,
        real_pickles,
        structures,
        tensor_tricks,
        archives,
        headers,
        broken_generators,
    )
    files: dict[str, bytes] = {}
    for group in groups:
        made = group()
        assert not set(made) & set(files)
        files |= made
    return files
