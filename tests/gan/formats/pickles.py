"""Pickles written by hand, opcode by opcode: what no honest program writes."""

from __future__ import annotations

import struct

STOP = b"."


def text(value: str) -> bytes:
    """BINUNICODE."""
    raw = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(raw)) + raw


def integer(value: int) -> bytes:
    """LONG1."""
    raw = value.to_bytes(16, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def data(raw: bytes) -> bytes:
    """BINBYTES8."""
    return b"\x8e" + struct.pack("<Q", len(raw)) + raw


def named(module: str, name: str) -> bytes:
    """STACK_GLOBAL."""
    return text(module) + text(name) + b"\x93"


def line_named(module: str, name: str) -> bytes:
    """GLOBAL."""
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def tupled(*items: bytes) -> bytes:
    """MARK ... TUPLE."""
    return b"(" + b"".join(items) + b"t"


def call(function: bytes, *args: bytes) -> bytes:
    """REDUCE."""
    return function + tupled(*args) + b"R"


def dictionary(**items: bytes) -> bytes:
    """EMPTY_DICT, SETITEMS."""
    return b"}(" + b"".join(text(k) + v for k, v in items.items()) + b"u"


def pickled(body: bytes, protocol: int = 4) -> bytes:
    """PROTO ... STOP."""
    return b"\x80" + bytes([protocol]) + body + STOP


def module(class_name: str, source: str = "", **state: bytes) -> bytes:
    """A persistent object of NVIDIA's code bases."""
    meta = dictionary(
        type=text("class"),
        version=b"K\x06",
        module_src=text(source),
        class_name=text(class_name),
        state=dictionary(**state) if state else b"}",
    )
    return call(named("torch_utils.persistence", "_reconstruct_persistent_obj"), meta)
