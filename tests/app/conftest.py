"""Fixtures of the tests of app/."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from render.errors import RenderError
from render.offscreen import OffscreenContext
from tests.app.tiny import save_tiny_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model as a file; not to be written to."""
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture
def gl_context() -> Iterator[OffscreenContext]:
    """An off-screen GL context; without EGL the test skips, but never where CI=true."""
    try:
        context = OffscreenContext()
    except RenderError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI=true and no GL: {error}")
        pytest.skip(str(error))
    with context:
        yield context
