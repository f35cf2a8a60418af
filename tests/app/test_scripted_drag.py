"""A grab by the program itself: it begins when a hand could, pulls for its time, and closes the window."""

from __future__ import annotations

from app import events
from app.drag_script import DragScript
from app.scripted_drag import GRABS_AFTER_S, ScriptedDrag
from app.state import AppState
from tests.app.fake_time import FakeTime


def test_it_grabs_after_a_moment_pulls_and_closes() -> None:
    time, state = FakeTime(), AppState(picture_size=(64, 64), model_name="random")
    drag = ScriptedDrag(DragScript.parse("30,36:40,36,3"), time.clock)
    assert drag.events_for(state) == []
    time.now += GRABS_AFTER_S / 2
    assert drag.events_for(state) == []
    assert not drag.is_pulling
    time.now += GRABS_AFTER_S
    assert [type(event) for event in drag.events_for(state)] == [events.PointerMoved, events.PointerPressed]
    assert drag.is_pulling
    time.now += 2.9
    assert [type(event) for event in drag.events_for(state)] == [events.PointerMoved]
    time.now += 0.2
    assert [type(event) for event in drag.events_for(state)] == [events.PointerMoved, events.PointerReleased]
    state.running = True
    assert drag.events_for(state) == []
    state.running = False
    assert [type(event) for event in drag.events_for(state)] == [events.CloseWindow]
    assert drag.events_for(state) == []
