"""Fixtures of the tests of app/."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.tiny import save_tiny_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model as a file; not to be written to."""
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")
