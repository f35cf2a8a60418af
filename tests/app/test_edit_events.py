"""Seeds, sliders, mask, files, view and keys: events -> state and edits."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from app import events
from app.drag_param_labels import label_of, undo_label_of
from app.drag_presets import DRAG_PRESETS, DragPreset
from app.session.document import save_document
from app.session.edits import (
    SetMask,
    SetParams,
    StartFromSeed,
)
from app.window_commands import Begin, Redo, StepOnce
from gan.drag_params import DragParams
from tests.app.documents import a_document
from tests.app.fakes import make_app
from tests.app.hand import begun, move, press, pull, release


def test_a_new_seed_takes_the_handles_along() -> None:
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 30))
    app.apply(events.SetSeed(12))
    assert worker.edits[-1] == StartFromSeed(12, 0.7)
    assert app.state.handles == {}
    app.apply(events.ChangeSeed(-1))
    assert worker.edits[-1] == StartFromSeed(11, 0.7)


def test_a_seed_out_of_range_is_refused_with_the_range() -> None:
    app, _, worker = make_app()
    app.apply(events.SetSeed(2**32))
    assert worker.edits == []
    assert "4294967295" in app.state.status.text


@pytest.mark.parametrize("text", ["99999999999", "-5", "4.5", "", "lion"])
def test_a_seed_typed_wrong_is_refused_and_named(text: str) -> None:
    app, _, worker = make_app()
    app.apply(events.TypeSeed(text))
    assert worker.edits == []
    assert app.state.status.tone == "error"
    assert text in app.state.status.text
    assert "4294967295" in app.state.status.text


def test_a_typed_seed_starts_its_picture_once() -> None:
    app, _, worker = make_app()
    app.apply(events.TypeSeed("4294967295"))
    app.apply(events.TypeSeed("4294967295"))
    assert worker.edits == [StartFromSeed(4294967295, 0.7)]


def test_moves_of_one_slider_are_one_unit() -> None:
    app, _, worker = make_app()
    for psi in (0.6, 0.5, 0.4):
        app.apply(events.SetPsi(psi))
    app.apply(events.SetParams(DragParams(learning_rate=0.001)))
    app.apply(events.SetParams(DragParams(learning_rate=0.003)))
    assert begun(worker) == ["truncation psi", "step size"]
    assert isinstance(worker.edits[-1], SetParams)


@pytest.mark.parametrize("preset", DRAG_PRESETS, ids=lambda preset: preset.label)
def test_a_preset_says_what_the_parameters_are_now_and_whether_they_were_so(preset: DragPreset) -> None:
    app, _, worker = make_app()
    app.state.params = DragParams(learning_rate=0.001, mask_weight=7.0)
    app.apply(events.ChoosePreset(preset))
    assert app.state.params == preset.make()
    assert app.state.status.text.lower() == preset.called
    assert begun(worker) == [preset.called]
    app.apply(events.ChoosePreset(preset))
    assert app.state.status.text.lower() == f"{preset.called} already: nothing has changed"
    assert begun(worker) == [preset.called]


def test_one_preset_after_the_other_is_undone_one_by_one() -> None:
    app, _, worker = make_app()
    for preset in reversed(DRAG_PRESETS):
        app.apply(events.ChoosePreset(preset))
    assert begun(worker) == [preset.called for preset in reversed(DRAG_PRESETS)]


def test_a_parameter_that_changes_in_mid_drag_begins_a_unit_that_is_called_a_drag() -> None:
    """The steps that follow are in it."""
    app, _, worker = make_app()
    pull(app, (20, 30), (40, 30))
    app.apply(events.SetParams(DragParams(learning_rate=0.001)))
    app.apply(events.SetParams(DragParams(learning_rate=0.003)))
    app.apply(events.ChoosePreset(DRAG_PRESETS[1]))
    labels = ["drag", "drag with changed step size", "drag with parameters of the paper"]
    assert begun(worker) == labels
    app.apply(events.ToggleRun())  # stops
    app.apply(events.SetParams(DragParams(learning_rate=0.003)))
    assert begun(worker)[3:] == ["parameters"]


@pytest.mark.parametrize("name", [field.name for field in fields(DragParams)])
def test_undo_calls_a_parameter_by_a_name_that_stands_alone(name: str) -> None:
    assert undo_label_of(name).strip(".") == undo_label_of(name)
    assert undo_label_of(name).endswith(label_of(name).removeprefix("... "))


def test_psi_needs_a_seed() -> None:
    app, _, worker = make_app()
    app.state.seed = None
    app.apply(events.SetPsi(0.5))
    assert worker.edits == []
    assert "did not come from a seed" in app.state.status.text


def test_one_stroke_is_one_edit() -> None:
    app, _, worker = make_app()
    app.apply(events.ChooseTool("movable"))
    press(app, 10, 10)
    for x in range(12, 40, 4):
        move(app, x, 10)
    release(app, 40, 10)
    assert [type(edit) for edit in worker.edits] == [SetMask]
    app.apply(events.InvertMask())
    app.apply(events.ClearMask())
    assert begun(worker) == ["paint mask", "invert mask", "clear mask"]
    assert worker.edits[-1] == SetMask(None)


def test_a_bad_mask_file_changes_nothing(tmp_path: Path) -> None:
    app, _, worker = make_app()
    app.apply(events.LoadMask(tmp_path / "none.png"))
    assert worker.edits == []
    assert app.state.status.tone == "error"


def test_the_brush_has_a_smallest_size() -> None:
    app, _, _ = make_app()
    for _ in range(60):
        app.apply(events.WheelTurned(10, 10, -1.0, ctrl=True))
    assert app.state.brush_radius_px == 0.5


def test_wheel_zooms_and_fit_goes_back() -> None:
    app, _, _ = make_app()
    app.apply(events.WheelTurned(100, 100, 2.0))
    assert app.state.viewport.scale > 10
    app.apply(events.FitView())
    assert app.state.viewport.fitted


def test_middle_drag_pans_whatever_the_tool() -> None:
    app, _, worker = make_app()
    app.apply(events.PointerPressed(100, 100, "middle"))
    app.apply(events.PointerMoved(130, 90))
    app.apply(events.PointerReleased(130, 90, "middle"))
    assert (app.state.viewport.offset_x, app.state.viewport.offset_y) == (30.0, -10.0)
    assert worker.commands == []


def test_one_step_is_undone_alone_and_in_a_drag_it_is_one_of_its_steps() -> None:
    app, _, worker = make_app()
    app.apply(events.ChooseTool("place"))
    pull(app, (20, 30), (20, 30))  # a click puts the handle
    pull(app, (40, 30), (40, 30))  # and one the target
    app.apply(events.StepOnce())
    assert worker.commands[-2:] == [Begin("step"), StepOnce()]
    worker.answer(running=True)
    app.frame()
    app.apply(events.StepOnce())
    assert worker.commands[-2:] == [StepOnce(), StepOnce()]
    app.apply(events.ChooseTool("grab"))
    press(app, 10, 10)
    count = len(begun(worker))
    app.state.running = False
    app.apply(events.StepOnce())
    assert len(begun(worker)) == count, "Esc gives back the whole drag"


def test_redo_is_sent() -> None:
    app, _, worker = make_app()
    app.apply(events.Redo())
    assert worker.commands[-1] == Redo()


def test_nothing_is_edited_while_a_session_is_being_opened(tmp_path: Path) -> None:
    app, _, worker = make_app()
    save_document(tmp_path / "other.json", a_document())
    app.apply(events.OpenSession(tmp_path / "other.json"))
    sent = len(worker.commands)
    for event in (events.SetPsi(0.5), events.Undo(), events.SetSeed(3), events.ToggleRun()):
        app.apply(event)
    pull(app, (20, 30), (40, 30))
    assert len(worker.commands) == sent
    assert "other.json" in app.state.status.text
    app.apply(events.FitView())
    assert app.state.viewport.fitted
    worker.answer(seed=12)
    app.frame()
    app.apply(events.SetPsi(0.5))
    assert worker.edits == [StartFromSeed(12, 0.5)]
