"""The host compositor by itself and as the oracle of the GL one: same pictures, same refusals."""

from dataclasses import replace

import numpy as np
import pytest

from render.compositor import Compositor
from render.device_array import is_device_array
from render.errors import RenderError
from render.gl_compositor import GlCompositor
from render.host_compositor import HostCompositor
from render.scene import Brush, DragMarker, Scene, View
from tests.render.scenes import (
    RED,
    centroid,
    chroma,
    composed,
    flat,
    random_mask,
    random_picture,
    random_scene,
    shadow_beside,
)


@pytest.mark.gl
@pytest.mark.parametrize("seed", range(24))
def test_gl_and_host_draw_the_same(compositor: GlCompositor, seed: int) -> None:
    rng = np.random.default_rng(seed)
    width, height = int(rng.integers(20, 90)), int(rng.integers(20, 90))
    host = HostCompositor()
    picture, mask = random_picture(rng, width, height), random_mask(rng, width, height)
    for made in (compositor, host):
        made.set_picture(picture)
        made.set_mask(mask)
    scene = random_scene(rng, (width, height))
    ours, oracle = composed(compositor, scene), composed(host, scene)
    difference = np.abs(ours.astype(int) - oracle)
    assert difference.mean() < 0.3
    # Some px on contours: a software rasteriser interpolates the mask's distances with 8 bits.
    assert (difference.max(axis=-1) > 8).mean() < 0.02
    # Without a mask nothing is left to disagree about but rounding.
    plain = replace(scene, mask_opacity=0.0)
    difference = np.abs(composed(compositor, plain).astype(int) - composed(host, plain))
    assert (difference.max(axis=-1) > 6).mean() < 0.0005


@pytest.mark.gl
@pytest.mark.parametrize("scale", [0.7, 1.0, 3.3, 12.0])
def test_gl_and_host_put_markers_in_the_same_place(compositor: GlCompositor, scale: float) -> None:
    view = View(scale, 200.4 - 30 * scale, 150.7 - 30 * scale)
    scene = Scene((400, 300), view, (DragMarker((29.5, 29.5), (29.5, 29.5), RED),))
    host = HostCompositor()
    for made in (compositor, host):
        made.set_picture(flat(60, 60))
    centres = [centroid(chroma(composed(made, scene), 0)) for made in (compositor, host)]
    assert centres[0] == pytest.approx(centres[1], abs=0.02)
    assert centres[1] == pytest.approx((200.4, 150.7), abs=0.1)


def test_one_to_one_is_bit_exact() -> None:
    host = HostCompositor()
    picture = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    host.set_picture(picture)
    np.testing.assert_array_equal(composed(host, Scene((60, 50), View(1.0, 7.0, 9.0)))[9:39, 7:47], picture)
    cut = composed(host, Scene((20, 10), View(1.0, -5.0, -8.0)))
    np.testing.assert_array_equal(cut, picture[8:18, 5:25])


def test_the_shadow_is_lighter_on_a_light_background() -> None:
    host = HostCompositor()
    host.set_picture(flat(48, 32))
    assert 0.3 < shadow_beside(host, 0.2) < 0.6
    assert 0.02 < shadow_beside(host, 0.85) < 0.2


def test_the_picture_is_copied() -> None:
    """A worker may write the next picture into the same array."""
    host = HostCompositor()
    picture = flat(10, 10, 50)
    host.set_picture(picture)
    picture[:] = 200
    assert (composed(host, Scene((10, 10), View(1.0, 0.0, 0.0))) == 50).all()


def test_an_output_with_nothing_but_markers_off_screen() -> None:
    host = HostCompositor()
    host.set_picture(flat(10, 10))
    scene = Scene((50, 50), View(1.0, 500.0, 500.0), (DragMarker((0, 0), (5, 5), RED),), brush=Brush(3, 3, 2))
    assert len(np.unique(composed(host, scene).reshape(-1, 3), axis=0)) == 1


def test_part_of_a_mask_equals_all_of_it() -> None:
    before, after = (random_mask(np.random.default_rng(seed), 40, 30) for seed in (1, 1))
    after[5:15, 20:33] = 2
    scene = Scene((120, 90), View(3.0, 0.0, 0.0))
    host = HostCompositor()
    host.set_picture(flat(40, 30))
    host.set_mask(after)
    whole = composed(host, scene)
    host.set_mask(before)
    assert (composed(host, scene) != whole).any()
    host.set_mask(after, (20, 5, 33, 15))
    np.testing.assert_array_equal(composed(host, scene), whole)


class CudaArray:
    """What a device array looks like from outside."""

    __cuda_array_interface__ = {"shape": (8, 8, 3), "typestr": "|u1", "data": (0, False), "version": 3}  # noqa: RUF012


class DlpackArray:
    def __init__(self, device: int) -> None:
        self.device = device

    def __dlpack_device__(self) -> tuple[int, int]:
        return (self.device, 0)


class GradientTensor(DlpackArray):
    """torch's, on a GPU: it speaks DLPack, and refuses the other interface with an error of its own."""

    def __init__(self) -> None:
        super().__init__(2)

    @property
    def __cuda_array_interface__(self) -> dict[str, object]:
        raise RuntimeError("requires grad")


def test_device_arrays_are_told_from_host_arrays() -> None:
    assert is_device_array(CudaArray())
    assert is_device_array(DlpackArray(2))
    assert not is_device_array(DlpackArray(1))
    assert not is_device_array(np.zeros(3))
    assert not is_device_array([1, 2, 3])
    assert is_device_array(GradientTensor())


@pytest.fixture(params=["gl", "host"])
def either(request: pytest.FixtureRequest) -> Compositor:
    return request.getfixturevalue("compositor") if request.param == "gl" else HostCompositor()


@pytest.mark.gl
@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((4, 5, 3), np.float32), r"float32 array of shape \(4, 5, 3\): give a uint8 array"),
        (
            np.zeros((4, 5), np.uint8),
            r"uint8 array of shape \(4, 5\): give a uint8 array of shape \(H, W, 3\)",
        ),
        (np.zeros((4, 5, 4), np.uint8), r"shape \(4, 5, 4\)"),
        (np.zeros((0, 5, 3), np.uint8), r"shape \(0, 5, 3\)"),
        ("picture.png", "Picture is a str: give"),
        (CudaArray(), "--device cpu"),
        (DlpackArray(2), "--device cpu"),
    ],
)
def test_bad_pictures_are_refused_and_the_last_one_stays(
    either: Compositor, picture: object, message: str
) -> None:
    either.set_picture(flat(6, 6, 70))
    with pytest.raises(RenderError, match=message) as caught:
        either.set_picture(picture)
    assert "\n" not in str(caught.value)
    assert (composed(either, Scene((6, 6), View(1.0, 0.0, 0.0))) == 70).all()


@pytest.mark.gl
@pytest.mark.parametrize(
    ("mask", "rect", "message"),
    [
        (np.zeros((6, 6), bool), None, "bool array of shape"),
        (np.zeros((6, 6, 1), np.uint8), None, r"shape \(6, 6, 1\)"),
        (np.zeros((6, 6), np.uint8), (0, 0, 7, 3), r"rect \(0, 0, 7, 3\).*6x6"),
        (np.zeros((6, 6), np.uint8), (3, 3, 3, 5), r"rect \(3, 3, 3, 5\)"),
    ],
)
def test_bad_masks_are_refused(
    either: Compositor, mask: np.ndarray, rect: tuple[int, int, int, int] | None, message: str
) -> None:
    either.set_picture(flat(6, 6, 70))
    with pytest.raises(RenderError, match=message) as caught:
        either.set_mask(mask, rect)
    assert "\n" not in str(caught.value)


@pytest.mark.gl
def test_pictures_that_are_not_contiguous_are_taken(either: Compositor) -> None:
    wide = np.random.default_rng(0).integers(0, 256, (20, 40, 3), dtype=np.uint8)
    either.set_picture(wide[::-1, ::2])
    output = composed(either, Scene((20, 20), View(1.0, 0.0, 0.0)))
    np.testing.assert_array_equal(output, wide[::-1, ::2])


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_views_are_refused(scale: float) -> None:
    with pytest.raises(RenderError, match="scale"):
        View(scale, 0.0, 0.0)


def test_view_maps_both_ways() -> None:
    view = View(3.0, 10.0, -4.0)
    assert view.to_output((0.0, 2.0)) == (11.5, 3.5)
    assert view.to_image((11.5, 3.5)) == pytest.approx((0.0, 2.0))
    assert view.picture_rect((4, 5)) == (10.0, -4.0, 22.0, 11.0)


def test_unknown_states_and_modes_are_refused() -> None:
    with pytest.raises(RenderError, match=r"'asleep'.*idle, hovered"):
        DragMarker((0, 0), (1, 1), RED, "asleep")  # pyright: ignore[reportArgumentType]
    with pytest.raises(RenderError, match=r"'smudge'.*movable"):
        Brush(0, 0, 1, "smudge")  # pyright: ignore[reportArgumentType]
    with pytest.raises(RenderError, match="0x5"):
        Scene((0, 5), View(1.0, 0.0, 0.0))
