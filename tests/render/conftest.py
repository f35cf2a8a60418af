"""One off-screen GL context for the session; without EGL the gl tests skip, but never where CI=true."""

from collections.abc import Iterator

import numpy as np
import pytest

from render.gl_compositor import GlCompositor
from render.offscreen import OffscreenContext
from tests.offscreen import context_or_skip
from tests.render.scenes import Picture


@pytest.fixture(scope="session")
def gl_context() -> Iterator[OffscreenContext]:
    with context_or_skip() as context:
        yield context


@pytest.fixture
def compositor(gl_context: OffscreenContext) -> Iterator[GlCompositor]:
    made = GlCompositor()
    yield made
    made.close()


@pytest.fixture
def noise() -> Picture:
    """32 high, 48 wide: every pixel different from its neighbours, so a shift or a flip cannot hide."""
    return np.random.default_rng(7).integers(0, 256, (32, 48, 3), dtype=np.uint8)
