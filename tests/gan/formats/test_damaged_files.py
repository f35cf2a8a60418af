"""Files of every format cut short and with bits turned: refused in one line, or read; never anything else."""

from __future__ import annotations

import contextlib
import functools
import pickle
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load as load_with_library

from gan.errors import ModelFileError
from gan.formats.limits import ReadBudget, ReadLimits
from gan.formats.plain_pickle import read_plain_pickle
from gan.formats.read_model import read_bytes
from gan.formats.safetensors_file import read_header
from gan.model_file import convert_model_file
from tests.gan.formats import model_files as files
from tests.gan.formats.audit import watched

FORMATS = (
    "nvidia-0",
    "nvidia-2",
    "nvidia-4",
    "tensorflow-4",
    "rosinality-zip",
    "rosinality-legacy",
    "safetensors",
)
CUTS = 50


@functools.cache
def good_file(name: str) -> bytes:
    """A small file of one format."""
    tensors = files.tensors_of(files.small(8))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        kind, _, variant = name.partition("-")
        if kind == "nvidia":
            files.nvidia_file(path, tensors, int(variant))
        elif kind == "tensorflow":
            files.tensorflow_file(path, tensors, int(variant))
        elif kind == "rosinality":
            files.rosinality_file(path, tensors, legacy=variant == "legacy")
        else:
            source = files.nvidia_file(path.with_suffix(".pkl"), tensors)
            path = path.with_suffix(".safetensors")
            convert_model_file(source, path)
        return path.read_bytes()


def read(data: bytes) -> str | None:
    """The message of the refusal, or None where the file was read. Anything else that is raised fails."""
    try:
        read_bytes(memoryview(bytearray(data))).load("model")
    except ModelFileError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", FORMATS)
def test_whole_files_are_read(name: str) -> None:
    assert read(good_file(name)) is None


@pytest.mark.parametrize("name", FORMATS)
def test_truncated_at_every_fiftieth(name: str) -> None:
    whole = good_file(name)
    for part in range(1, CUTS):
        with watched() as events:
            message = read(whole[: len(whole) * part // CUTS])
        assert message is not None, f"cut at {part}/{CUTS} was read"
        assert "\n" not in message
        assert events == []


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_turned_bits(name: str, data: st.DataObject) -> None:
    """Where the bits of a number turn, the file may well be read; nothing may happen in either case."""
    changed = bytearray(good_file(name))
    # most of a file is numbers: draw half of the places from the part that is not
    spot = st.one_of(st.integers(0, len(changed) - 1), st.integers(0, min(len(changed), 3_000) - 1))
    for place in data.draw(st.lists(spot, min_size=1, max_size=8)):
        changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with watched() as events:
        message = read(bytes(changed))
    assert events == []
    assert message is None or ("\n" not in message and message.isprintable() and len(message) < 600)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_as_a_pickle(data: bytes) -> None:
    with contextlib.suppress(ModelFileError):
        read_plain_pickle(memoryview(data), ReadBudget(ReadLimits(), len(data)))


_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**100), 2**100)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(value=_PLAIN, protocol=st.integers(0, 5))
def test_plain_values_are_read_as_python_reads_them(value: object, protocol: int) -> None:
    data = pickle.dumps(value, protocol=protocol)
    got = read_plain_pickle(memoryview(data), ReadBudget(ReadLimits(), len(data)))
    assert got == pickle.loads(data)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_header_that_is_read_is_one_that_the_library_reads(data: st.DataObject) -> None:
    """Never more lenient than safetensors itself."""
    changed = bytearray(good_file("safetensors"))
    length = int.from_bytes(changed[:8], "little")
    for place in data.draw(st.lists(st.integers(0, length + 7), min_size=1, max_size=3)):
        changed[place] = data.draw(st.integers(0, 255))
    try:
        tensors, _ = read_header(memoryview(changed), ReadBudget(ReadLimits(), len(changed)))
    except ModelFileError:
        return
    library = load_with_library(bytes(changed))
    assert {n: tuple(t.shape) for n, t in library.items()} == {n: t.shape for n, t in tensors.items()}
