"""An off-screen GL context for tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from render.errors import RenderError
from render.offscreen import OffscreenContext


@contextmanager
def context_or_skip() -> Iterator[OffscreenContext]:
    """Without EGL the test skips, but never where CI=true."""
    try:
        context = OffscreenContext()
    except RenderError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI=true and no GL: {error}")
        pytest.skip(str(error))
    with context:
        yield context
