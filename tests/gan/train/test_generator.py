"""The trainable generator: it computes what gan/ computes of its export, and growing keeps the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gan import Generator, load_generator
from gan.architecture import Architecture
from gan.formats.safetensors_file import ProvenanceHeader
from gan.layers import UPSAMPLING_TAPS, upsample_rgb
from gan.model_file import read_model_file, save_model_file
from gan.train import activation
from gan.train.generator import FactorSplit, TrainableGenerator
from gan.train.half_synthesis import half_picture
from gan.train.initial_weights import fresh_generator, grown_generator
from gan.train.run_folder import W_AVG_SAMPLES, exported_tensors
from gan.train.settings import TrainError
from tests.assets import SMALL_MODEL

SPLIT = FactorSplit((0, 2, 3), (1, 4, 5), rows=3)


def small(resolution: int = 16, z_dim: int = 6, width: int = 6) -> Architecture:
    channels = Architecture.channel_table(resolution, resolution * width, 2 * width)
    return Architecture(resolution, z_dim, 8, 0, 2, channels)


def stirred(generator: TrainableGenerator, seed: int = 3) -> TrainableGenerator:
    """With every weight moved, so that no zero hides a mistake."""
    source = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in generator.parameters():
            weight += 0.1 * torch.randn(weight.shape, generator=source)
    return generator


def export(generator: TrainableGenerator, path: Path) -> Generator:
    save_model_file(path, exported_tensors(generator), generator.architecture, ProvenanceHeader("test"))
    return load_generator(path)


def picture_of(generator: TrainableGenerator, z: Tensor) -> Tensor:
    with torch.no_grad():
        return generator.picture(generator.broadcast(generator.map(z)))


@pytest.mark.parametrize("split", [None, SPLIT])
@pytest.mark.parametrize("multiplier", [1.0, 0.01])
def test_export_is_the_trained_picture(tmp_path: Path, split: FactorSplit | None, multiplier: float) -> None:
    generator = stirred(fresh_generator(small(), 1, split, multiplier))
    loaded = export(generator, tmp_path / "g.safetensors")
    z = torch.randn(3, 6)
    pictures = picture_of(generator, z)
    for picture, w_plus in zip(pictures, loaded.map(z), strict=True):
        torch.testing.assert_close(picture, loaded.image(w_plus), atol=1e-4, rtol=0)
    assert pictures.std() > 0.1
    w = loaded.map(torch.randn(9000, 6, generator=torch.Generator().manual_seed(5)))[:, 0]
    standard_error = w.std(0) * (1 / 9000 + 1 / W_AVG_SAMPLES) ** 0.5
    assert ((loaded.mapping.w_avg - w.mean(0)).abs() < 5 * standard_error).all()


def test_halves_do_not_mix(tmp_path: Path) -> None:
    generator = stirred(fresh_generator(small(), 1, SPLIT))
    z = torch.randn(1, 6)
    loaded = export(generator, tmp_path / "g.safetensors")
    mapping, synthesis = loaded.mapping, loaded.synthesis
    w = generator.map(z, normalise=False)
    other = z.clone()
    other[:, list(SPLIT.appearance)] = torch.randn(1, 3)
    moved = generator.map(other, normalise=False)
    assert torch.equal(w[:, :4], moved[:, :4])
    assert not torch.allclose(w[:, 4:], moved[:, 4:])
    # rows below 3 are deaf to the appearance half, rows from 3 on to the geometry half
    affines = [conv.affine for block in synthesis.blocks for conv in block.convs]
    heard = [(bool(a.weight[:, :4].any()), bool(a.weight[:, 4:].any())) for a in affines]
    assert heard == [(True, False)] * 3 + [(False, True)] * 2
    assert not mapping.layers[0].weight[:4, list(SPLIT.appearance)].any()


@pytest.mark.parametrize("width", [6, 9])
def test_growing_keeps_the_picture(tmp_path: Path, width: int) -> None:
    split = FactorSplit((0, 1), (2, 3), 3)
    old = stirred(fresh_generator(small(8, z_dim=4), 1, split))
    stored, architecture, _ = read_model_file(export_path(old, tmp_path))
    wide = FactorSplit((0, 1, 5), (2, 3, 4), 3)
    new = grown_generator(stored, architecture, small(16, z_dim=6, width=width), 2, wide)
    z = torch.randn(2, 6)
    with torch.no_grad():
        before = old.picture(old.broadcast(old.map(z[:, :4], normalise=False)))
        after = new.picture(new.broadcast(new.map(z, normalise=False)))
    torch.testing.assert_close(
        after, upsample_rgb(before, torch.tensor(UPSAMPLING_TAPS)), atol=1e-5, rtol=1e-5
    )
    pictures = new.picture(new.broadcast(new.map(z, normalise=False)))
    pictures.square().mean().backward()
    gradient = new.weights["synthesis.b16.torgb.weight"].grad
    assert gradient is not None
    assert gradient.abs().max() > 0  # the new block can wake up
    factor = new.weights["mapping.fc0.weight"].grad
    assert factor is not None
    assert factor[:, 4:].abs().max() > 0


def export_path(generator: TrainableGenerator, folder: Path) -> Path:
    export(generator, folder / "old.safetensors")
    return folder / "old.safetensors"


def test_a_trained_generator_can_grow() -> None:
    stored, old, _ = read_model_file(SMALL_MODEL)
    channels = Architecture.channel_table(128, 2048, 128)
    new = Architecture(128, 64, old.w_dim, 0, old.mapping_layer_count, channels)
    appearance = (*range(29, 48), 55)
    split = FactorSplit(tuple(i for i in range(64) if i not in appearance), appearance, 6)
    grown = grown_generator(stored, old, new, 0, split)
    generator = load_generator(SMALL_MODEL)
    z = torch.zeros(1, 56)
    z[0, ::2] = 2**0.5  # of unit second moment: normalising does not change it
    with torch.no_grad():
        after = grown.picture(
            grown.broadcast(grown.map(torch.cat([z, torch.zeros(1, 8)], 1), normalise=False))
        )
    before = generator.image(generator.map(z)[0])[None]
    torch.testing.assert_close(after, upsample_rgb(before, torch.tensor(UPSAMPLING_TAPS)), atol=1e-4, rtol=0)


def test_what_cannot_grow_says_so() -> None:
    stored = fresh_generator(small(16), 1).exported()
    with pytest.raises(TrainError, match="resolution 16, and 8 was asked for"):
        grown_generator(stored, small(16), small(8), 1)
    with pytest.raises(TrainError, match="width at 4 12, and 6 was asked for"):
        grown_generator(stored, small(16), small(16, width=3), 1)
    with pytest.raises(TrainError, match="mixes geometry and appearance"):
        grown_generator(stored, small(16), small(16), 1, SPLIT)


def test_half_precision_is_the_same_function() -> None:
    generator = stirred(fresh_generator(small(), 1))
    w_plus = generator.broadcast(generator.map(torch.randn(2, 6))).detach()
    exact = generator.picture(w_plus)
    for dtype, tolerance in ((torch.bfloat16, 0.1), (torch.float16, 0.01)):
        rounded = generator.picture(w_plus, dtype=dtype)
        assert rounded.dtype == torch.float32
        assert (rounded - exact).abs().max() < tolerance * exact.abs().max()


@pytest.mark.parametrize("clamp", [None, 0.3])
@pytest.mark.parametrize("fused", [False, True])
def test_its_merged_operations_are_the_same_function(
    monkeypatch: pytest.MonkeyPatch, clamp: float | None, fused: bool
) -> None:
    """In 32 bits, where no rounding hides a mistake; slopes too. Fused: what is compiled, uncompiled."""
    monkeypatch.setattr(activation, "_compiled", lambda function: function)
    monkeypatch.setattr(activation, "FUSED_FROM_PX", 8)
    generator = stirred(fresh_generator(replace(small(32), conv_clamp=clamp), 1, SPLIT))
    if fused:
        generator.fuse()
    w = generator.map(torch.randn(3, 6)).detach().requires_grad_()
    given = (w, *(weight for name, weight in generator.weights.items() if name.startswith("synthesis.")))
    exact = generator.picture(generator.broadcast(w))
    direction = torch.randn_like(exact)
    expected = torch.autograd.grad((exact * direction).sum(), given)
    for w_plus in (w[:, None], generator.broadcast(w)):
        merged = half_picture(
            generator._half,  # pyright: ignore[reportPrivateUsage]
            generator.weights,
            generator.constants,
            w_plus,
            None,
            torch.float32,
        )
        torch.testing.assert_close(merged, exact, atol=1e-5, rtol=1e-5)
        for found, slope in zip(
            torch.autograd.grad((merged * direction).sum(), given), expected, strict=True
        ):
            torch.testing.assert_close(found, slope, atol=1e-4 * float(slope.abs().max()), rtol=1e-3)


def test_what_cannot_be_compiled_is_computed_plainly(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_given: object) -> None:
        raise RuntimeError("no compiler here\nand more")

    monkeypatch.setattr(activation, "_compiled", lambda _function: fails)
    assert activation.fused_activation(torch.device("cpu")) is activation.plain_activation
    assert [record.getMessage() for record in caplog.records] == [
        "layers are trained unfused, slower: no compiler here"
    ]


def test_half_precision_hears_every_row_and_noise() -> None:
    generator = stirred(fresh_generator(small(), 1))
    w_plus = torch.randn(2, generator.architecture.num_ws, 8)
    source = torch.Generator().manual_seed(5)
    drawn: dict[torch.Size, Tensor] = {}

    def noise_for(stored: Tensor, strength: Tensor) -> Tensor:
        size = torch.Size((2, 1, *stored.shape[-2:]))
        return drawn.setdefault(size, torch.randn(size, generator=source)) * strength

    exact = generator.picture(w_plus, noise_for)
    rounded = generator.picture(w_plus, noise_for, torch.float16)
    assert (rounded - exact).abs().max() < 0.01 * exact.abs().max()
    assert (generator.picture(w_plus) - exact).abs().max() > 0.02 * exact.abs().max()


def test_a_rescaled_mapping_is_the_same_function() -> None:
    generator = stirred(fresh_generator(small(), 1, SPLIT, 1.0))
    z = torch.randn(3, 6)
    slow = generator.rescaled(0.01)
    torch.testing.assert_close(picture_of(slow, z), picture_of(generator, z))
    assert slow.mapping_lr_multiplier == 0.01
