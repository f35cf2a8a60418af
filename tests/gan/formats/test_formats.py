"""Every format, at every pickle protocol, with every feature: the same tensors, and the pictures of
the reference."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gan import ModelFileError, load_generator
from gan.architecture import Architecture
from gan.formats.read_model import read_model
from gan.model_file import convert_model_file, read_model_file
from tests.gan.formats import model_files as files
from tests.gan.formats.audit import watched
from tests.gan.formats.model_files import Tensors, small, tensors_of
from tests.gan.formats.stand_ins import dump, module_tree
from tests.reference.network import ReferenceNetwork

PICTURE_TOLERANCE = 1e-4
Writer = Callable[[Path, Architecture, Tensors], Path]

WRITERS: dict[str, Writer] = {
    **{f"nvidia-{p}": lambda path, a, t, p=p: files.nvidia_file(path, t, p, a.conv_clamp) for p in range(6)},
    **{f"tensorflow-{p}": lambda path, _a, t, p=p: files.tensorflow_file(path, t, p) for p in range(6)},
    "rosinality-zip": lambda path, _a, t: files.rosinality_file(path, t),
    "rosinality-legacy": lambda path, _a, t: files.rosinality_file(path, t, legacy=True),
    "state-dict-zip": lambda path, _a, t: files.state_dict_file(path, t),
    "state-dict-legacy": lambda path, _a, t: files.state_dict_file(path, t, legacy=True),
    "state-dict-bare": lambda path, _a, t: files.state_dict_file(path, t, key=None),
}
FORMATS = {
    "nvidia": "nvidia-4",
    "tensorflow": "tensorflow-4",
    "rosinality": "rosinality-zip",
    "state-dict": "state-dict-zip",
}
FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "labels": {"c_dim": 3},
    "8-layer mapping": {"mapping_layers": 8},
    "1-layer mapping": {"mapping_layers": 1},
    "z and w of other sizes": {"z_dim": 20, "w_dim": 14},
    "clamp": {"clamp": 0.7},
    "another table of widths": {"resolution": 32, "widths": {4: 3, 8: 9, 16: 2, 32: 11}},
    "tall": {"base": (4, 2)},
    "labels, 8 layers, clamp, tall": {"c_dim": 5, "mapping_layers": 8, "clamp": 0.7, "base": (4, 2)},
}
# rosinality's have no labels; a clamp is written only in NVIDIA's pickles, the others' is None
CASES = [(name, f) for name in FORMATS for f in FEATURES if not (name == "rosinality" and "labels" in f)]


def without_clamp(format_name: str, architecture: Architecture) -> Architecture:
    return architecture if format_name == "nvidia" else replace(architecture, conv_clamp=None)


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_every_protocol_and_container(tmp_path: Path, writer: str) -> None:
    architecture = small(clamp=0.7, c_dim=0 if writer.startswith("rosinality") else 3)
    tensors = tensors_of(architecture)
    path = WRITERS[writer](tmp_path / "model.bin", architecture, tensors)
    got, found, _ = read_model_file(path)
    assert found == without_clamp(writer.split("-")[0], architecture)
    assert_same(got, tensors, exact=not writer.startswith("tensorflow"))


@pytest.mark.parametrize(("format_name", "feature"), CASES)
def test_pictures_of_every_format_and_feature(tmp_path: Path, format_name: str, feature: str) -> None:
    architecture = without_clamp(format_name, small(**FEATURES[feature]))
    tensors = tensors_of(architecture, seed=len(feature))
    path = WRITERS[FORMATS[format_name]](tmp_path / "model", architecture, tensors)
    generator = load_generator(path)
    assert generator.architecture == architecture
    assert_same_pictures(generator, architecture, tensors)


def test_pictures_of_safetensors(tmp_path: Path) -> None:
    architecture = small(c_dim=2, clamp=0.7, base=(4, 2))
    tensors = tensors_of(architecture)
    source = files.nvidia_file(tmp_path / "model.pkl", tensors, clamp=0.7)
    convert_model_file(source, tmp_path / "model.safetensors")
    assert_same_pictures(load_generator(tmp_path / "model.safetensors"), architecture, tensors)


def assert_same_pictures(generator: Any, architecture: Architecture, tensors: Tensors) -> None:
    """Over seeds, psi, cutoff, labels and noise modes, against the oracle in double precision."""
    network = ReferenceNetwork(tensors, architecture.resolution, architecture.conv_clamp, False)
    drawn = ReferenceNetwork(
        tensors | drawn_noise(architecture, 7), architecture.resolution, architecture.conv_clamp, False
    )
    for seed, psi, cutoff in ((0, 1.0, None), (1, 0.7, None), (2, 0.5, 3), (3, 0.0, None)):
        label = torch.eye(architecture.c_dim)[seed % architecture.c_dim][None] if architecture.c_dim else None
        z = torch.from_numpy(np.random.RandomState(seed).randn(1, architecture.z_dim))
        expected_ws = network.w_plus(z, None if label is None else label.double(), psi, cutoff)
        w_plus = generator.sample(seed, psi, cutoff, label)
        assert float((w_plus - expected_ws[0]).abs().max()) < PICTURE_TOLERANCE
        for mode, oracle in (("const", network), ("none", network), ("random", drawn)):
            image, _ = generator.synthesize(w_plus, noise=mode, noise_seed=7)
            expected = oracle.synthesis(expected_ws, noise=mode != "none")[0][0]
            assert image.shape == expected.shape
            assert float((image - expected).abs().max()) < PICTURE_TOLERANCE * max(
                1.0, float(expected.abs().max())
            )


def drawn_noise(architecture: Architecture, seed: int) -> Tensors:
    """The random mode's noise as if it were the constant one: one draw a layer, lowest layer first."""
    source = torch.Generator().manual_seed(seed)
    noise: Tensors = {}
    for r in architecture.block_resolutions:
        for layer in ("conv1",) if r == 4 else ("conv0", "conv1"):
            height, width = architecture.block_size(r)
            noise[f"synthesis.b{r}.{layer}.noise_const"] = torch.randn(1, 1, height, width, generator=source)[
                0, 0
            ]
    return noise


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_convert_then_load_is_bit_identical(tmp_path: Path, writer: str) -> None:
    architecture = small()
    source = WRITERS[writer](tmp_path / "model.pkl", architecture, tensors_of(architecture))
    out = tmp_path / "out.safetensors"
    _, header = convert_model_file(source, out, {"licence": "CC0"})
    original, found, _ = read_model_file(source)
    converted, again, provenance = read_model_file(out)
    assert found == again
    assert_same(converted, original, exact=True)
    assert provenance == header
    assert (provenance.name, provenance.licence) == ("model", "CC0")
    assert provenance.source_format
    assert len(provenance.source_sha256 or "") == 64
    assert torch.equal(*(load_generator(p).image(load_generator(p).sample(3)) for p in (source, out)))


def test_the_average_style_is_computed_where_it_is_missing(tmp_path: Path) -> None:
    architecture = small(mapping_layers=3)
    tensors = tensors_of(architecture)
    path = files.rosinality_file(tmp_path / "model.pt", tensors, with_average=False)
    got, _, _ = read_model_file(path)
    network = ReferenceNetwork(tensors, architecture.resolution, None, False)
    z = torch.from_numpy(np.random.RandomState(11).randn(40_000, architecture.z_dim))
    styles = torch.cat([network.mapping(part[None]) for part in z[:4_000]])
    error = (got["mapping.w_avg"] - styles.mean(dim=0)).abs() / (styles.std(dim=0) + 1e-9)
    assert float(error.max()) < 5 * (1 / 4_000 + 1 / 10_000) ** 0.5


@pytest.mark.parametrize(("source", "clamp"), [("None", None), ("256", 256.0)])
def test_the_clamps_default_is_read_from_the_source_text(
    tmp_path: Path, source: str, clamp: float | None
) -> None:
    """It differs between NVIDIA's two code bases; the text is searched, never run."""
    block = f"class SynthesisBlock(object):\n def __init__(self, conv_clamp = {source}): exit()"
    text = f"class SynthesisLayer:\n  conv_clamp = 1\n{block}"
    path = tmp_path / "model.pkl"
    path.write_bytes(dump({"G_ema": module_tree(tensors_of(small()), source=text)}, 4))
    assert read_model_file(path)[1].conv_clamp == clamp


def test_the_clamp_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    asked = {"": {"_init_kwargs": {"synthesis_kwargs": {"conv_clamp": 128, "num_fp16_res": 4}}}}
    path.write_bytes(dump({"G_ema": module_tree(tensors_of(small()), attributes=asked)}, 4))
    contents = read_model(path)
    assert contents.architecture is not None
    assert contents.architecture.conv_clamp == 128.0
    assert contents.training_hints["init_kwargs"] == {
        "synthesis_kwargs": {"conv_clamp": 128, "num_fp16_res": 4}
    }


def test_layers_that_are_clamped_differently_are_said(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    clamps = {"synthesis.b4.conv1": {"conv_clamp": 256}, "synthesis.b8.conv1": {"conv_clamp": None}}
    path.write_bytes(dump({"G_ema": module_tree(tensors_of(small()), attributes=clamps)}, 4))
    with pytest.raises(ModelFileError, match="clamped differently"):
        load_generator(path)


@pytest.mark.parametrize(
    "change", ["channels last", "half precision", "no noise", "a bare network", "G alone"]
)
def test_variants_of_nvidias_files(tmp_path: Path, change: str) -> None:
    tensors = tensors_of(small())
    stored = dict(tensors)
    if change == "channels last":
        kernels = [n for n, t in tensors.items() if t.dim() == 4]
        stored |= {n: tensors[n].to(memory_format=torch.channels_last) for n in kernels}
    elif change == "half precision":
        tensors = stored = {n: t.half() for n, t in tensors.items()}
    elif change == "no noise":
        stored = {n: t for n, t in tensors.items() if ".noise_" not in n}
        tensors = {n: torch.zeros_like(t) if ".noise_" in n else t for n, t in tensors.items()}
    tree = module_tree(stored)
    value: Any = {"G_ema": tree, "D": None}
    value = tree if change == "a bare network" else {"G": tree} if change == "G alone" else value
    path = tmp_path / "model.pkl"
    path.write_bytes(dump(value, 3))
    assert_same(read_model_file(path)[0], tensors, exact=True)


def test_the_discriminator_is_read_too(tmp_path: Path) -> None:
    tensors = tensors_of(small())
    for path in (
        files.nvidia_file(tmp_path / "a", tensors),
        files.tensorflow_file(tmp_path / "b", tensors),
        files.rosinality_file(tmp_path / "c", tensors),
    ):
        discriminator = read_model(path).discriminator
        assert discriminator
        assert all(float(stored.tensor().float().abs().max()) <= 1 for stored in discriminator.values())


def _aliased() -> Tensors:
    return {
        "synthesis.input.freqs": torch.ones(4, 2),
        "synthesis.L0_36_512.weight": torch.ones(2, 2, 3, 3),
        "mapping.fc0.weight": torch.ones(2, 2),
    }


def _resnet() -> Tensors:
    return tensors_of(small()) | {"synthesis.b8.skip.weight": torch.ones(6, 7, 1, 1)}


def _orig() -> Tensors:
    return {n: t for n, t in tensors_of(small()).items() if ".torgb." not in n or "b16" in n}


def _grey() -> Tensors:
    tensors = tensors_of(small())
    return tensors | {n: t[:1] for n, t in tensors.items() if n.endswith(("torgb.weight", "torgb.bias"))}


@pytest.mark.parametrize(
    ("tensors", "class_name", "why"),
    [
        (_aliased(), "Generator", "alias-free StyleGAN3"),
        (_resnet(), "Generator", "'resnet' architecture"),
        (_orig(), "Generator", "'orig' architecture"),
        (_grey(), "Generator", "pictures of 1 channels"),
        ({"synthesis.foo": torch.ones(2)}, "SuperGenerator", "class is 'SuperGenerator'"),
    ],
    ids=["stylegan3", "resnet", "orig", "grey", "unknown class"],
)
def test_what_cannot_be_dragged_is_said_exactly(
    tmp_path: Path, tensors: Tensors, class_name: str, why: str
) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(dump({"G_ema": module_tree(tensors, class_name)}, 4))
    contents = read_model(path)
    assert contents.architecture is None
    assert contents.obstacle is not None
    assert why in contents.obstacle
    with pytest.raises(ModelFileError, match=re.escape(why)):
        load_generator(path)


def test_the_first_stylegan_is_named(tmp_path: Path) -> None:
    gs = files.Network(variables=[("4x4/Const/StyleMod/weight", torch.ones(2, 2).numpy())], components={})
    path = tmp_path / "model.pkl"
    path.write_bytes(dump((gs, gs, gs), 4))
    assert "first StyleGAN" in (read_model(path).obstacle or "")


def test_a_whole_generator_with_a_hostile_source_is_read_and_nothing_of_it_runs(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    source = f"import os\nopen({str(canary)!r}, 'w').write('x')\nos.abort()"
    path = tmp_path / "model.pkl"
    tensors = tensors_of(small())
    path.write_bytes(dump({"G_ema": module_tree(tensors, source=source)}, 4))
    load_generator(path)
    with watched() as events:
        generator = load_generator(path)
    assert events == []
    assert not canary.exists()
    assert_same_pictures(generator, small(), tensors)
    assert any("3 lines), not run" in line for line in read_model(path).ignored)


def test_a_file_is_told_by_its_content_never_by_its_name(tmp_path: Path) -> None:
    tensors = tensors_of(small())
    for name, write in (
        ("a.safetensors", files.nvidia_file),
        ("b.pkl", files.rosinality_file),
        ("c.png", files.tensorflow_file),
    ):
        assert load_generator(write(tmp_path / name, tensors)).architecture.resolution == 16


def assert_same(got: dict[str, Tensor], expected: Tensors, exact: bool) -> None:
    assert set(got) == set(expected)
    for name, tensor in expected.items():
        assert got[name].dtype == tensor.dtype
        if exact:
            assert torch.equal(got[name], tensor), name
        else:
            torch.testing.assert_close(got[name], tensor, rtol=1e-6, atol=1e-6)
