"""Fixtures of the tests of sessions."""

from __future__ import annotations

import pytest

from gan.drag_params import DragParams
from tests.app.session.overflowing import PARAMS, make_overflow


@pytest.fixture(params=PARAMS, ids=["default", "released"])
def overflowing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> DragParams:
    """Parameters of a drag whose 16-bit layers overflow, see `make_overflow`."""
    make_overflow(request.param, monkeypatch)
    return request.param
