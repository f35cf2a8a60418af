"""Hostile safetensors headers, and files in order whose network is not."""

from __future__ import annotations

import json
import struct
from typing import Any

import torch

from tests.gan.formats.model_files import nvidia_value, small, tensors_of, torch_bytes, with_filters
from tests.gan.formats.payloads import PYTHON, Inert
from tests.gan.formats.stand_ins import dump


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
        "header of 20000 tensors": safetensors_of(
            {str(i): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(20_000)}
        ),
        "tensor of an unknown type": one(dtype="F3"),
        "tensor of a negative shape": one(shape=[-1]),
        "tensor of an overflowing shape": one(shape=[2**47, 2**47]),
        "tensor with an extra key": one(code=PYTHON),
        "tensor beyond the file": one(shape=[9], data_offsets=[0, 36]),
        "tensor with a hole before it": safetensors_of(
            {"x": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, b"12345678"
        ),
        "tensors that overlap": safetensors_of(overlap, b"1234"),
        "bytes after the tensors": safetensors_of(
            {"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"12345678"
        ),
        "offsets in the wrong order": one(data_offsets=[4, 0]),
        "no tensors": safetensors_of({}),
        "architecture of another kind": safetensors_of(
            {"__metadata__": {"architecture": '{"architecture": "vae"}'}}
        ),
        "architecture nested deep": safetensors_of({"__metadata__": {"architecture": "[" * 50_000}}),
        "architecture without tensors": safetensors_of(
            {
                "__metadata__": {
                    "architecture": json.dumps(
                        {
                            "architecture": "stylegan2",
                            "resolution": 2048,
                            "z_dim": 65536,
                            "w_dim": 65536,
                            "mapping_layers": 64,
                            "channel_base": 65536,
                            "channel_max": 65536,
                        }
                    )
                }
            }
        ),
    }


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
            nvidia_value(tensors_of(small())) | {"augment_pipe": Inert((eval, (PYTHON,)))}, 4
        ),
    }
