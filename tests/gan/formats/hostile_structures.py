"""Hostile files that misuse pickle: stack, memo, containers, calls, sizes."""

from __future__ import annotations

import struct

import torch

from tests.gan.formats.payloads import SHELL, nested_storage
from tests.gan.formats.pickles import (
    call,
    data,
    dictionary,
    integer,
    line_named,
    named,
    pickled,
    text,
    tupled,
)


def structures() -> dict[str, bytes]:
    """Stack, memo, containers and calls used as nobody honest does."""
    tensor = nested_storage(torch.ones(4))
    return {
        "INST os.system": b"(S'" + SHELL.encode() + b"'\nios\nsystem\n.",
        "OBJ": b"(" + line_named("os", "system") + b"o.",
        "OBJ of an allowed class": b"(" + line_named("collections", "OrderedDict") + b"o.",
        "result of a call is called": pickled(
            call(call(line_named("collections", "OrderedDict")), text("x"))
        ),
        "text is called": pickled(call(text("os.system"), text(SHELL))),
        "a storage type is called": pickled(call(named("torch", "FloatStorage"), integer(2**40))),
        "dict is called": pickled(call(named("builtins", "dict"), b"]")),
        "NEWOBJ of a function": pickled(named("_codecs", "encode") + b")\x81"),
        "NEWOBJ_EX with keywords": pickled(
            named("dnnlib.util", "EasyDict") + b")" + dictionary(x=b"N") + b"\x92"
        ),
        "_reconstructor of a function": pickled(
            call(
                line_named("copyreg", "_reconstructor"),
                named("_codecs", "encode"),
                named("builtins", "object"),
                b"N",
            )
        ),
        "_reconstructor of os._wrap_close": pickled(
            call(
                line_named("copyreg", "_reconstructor"),
                named("os", "_wrap_close"),
                named("builtins", "object"),
                b"N",
            )
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
        "keys that collide": pickled(
            b"}(" + b"".join(integer(i * (2**61 - 1)) + b"N" for i in range(20_000)) + b"u"
        ),
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
            text("x" * 1_000_000)
            + b"\x940"
            + (named("_codecs", "encode") + b"h\x00" + text("latin1") + b"\x86R0") * 1_000
            + b"N"
        ),
        "storage read again and again": pickled(
            data(tensor)
            + b"\x940"
            + (named("torch.storage", "_load_from_bytes") + b"h\x00\x85R0") * 30_000
            + b"N"
        ),
        "pairs copied again and again": pickled(
            b"]("
            + tupled(text("a"), b"N") * 30_000
            + b"e\x940"
            + (named("collections", "OrderedDict") + b"h\x00\x85R0") * 10_000
            + b"N"
        ),
        "no end": pickled(b"N" * 100)[:-1],
        "lists within lists, doubled 60 times": pickled(
            b"]\x94" + b"".join(b"](h" + bytes([i]) + b"h" + bytes([i]) + b"e\x94" for i in range(60))
        ),
    }
