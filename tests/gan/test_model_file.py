"""Model files: what is written is read again, and every bad file gives one clear line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from gan import ModelFileError, load_generator
from gan.model_file import ProvenanceHeader, read_model_file, save_model_file
from gan.random_model import random_generator, random_tensors
from tests.gan.cases import small_architecture

ARCHITECTURE = small_architecture(32, clamp=256.0)


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    provenance = ProvenanceHeader("small", licence="CC0", training_data="none", note="for tests")
    save_model_file(path, random_tensors(ARCHITECTURE), ARCHITECTURE, provenance)
    return path


def test_round_trip(model_file: Path) -> None:
    generator = load_generator(model_file, dtype=torch.float64)
    expected = random_generator(ARCHITECTURE, dtype=torch.float64)
    assert generator.architecture == ARCHITECTURE
    assert torch.equal(generator.image(generator.sample(5)), expected.image(expected.sample(5)))
    provenance = generator.provenance
    assert (provenance.name, provenance.licence, provenance.training_data) == ("small", "CC0", "none")
    assert provenance.path == str(model_file)
    assert len(provenance.sha256) == 64
    tensors, architecture, _ = read_model_file(model_file)
    assert architecture == ARCHITECTURE
    assert all(torch.equal(t, tensors[name]) for name, t in random_tensors(ARCHITECTURE).items())


def test_the_embedded_generator_loads() -> None:
    generator = load_generator()
    assert generator.provenance.path is None
    assert generator.image(generator.sample(0)).shape == (3, generator.height, generator.width)


def test_a_missing_file(tmp_path: Path) -> None:
    _refused(tmp_path / "nowhere.safetensors", "does not exist")
    _refused(tmp_path, "is a folder")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_who_may_read_it_is_the_umasks_to_say(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        path = tmp_path / "model.safetensors"
        save_model_file(path, random_tensors(ARCHITECTURE), ARCHITECTURE, ProvenanceHeader(name="small"))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == mode


def test_a_truncated_file(model_file: Path) -> None:
    model_file.write_bytes(model_file.read_bytes()[: model_file.stat().st_size // 2])
    _refused(model_file, "truncated or another format")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is a PNG picture"),
        (b"hello", "is not a generator file"),
        (b"<!DOCTYPE html><html><head>", "is a web page"),
        (b"\x1f\x8b" + bytes(30), "is a gzip archive; unpack it first"),
        (b"version https://git-lfs.github.com/spec/v1", "is a Git LFS pointer"),
    ],
)
def test_not_a_model(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    _refused(path, message)


def test_a_safetensors_file_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"x": torch.zeros(3)}, path)
    _refused(path, "no 'architecture' entry")


CONST, STRENGTH = "synthesis.b4.const", "synthesis.b8.conv0.noise_strength"


def _drop(tensors: dict[str, Tensor]) -> None:
    del tensors[CONST]


def _add(tensors: dict[str, Tensor]) -> None:
    tensors["surplus"] = torch.zeros(2)


def _misshape(tensors: dict[str, Tensor]) -> None:
    tensors[CONST] = tensors[CONST][:, :3].contiguous()


def _poison(tensors: dict[str, Tensor]) -> None:
    tensors[STRENGTH] = torch.tensor(float("nan"))


def _integers(tensors: dict[str, Tensor]) -> None:
    tensors[STRENGTH] = torch.tensor(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_drop, f"1 tensors that are not there, the first is '{CONST}'"),
        (_add, "1 tensors do not belong to the architecture, the first is 'surplus'"),
        (_misshape, f"'{CONST}' has shape"),
        (_poison, f"'{STRENGTH}' holds values that are not finite"),
        (_integers, "needed is floating point"),
    ],
)
def test_wrong_tensors(model_file: Path, change: Callable[[dict[str, Tensor]], None], message: str) -> None:
    with safe_open(model_file, framework="pt") as file:
        metadata = file.metadata()
    tensors = random_tensors(ARCHITECTURE)
    change(tensors)
    save_file(tensors, model_file, metadata)
    _refused(model_file, message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "vae"}, "holds a 'vae' generator"),
        ({"resolution": 48}, "resolution is 48"),
        ({"resolution": "many"}, "does not describe a generator"),
        ({"img_channels": 1}, "pictures of 1 channels"),
        ({"channels": {"4": 8}}, "channel widths"),
        ({"w_dim": -3}, "does not describe a generator"),
    ],
)
def test_wrong_headers(model_file: Path, change: dict[str, object], message: str) -> None:
    with safe_open(model_file, framework="pt") as file:
        metadata = dict(file.metadata())
    header = msgspec.json.decode(metadata["architecture"])
    metadata["architecture"] = msgspec.json.encode(header | change).decode()
    save_file(random_tensors(ARCHITECTURE), model_file, metadata)
    _refused(model_file, message)


def _refused(path: Path, message: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        load_generator(path)
    text = str(caught.value)
    assert message in text
    assert path.name in text
    assert "\n" not in text
