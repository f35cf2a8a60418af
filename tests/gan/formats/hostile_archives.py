"""Hostile zip archives and older torch files."""

from __future__ import annotations

import functools
import struct
import zipfile

import torch

from tests.gan.formats.model_files import rosinality_value, small, tensors_of, torch_bytes
from tests.gan.formats.payloads import CANARY, PYTHON, SHELL, hidden_in_legacy, zip_of
from tests.gan.formats.pickles import (
    call,
    integer,
    line_named,
    named,
    pickled,
    text,
    tupled,
)


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
        "zip with a directory of 4 GB": zip_of({"a/data.pkl": harmless})[:-10]
        + b"\xfe\xff\xff\xff"
        + bytes(6),
        "zip that refers to a missing storage": zip_of(
            {
                "a/data.pkl": pickled(
                    tupled(
                        text("storage"), named("torch", "FloatStorage"), text("9"), text("cpu"), integer(4)
                    )
                    + b"Q"
                )
            }
        ),
        "zip with a path as storage key": zip_of(
            {
                "a/data.pkl": pickled(
                    tupled(
                        text("storage"), named("torch", "FloatStorage"), text("../x"), text("cpu"), integer(4)
                    )
                    + b"Q"
                )
            }
        ),
        "zip with a storage of another size": zip_of(
            {
                "a/data.pkl": pickled(
                    tupled(
                        text("storage"), named("torch", "FloatStorage"), text("0"), text("cpu"), integer(9)
                    )
                    + b"Q"
                ),
                "a/data/0": b"1234",
            }
        ),
        "zip with an unknown storage type": stolen,
        "zip written on a big-endian machine": zip_of({"a/data.pkl": harmless, "a/byteorder": b"big"}),
        "legacy file whose object is a payload": hidden_in_legacy(),
        "legacy file of another version": torch_bytes([], legacy=True).replace(
            struct.pack("<H", 1001), struct.pack("<H", 1002)
        ),
        "legacy file whose storages are too short": torch_bytes(torch.ones(100), legacy=True)[:-100],
        "legacy file with a storage of 2^60 numbers": torch_bytes(torch.ones(4), legacy=True)[:-24]
        + struct.pack("<Q", 2**60)
        + bytes(16),
    }
