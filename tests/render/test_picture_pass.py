"""The picture in the output: bit-exact at 1:1, in the right place at every view, smooth where magnified."""

import numpy as np
import pytest
from PIL import Image

from render.gl_compositor import GlCompositor
from render.scene import Scene, View
from tests.render.scenes import Picture, composed, flat, shadow_beside

pytestmark = pytest.mark.gl
BACKGROUND = (0.2, 0.4, 0.6)
BACKGROUND_8BIT = [51, 102, 153]


def test_one_to_one_is_bit_exact_with_row_0_on_top(compositor: GlCompositor, noise: Picture) -> None:
    compositor.set_picture(noise)
    output = composed(compositor, Scene((100, 80), View(1.0, 13.0, 21.0), background=BACKGROUND))
    np.testing.assert_array_equal(output[21 : 21 + 32, 13 : 13 + 48], noise)


def test_far_from_the_picture_the_background_is_plain(compositor: GlCompositor, noise: Picture) -> None:
    compositor.set_picture(noise)
    output = composed(compositor, Scene((200, 160), View(1.0, 60.0, 60.0), background=BACKGROUND))
    assert output[0, 0].tolist() == BACKGROUND_8BIT
    assert output[159, 199].tolist() == BACKGROUND_8BIT
    assert output[75, 58].sum() < sum(BACKGROUND_8BIT), "no shadow beside the picture"


def test_the_shadow_is_lighter_on_a_light_background(compositor: GlCompositor, noise: Picture) -> None:
    compositor.set_picture(noise)
    assert 0.3 < shadow_beside(compositor, 0.2) < 0.6
    assert 0.02 < shadow_beside(compositor, 0.85) < 0.2


def test_without_a_picture_only_the_background_is_drawn(compositor: GlCompositor) -> None:
    output = composed(compositor, Scene((20, 10), View(1.0, 0.0, 0.0), background=BACKGROUND))
    assert output.shape == (10, 20, 3)
    assert (output == BACKGROUND_8BIT).all()


@pytest.mark.parametrize("scale", [1, 3, 13])
def test_magnified_texels_keep_their_values_at_their_centres(
    compositor: GlCompositor, noise: Picture, scale: int
) -> None:
    """Catmull-Rom passes through its samples: with an odd scale, px lie on texel centres."""
    compositor.set_picture(noise)
    output = composed(compositor, Scene((48 * scale, 32 * scale), View(float(scale), 0.0, 0.0)))
    assert np.abs(output[scale // 2 :: scale, scale // 2 :: scale].astype(int) - noise).max() <= 1


@pytest.mark.parametrize(
    ("scale", "x", "y"), [(3.7, 10.25, -8.5), (0.9, 5.3, 7.0), (6.0, -40.0, 12.0), (1.5, 0, 0)]
)
def test_picture_edges_lie_where_the_view_says(
    compositor: GlCompositor, scale: float, x: float, y: float
) -> None:
    compositor.set_picture(flat(48, 32, 255))
    size = (200, 150)
    output = composed(compositor, Scene(size, View(scale, x, y), background=(0.0, 0.0, 0.0)))
    centres_x, centres_y = np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5
    inside_x = (centres_x > x) & (centres_x < x + 48 * scale)
    inside_y = (centres_y > y) & (centres_y < y + 32 * scale)
    expected = inside_y[:, None] & inside_x[None, :]
    np.testing.assert_array_equal(output[..., 0] == 255, expected)


@pytest.mark.parametrize(("scale", "x", "y"), [(12.0, -100.0, -60.0), (7.3, 11.4, -20.8)])
def test_magnification_is_pillows_bicubic(
    compositor: GlCompositor, noise: Picture, scale: float, x: float, y: float
) -> None:
    """An oracle from elsewhere: Pillow's BICUBIC is Catmull-Rom too; it treats the border otherwise."""
    compositor.set_picture(noise)
    output = composed(compositor, Scene((300, 200), View(scale, x, y)))
    x0, y0 = max(int(np.ceil(x + 2 * scale)), 0), max(int(np.ceil(y + 2 * scale)), 0)
    x1, y1 = min(int(x + 46 * scale), 300), min(int(y + 30 * scale), 200)
    box = ((x0 - x) / scale, (y0 - y) / scale, (x1 - x) / scale, (y1 - y) / scale)
    expected = Image.fromarray(noise).resize((x1 - x0, y1 - y0), Image.Resampling.BICUBIC, box=box)
    assert (x1 - x0) * (y1 - y0) > 10000
    assert np.abs(output[y0:y1, x0:x1].astype(int) - np.asarray(expected, int)).max() <= 2


def test_minification_averages_and_does_not_skip(compositor: GlCompositor) -> None:
    """A checkerboard of single px at a third of its size becomes grey; skipping leaves black and white."""
    board = np.zeros((90, 90, 3), np.uint8)
    board[(np.add.outer(np.arange(90), np.arange(90)) % 2) == 1] = 255
    compositor.set_picture(board)
    output = composed(compositor, Scene((30, 30), View(1 / 3, 0.0, 0.0)))
    assert np.abs(output[3:-3, 3:-3].astype(int) - 128).max() < 12


def test_a_smaller_preview_fills_the_images_rectangle(compositor: GlCompositor) -> None:
    compositor.set_picture(flat(16, 16, 255))
    scene = Scene((100, 100), View(1.0, 10.0, 10.0), background=(0.0, 0.0, 0.0), image_size=(64, 64))
    output = composed(compositor, scene)
    assert (output[10:74, 10:74] == 255).all()
    assert (output[74:, :] < 255).all()


def test_a_new_picture_of_another_size_replaces_the_last(compositor: GlCompositor, noise: Picture) -> None:
    compositor.set_picture(flat(200, 200))
    composed(compositor, Scene((60, 40), View(1.0, 0.0, 0.0)))
    compositor.set_picture(noise)
    output = composed(compositor, Scene((60, 40), View(1.0, 0.0, 0.0)))
    np.testing.assert_array_equal(output[:32, :48], noise)


def test_resize_keeps_the_texture_and_changes_the_output(compositor: GlCompositor, noise: Picture) -> None:
    compositor.set_picture(noise)
    name = compositor.target.name
    assert composed(compositor, Scene((60, 40), View(1.0, 0.0, 0.0))).shape == (40, 60, 3)
    compositor.resize(33, 77)
    assert compositor.read().shape == (77, 33, 3)
    output = composed(compositor, Scene((90, 70), View(1.0, 4.0, 2.0)))
    assert compositor.target.name == name
    np.testing.assert_array_equal(output[2:34, 4:52], noise)
