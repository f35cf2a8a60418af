"""The allow-list: every global that a model file may mention, and the record that stands for a call of it.

Nothing is imported and nothing of the file is called: a name is looked up here or refused.
"""

from __future__ import annotations

from typing import cast

from gan.errors import ModelFileError
from gan.formats.byte_reader import is_bytes
from gan.formats.limits import shown
from gan.formats.numpy_records import make_array, make_array_from_buffer, make_dtype, make_scalar
from gan.formats.records import (
    AllowedGlobal,
    CallContext,
    ObjectRecord,
    PersistentModule,
    RecordMaker,
    entries_of,
    items_of,
    string_dict,
)
from gan.formats.tensor_records import STORAGE_DTYPES
from gan.formats.torch_records import TORCH_CALLS, TORCH_DTYPE_NAMES

NETWORK = "dnnlib.tflib.network.Network"
NAMESPACE = "argparse.Namespace"


def make_dict(args: tuple[object, ...], context: CallContext) -> object:
    """`OrderedDict()`, `OrderedDict(pairs)`, `EasyDict(...)` -> a plain dictionary."""
    if not args:
        return {}
    copied = dict(entries_of(args[0]))
    if copied:
        return copied
    entries: dict[object, object] = {}
    for pair in items_of(args[0]):
        items = items_of(pair)
        if len(items) != 2 or not is_key(items[0]):
            raise ModelFileError("makes a dictionary of something that is none")
        entries[items[0]] = items[1]
    return entries


def make_set(args: tuple[object, ...], context: CallContext) -> object:
    """`set([...])` of text and numbers."""
    if not args:
        return set[object]()
    if not isinstance(args[0], list | tuple | set):
        raise ModelFileError("makes a set of something that is no list")
    items = cast(list[object], args[0])
    if not all(is_key(item) for item in items):
        raise ModelFileError("holds a set of something else than text and numbers")
    return set(items)


def make_bytes(args: tuple[object, ...], context: CallContext) -> object:
    """`bytes()`, `bytearray(b'...')`."""
    if not args:
        return b""
    if len(args) == 2 and isinstance(args[0], str) and args[1] == "latin-1":
        return make_encoded((args[0], "latin1"), context)
    if len(args) != 1 or not is_bytes(args[0]):
        raise ModelFileError("makes bytes of something else (a number would ask for that much memory)")
    return args[0]


def make_encoded(args: tuple[object, ...], context: CallContext) -> object:
    """`_codecs.encode(text, 'latin1')`: how protocols 0 to 2 spell bytes."""
    if len(args) != 2 or not isinstance(args[0], str) or args[1] != "latin1":
        raise ModelFileError("encodes text in another way than pickle does")
    context.budget.count_produced(len(args[0]))
    try:
        return args[0].encode("latin-1")
    except UnicodeEncodeError as error:
        raise ModelFileError("spells bytes with characters beyond 255") from error


def make_persistent(args: tuple[object, ...], context: CallContext) -> object:
    """NVIDIA's `_reconstruct_persistent_obj(meta)`; `module_src` stays a text that nobody runs."""
    meta = string_dict(args[0] if len(args) == 1 else None, "a persistent object")
    name, source = meta.get("class_name"), meta.get("module_src")
    if meta.get("type") != "class" or not isinstance(name, str) or not isinstance(source, str):
        raise ModelFileError("holds a persistent object that is no class with a name and a source")
    state = string_dict(meta.get("state"), f"the state of '{shown(name)}'")
    context.budget.count_opcodes(len(state))
    return PersistentModule(name, source, state)


def make_reconstructed(args: tuple[object, ...], context: CallContext) -> object:
    """`copyreg._reconstructor(cls, base, state)`: how protocols 0 and 1 spell an instance."""
    if len(args) != 3 or not isinstance(args[0], AllowedGlobal):
        raise ModelFileError("reconstructs something that is no known class")
    return make_instance(args[0], () if args[2] is None else (args[2],), context)


def make_instance(cls: AllowedGlobal, args: tuple[object, ...], context: CallContext) -> object:
    """A new instance of an allowed class."""
    if cls.qualified in (NETWORK, NAMESPACE):
        return ObjectRecord(cls.qualified)
    if cls.make is make_dict:
        return make_dict(args, context)
    raise ModelFileError(f"makes an instance of '{cls.qualified}', which is not allowed")


def _object_maker(qualified: str) -> RecordMaker:
    return lambda args, context: ObjectRecord(qualified)


_CALLS: dict[tuple[str, str], RecordMaker] = {
    ("collections", "OrderedDict"): make_dict,
    ("dnnlib.util", "EasyDict"): make_dict,
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): make_persistent,
    ("dnnlib.tflib.network", "Network"): _object_maker(NETWORK),
    ("argparse", "Namespace"): _object_maker(NAMESPACE),
    ("_codecs", "encode"): make_encoded,
    ("numpy", "dtype"): make_dtype,
    **TORCH_CALLS,
}
for _core in ("numpy.core", "numpy._core"):
    _CALLS[f"{_core}.multiarray", "_reconstruct"] = make_array
    _CALLS[f"{_core}.multiarray", "scalar"] = make_scalar
    _CALLS[f"{_core}.numeric", "_frombuffer"] = make_array_from_buffer
for _module in ("copyreg", "copy_reg"):
    _CALLS[_module, "_reconstructor"] = make_reconstructed
for _module in ("builtins", "__builtin__"):
    _CALLS[_module, "set"] = make_set
    _CALLS[_module, "frozenset"] = make_set
    _CALLS[_module, "bytes"] = make_bytes
    _CALLS[_module, "bytearray"] = make_bytes

_NAMES: set[tuple[str, str]] = {
    ("numpy", "ndarray"),
    ("torch.storage", "UntypedStorage"),
    *((module, name) for module in ("builtins", "__builtin__") for name in ("object", "dict")),
    *(("torch", name) for name in (*STORAGE_DTYPES, *TORCH_DTYPE_NAMES)),
}

ALLOWED_GLOBALS: dict[tuple[str, str], AllowedGlobal] = {
    **{key: AllowedGlobal(*key, make) for key, make in _CALLS.items()},
    **{key: AllowedGlobal(*key) for key in _NAMES},
}


def find_global(module: str, name: str) -> AllowedGlobal:
    """The record of a global. Raises ModelFileError, naming it, for every other one."""
    found = ALLOWED_GLOBALS.get((module, name))
    if found is None:
        raise ModelFileError(
            f"asks for '{shown(module)}.{shown(name)}', which no generator needs; the file was refused"
            " and nothing of it was run"
        )
    return found


def is_key(value: object) -> bool:
    """Whether a value may be a dictionary's key here: text and small numbers (their hashes cannot be made to
    collide on purpose)."""
    if isinstance(value, int):
        return abs(value) < 2**53
    return isinstance(value, str) or value is None
