"""Fixtures of the tests of app/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from render.offscreen import OffscreenContext
from tests.app.tiny import save_tiny_model
from tests.offscreen import context_or_skip


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model as a file; not to be written to."""
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture
def gl_context() -> Iterator[OffscreenContext]:
    """An off-screen GL context; without EGL the test skips."""
    with context_or_skip() as context:
        yield context
