"""The frame: composed only where something in it differs."""

from __future__ import annotations

import numpy as np
import pytest

from app import events
from tests.app.fakes import make_app
from tests.app.hand import move


def test_an_unchanged_frame_is_not_composed_again() -> None:
    app, ui, worker = make_app()
    count = len(ui.compositor.scenes)
    assert count == 1
    app.frame()
    app.frame()
    assert len(ui.compositor.scenes) == count
    ui.events.append(events.PointerMoved(100, 100))
    app.frame()
    assert len(ui.compositor.scenes) == count  # the cursor is the system's; nothing drawn depends on it
    worker.answer(picture=np.ones((64, 64, 3), np.uint8))
    app.frame()
    assert len(ui.compositor.scenes) == count + 1


def test_the_brush_is_drawn_where_it_paints() -> None:
    app, ui, _ = make_app()
    app.apply(events.ChooseTool("movable"))
    app.apply(events.SetBrushRadius(3.0))
    move(app, 12.0, 40.0)
    app.frame()
    brush = ui.compositor.scenes[-1].brush
    assert brush is not None
    assert (brush.x, brush.y, brush.radius_px) == pytest.approx((12.0, 40.0, 3.0))
