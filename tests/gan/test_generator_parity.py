"""The generator against the reference network: same pictures, same features, same previews, same seeds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gan import EditError, load_generator
from gan.generator import to_uint8
from gan.random_model import random_architecture, random_generator, random_tensors
from tests.gan.cases import small_architecture, small_generator
from tests.reference.network import ReferenceNetwork

TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-4}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    ("resolution", "channel_base", "channel_max", "clamp"),
    [(32, 512, 32, None), (64, 512, 16, 0.5), (128, 1024, 24, None)],
)
def test_pictures_features_and_previews(
    resolution: int, channel_base: int, channel_max: int, clamp: float | None, dtype: torch.dtype
) -> None:
    architecture = random_architecture(resolution, channel_base, channel_max, 16, 24, conv_clamp=clamp)
    generator = random_generator(architecture, seed=resolution, dtype=dtype)
    network = ReferenceNetwork(random_tensors(architecture, resolution), resolution, clamp, False, dtype)
    w_plus = generator.map(torch.randn(1, 16, generator=torch.Generator().manual_seed(1)))[0]
    image, features = generator.synthesize(w_plus)
    expected, expected_features, sums = network.synthesis(w_plus[None])
    _assert_near(image, expected[0], dtype)
    _assert_near(generator.image(w_plus), expected[0], dtype)
    assert sorted(features) == sorted(expected_features) == architecture.block_resolutions
    for block in architecture.block_resolutions:
        _assert_near(features[block], expected_features[block][0], dtype)
        _assert_near(generator.features(w_plus, block), expected_features[block][0], dtype)
        _assert_near(generator.rgb_after(w_plus, block), sums[block][0], dtype)
    plain, _ = generator.synthesize(w_plus, noise="none")
    _assert_near(plain, network.synthesis(w_plus[None], noise=False)[0][0], dtype)


@pytest.mark.parametrize(("psi", "cutoff"), [(1.0, None), (0.7, None), (0.5, 3), (0.0, None)])
@pytest.mark.parametrize("c_dim", [0, 5])
def test_mapping_labels_and_truncation(c_dim: int, psi: float, cutoff: int | None) -> None:
    architecture = small_architecture(32, c_dim)
    generator = random_generator(architecture, dtype=torch.float64)
    network = ReferenceNetwork(random_tensors(architecture), 32)
    z = torch.randn(1, architecture.z_dim, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    label = torch.eye(c_dim, dtype=torch.float64)[2:3] if c_dim else None
    got = generator.map(z, label, psi, cutoff)
    _assert_near(got, network.w_plus(z, label, psi, cutoff), torch.float64)


def test_a_seed_means_numpys_random_state() -> None:
    generator = small_generator(resolution=32)
    network = ReferenceNetwork(random_tensors(small_architecture(32)), 32)
    z = torch.from_numpy(np.random.RandomState(1234).randn(1, 24))  # what other programs do
    _assert_near(generator.sample(1234, 0.7), network.w_plus(z, psi=0.7)[0], torch.float64)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(EditError, match=f"seed {seed} is out of range; allowed are 0 to 4294967295"):
        small_generator(resolution=32).sample(seed)


def test_a_label_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(EditError, match="label"):
        small_generator(resolution=32).sample(0, label=torch.zeros(1, 3))


def test_random_noise_is_seeded() -> None:
    generator = small_generator(resolution=32)
    w_plus = generator.sample(0)
    one, _ = generator.synthesize(w_plus, noise="random", noise_seed=1)
    again, _ = generator.synthesize(w_plus, noise="random", noise_seed=1)
    other, _ = generator.synthesize(w_plus, noise="random", noise_seed=2)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_pictures_become_bytes_as_published() -> None:
    image = torch.tensor([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0]).expand(3, 1, 6)
    assert to_uint8(image)[0, :, 0].tolist() == [0, 0, 128, 191, 255, 255]


def test_the_embedded_generator_against_the_reference() -> None:
    from gan.model_file import EMBEDDED_MODEL, read_model_file

    tensors, architecture, _ = read_model_file(EMBEDDED_MODEL)
    generator = load_generator(dtype=torch.float64)
    network = ReferenceNetwork(tensors, architecture.resolution, architecture.conv_clamp, False)
    w_plus = generator.sample(3)
    _assert_near(generator.image(w_plus), network.synthesis(w_plus[None])[0][0], torch.float64)


def _assert_near(got: torch.Tensor, expected: torch.Tensor, dtype: torch.dtype) -> None:
    scale = float(expected.detach().abs().max())
    assert got.shape == expected.shape
    assert float((got - expected.detach()).abs().max()) <= TOLERANCE[dtype] * scale
