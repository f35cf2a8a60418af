"""Pictures that are not square (StyleGAN-Human: a 4 x 2 constant): pictures, windows, masks, drags."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from gan import DragParams, DragSession, EditError, load_generator
from gan.feature_grid import FeatureGrid, crop_windows
from gan.feature_source import TrunkSource, WindowedSource
from gan.model_file import ProvenanceHeader, save_model_file
from gan.random_model import random_generator, random_tensors
from gan.session_view import handle_similarity
from tests.gan.cases import DragCase, relative_error, small_architecture
from tests.reference.network import ReferenceNetwork

BASES = [(4, 2), (2, 4), (4, 3)]
TALL = (4, 2)


@pytest.mark.parametrize("base", BASES)
def test_pictures_against_the_reference(base: tuple[int, int]) -> None:
    architecture = small_architecture(64, base=base)
    generator = random_generator(architecture, dtype=torch.float64)
    network = ReferenceNetwork(random_tensors(architecture), 64, None, False)
    w_plus = generator.sample(3)
    image = generator.image(w_plus)
    assert image.shape == (3, generator.height, generator.width) == (3, 16 * base[0], 16 * base[1])
    expected, features, _ = network.synthesis(w_plus[None])
    torch.testing.assert_close(image, expected[0], rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(generator.features(w_plus, 32), features[32][0], rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_reads_equal_the_enlarged_copy(data: st.DataObject) -> None:
    architecture = small_architecture(64, base=data.draw(st.sampled_from(BASES)))
    grid = FeatureGrid.of(architecture, data.draw(st.sampled_from([8, 32, 64])))
    source = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    feature_map = torch.randn(3, grid.y.cells, grid.x.cells, dtype=torch.float64, generator=source)
    x = data.draw(st.floats(0, grid.x.picture_px - 1))
    y = data.draw(st.floats(0, grid.y.picture_px - 1))
    windows = crop_windows(feature_map, grid, torch.tensor([[x, y]], dtype=torch.float64), 3.0)
    size = [grid.y.picture_px, grid.x.picture_px]
    enlarged = F.interpolate(feature_map[None], size=size, mode="bilinear", align_corners=False)
    place = torch.tensor([[[[x / (size[1] - 1), y / (size[0] - 1)]]]], dtype=torch.float64) * 2 - 1
    expected = F.grid_sample(enlarged, place, mode="bilinear", padding_mode="border", align_corners=True)
    at = torch.tensor([[x], [y]], dtype=torch.float64)
    got = windows.read(at[:1], at[1:])
    assert torch.allclose(got[0], expected[0], rtol=0, atol=1e-10)


@settings(deadline=None, max_examples=12)
@given(data=st.data())
def test_windows_equal_the_whole_trunk(data: st.DataObject) -> None:
    """Also windows that are wider than the map."""
    architecture = small_architecture(64, base=data.draw(st.sampled_from(BASES)))
    generator = random_generator(architecture, 2, dtype=torch.float64)
    block = data.draw(st.sampled_from([16, 32]))
    reach_px = data.draw(st.sampled_from([3.0, 12.0, 30.0]))
    place = st.tuples(st.floats(0, generator.width - 1), st.floats(0, generator.height - 1))
    centres = torch.tensor(data.draw(st.lists(place, min_size=1, max_size=3)), dtype=torch.float64)
    w_plus = generator.sample(1).requires_grad_()
    reads = []
    for source in (WindowedSource(generator, block), TrunkSource(generator, block)):
        windows = source.evaluate(w_plus, centres, reach_px, None).windows
        offsets = torch.tensor([1 - reach_px, -1.0, 0.0, 0.5, reach_px - 1], dtype=torch.float64)
        read = windows.read(centres[:, :1] + offsets, centres[:, 1:] + offsets)
        reads.append((read, torch.autograd.grad(read.square().sum(), w_plus)[0]))
    torch.testing.assert_close(reads[0][0], reads[1][0], rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(reads[0][1], reads[1][1], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("masked", [False, True], ids=["free", "masked"])
@pytest.mark.parametrize("params", [DragParams.paper(), DragParams.released()], ids=["paper", "released"])
def test_a_drag_against_the_reference(params: DragParams, masked: bool) -> None:
    mask = None
    if masked:
        mask = np.zeros((64, 32), dtype=bool)
        mask[10:50, 4:28] = True
    handles, targets = ((14.0, 40.0), (31.0, 63.0)), ((20.0, 52.0), (27.0, 58.0))
    case = DragCase(replace(params, mask_weight=0.5), handles, targets, mask, seed=2, base=TALL)
    session, reference = case.start()
    start = session.w_plus
    for _ in range(8):
        result = session.step()
        assert [tuple(p) for p in result.handles.tolist()] == reference.step()
        assert float(result.loss) == pytest.approx(reference.loss, rel=1e-6)
    assert relative_error(session.w_plus, reference.w_plus()[0].detach(), start) < 1e-9


def test_points_and_masks_have_the_pictures_size() -> None:
    generator = random_generator(small_architecture(64, base=TALL))
    session = DragSession(generator, generator.sample(0))
    session.add_handle((31.0, 63.0), (5.0, 5.0))
    with pytest.raises(EditError, match=r"outside the picture; allowed are 0 to 31 in x, 0 to 63 in y"):
        session.add_handle((32.0, 10.0), (5.0, 5.0))
    with pytest.raises(EditError, match=r"needs \(64, 32\)"):
        session.set_mask(np.ones((32, 64), dtype=bool))
    session.set_mask(np.ones((64, 32), dtype=bool))
    assert session.image().shape == (64, 32, 3)
    features = session.feature_map()
    assert features.shape[1:] == handle_similarity(session.snapshot(), 0, features).shape == (32, 16)


def test_a_tall_generator_is_saved_and_loaded(tmp_path: Path) -> None:
    architecture = small_architecture(32, base=TALL)
    path = tmp_path / "tall.safetensors"
    save_model_file(path, random_tensors(architecture), architecture, ProvenanceHeader("tall"))
    assert load_generator(path).architecture == architecture
