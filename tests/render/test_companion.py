"""A second output over the same picture and mask, and outputs brought to the host without waiting."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from render.compositor import Compositor
from render.gl_compositor import GlCompositor
from render.host_compositor import HostCompositor
from render.offscreen import OffscreenContext
from render.scene import DragMarker, Scene, View
from tests.render.scenes import Picture

FIRST = Scene((48, 32), View(1.0, 0.0, 0.0), mask_opacity=0.0)
LARGE = Scene((96, 64), View(2.0, 0.0, 0.0), mask_opacity=0.0)
MARKED = Scene((48, 32), View(1.0, 0.0, 0.0), (DragMarker((10, 10), (30, 20), (1.0, 0.0, 0.0)),))


@pytest.fixture(params=["host", pytest.param("gl", marks=pytest.mark.gl)])
def either(request: pytest.FixtureRequest) -> Iterator[Compositor]:
    if request.param == "gl":
        request.getfixturevalue("gl_context")
    made: Compositor = HostCompositor() if request.param == "host" else GlCompositor()
    yield made
    made.close()


def test_a_companion_draws_the_same_picture_elsewhere(either: Compositor, noise: Picture) -> None:
    either.set_picture(noise)
    other = either.companion()
    either.compose(FIRST)
    other.compose(LARGE)
    np.testing.assert_array_equal(either.read(), noise)
    large = other.read()
    assert large.shape == (64, 96, 3)
    brighter = 255 - noise
    either.set_picture(brighter)  # set in one place, seen in both
    other.compose(FIRST)
    np.testing.assert_array_equal(other.read(), brighter)
    either.compose(FIRST)
    np.testing.assert_array_equal(either.read(), brighter)
    other.close()
    either.compose(MARKED)  # closing it took nothing of ours away
    assert (either.read() != brighter).any()


def test_a_companion_sees_what_is_painted(either: Compositor) -> None:
    grey = np.full((32, 48, 3), 128, np.uint8)
    either.set_picture(grey)
    other = either.companion()
    shown = Scene((48, 32), View(1.0, 0.0, 0.0), mask_opacity=1.0)
    other.compose(shown)
    np.testing.assert_array_equal(other.read(), grey)
    mask = np.zeros((32, 48), np.uint8)
    mask[8:24, 8:24] = 1
    either.set_mask(mask)
    either.compose(shown)
    other.compose(shown)
    assert (other.read()[16, 16] != 128).any()
    np.testing.assert_array_equal(other.read(), either.read())
    mask[8:24, 30:40] = 2
    either.set_mask(mask, (30, 8, 40, 24))
    either.compose(shown)
    other.compose(shown)
    np.testing.assert_array_equal(other.read(), either.read())
    assert (other.read()[16, 35] != 128).any()
    other.close()


def test_outputs_arrive_in_order_and_as_they_were(either: Compositor, noise: Picture) -> None:
    pictures = [np.roll(noise, shift, axis=1) for shift in range(7)]
    started: list[Picture] = []
    arrived: list[np.ndarray] = []
    for picture in pictures:
        either.set_picture(picture)
        either.compose(FIRST)
        if either.begin_read():
            started.append(picture)
        pixels = either.take_read()
        if pixels is not None:
            arrived.append(pixels)
    for _ in range(1000):
        pixels = either.take_read()
        if pixels is not None:
            arrived.append(pixels)
    assert len(arrived) == len(started) >= 3
    for pixels, picture in zip(arrived, started, strict=True):
        np.testing.assert_array_equal(pixels[..., :3], picture)


def test_too_many_outputs_at_once_are_refused(either: Compositor, noise: Picture) -> None:
    either.set_picture(noise)
    either.compose(FIRST)
    taken = [either.begin_read() for _ in range(5)]
    assert taken == [True, True, True, False, False]
    assert either.take_read() is not None or isinstance(either, GlCompositor)


@pytest.mark.gl
def test_reading_leaves_no_pack_buffer_bound(gl_context: OffscreenContext, noise: Picture) -> None:
    from render import gl_api as gl

    compositor = GlCompositor()
    compositor.set_picture(noise)
    compositor.compose(FIRST)
    compositor.begin_read()
    assert int(gl.glGetIntegerv(gl.GL_PIXEL_PACK_BUFFER_BINDING)) == 0
    compositor.take_read()
    assert int(gl.glGetIntegerv(gl.GL_PIXEL_PACK_BUFFER_BINDING)) == 0
    np.testing.assert_array_equal(compositor.read(), noise)
    compositor.close()
