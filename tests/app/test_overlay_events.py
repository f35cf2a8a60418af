"""Overlays from the key or panel to the scene, the worker and the compositor; and nothing of it when off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app import events
from app.actions import find_action
from app.app import App
from app.keys import Chord, KeyMap
from app.map_request import FeatureChoice, MadeLayer, MapRequest
from app.overlays import OVERLAYS, DragFacts, OverlayChoice, OverlayInfo, OverlayName
from app.picture_scene import scene_of
from app.state import HandleView, Status
from app.ui.legend import legend_of
from app.window_commands import SetMaps
from app.worker_frame import HandleFrame, PassedStep
from render.errors import RenderError
from render.overlays import Overlays, Split
from tests.app.fakes import SIZE, FakeWorker, NullUi, make_app

PICTURE = np.zeros((64, 64, 3), np.uint8)
MAP = np.zeros((3, 8, 8), np.float16)
CANVAS = (0, 0, 640, 640)


class LayeredCompositor:
    """Put in the place of `NullUi`'s: also keeps the layers."""

    def __init__(self, ui: NullUi) -> None:
        self.layers: dict[str, object] = {}
        self.refuses = False
        ui.compositor.set_layer = self.set_layer  # pyright: ignore[reportAttributeAccessIssue]

    def set_layer(self, name: str, image: object | None) -> None:
        if self.refuses:
            raise RenderError("the layer is no good")
        if image is None:
            self.layers.pop(name, None)
        else:
            self.layers[name] = image


def start() -> tuple[App, NullUi, FakeWorker, LayeredCompositor]:
    app, ui, worker = make_app()
    return app, ui, worker, LayeredCompositor(ui)


def with_handle(app: App, ui: NullUi, worker: FakeWorker) -> None:
    """Places a handle and its target; it is selected."""
    ui.events += [events.ChooseTool("place")]
    for at in ((100.0, 100.0), (300.0, 100.0)):
        ui.events += [events.PointerPressed(*at, "left"), events.PointerReleased(*at, "left")]
    app.frame()
    worker.answer()
    app.frame()


def requests(worker: FakeWorker) -> list[MapRequest]:
    return [command.request for command in worker.commands if isinstance(command, SetMaps)]


def test_by_default_nothing_is_asked_for_and_the_scene_is_as_ever() -> None:
    app, ui, worker, compositor = start()
    with_handle(app, ui, worker)
    for _ in range(3):
        app.frame()
    assert requests(worker) == []
    assert compositor.layers == {}
    scene = scene_of(app.state)
    assert (scene.overlays, scene.trails, scene.radii_px) == (Overlays(), (), None)


@pytest.mark.parametrize("name", [info.name for info in OVERLAYS])
def test_its_key_switches_an_overlay_on_and_off(name: OverlayName) -> None:
    app, ui, _, _ = start()
    info = next(info for info in OVERLAYS if info.name == name)
    binding = KeyMap().action_of(Chord(info.key))
    assert binding is not None
    before = app.state.overlays.choice
    for expected in (not before.layer(name).on, before.layer(name).on):
        ui.events.append(binding.event)
        app.frame()
        assert app.state.overlays.choice.layer(name).on == expected
    assert app.state.overlays.choice == before


@pytest.mark.parametrize("info", OVERLAYS, ids=lambda info: info.name)
def test_a_key_and_the_search_say_which_overlay_they_switch(info: OverlayInfo) -> None:
    app, ui, worker, _ = start()
    with_handle(app, ui, worker)
    app.state.mask_painted = True
    shown = app.state.overlays.choice.layer(info.name).on
    for event in (find_action(f"overlay_{info.name}").event, events.ToggleOverlay(info.name)):
        ui.events.append(event)
        app.frame()
        shown = not shown
        said = "shown" if shown else "hidden"
        assert app.state.status == Status(f"Overlay {said}: {info.label.lower()}")


def test_its_own_checkbox_says_nothing_but_why_nothing_is_seen() -> None:
    app, ui, _, _ = start()
    ui.events.append(events.ToggleOverlay("arrows", quietly=True))
    app.frame()
    assert app.state.status == Status()
    ui.events.append(events.ToggleOverlay("paths", quietly=True))
    app.frame()
    assert "There are no handles yet" in app.state.status.text


def test_opacities_reach_the_scene_and_stay_in_range() -> None:
    app, ui, worker, _ = start()
    with_handle(app, ui, worker)
    ui.events += [
        events.SetOverlayOpacity("handles", 0.25),
        events.SetOverlayOpacity("arrows", 7.0),
        events.SetMaskOpacity(0.3),
        events.ToggleOverlay("arrows"),
    ]
    app.frame()
    drawn = scene_of(app.state).overlays
    assert (drawn.handles, drawn.arrows) == (0.25, 0.0)
    assert app.state.overlays.choice.arrows.opacity == 1.0
    assert app.state.mask_opacity == app.state.overlays.choice.mask.opacity == 0.3


def test_an_overlay_that_is_switched_on_is_to_be_seen() -> None:
    app, ui, _, _ = start()
    ui.events += [events.SetOverlayOpacity("features", 0.0), events.ToggleOverlay("features")]
    app.frame()
    assert app.state.overlays.choice.features.strength > 0


def test_the_feature_map_is_asked_for_taken_and_given_back() -> None:
    app, ui, worker, compositor = start()
    ui.events.append(events.ToggleOverlay("features"))
    app.frame()
    assert requests(worker) == [MapRequest(features=FeatureChoice())]
    worker.answer(layers=(MadeLayer("features", MAP),), picture=None)
    composed = len(ui.compositor.scenes)
    app.frame()
    assert compositor.layers["features"] is MAP
    assert app.state.overlays.layers == {"features"}
    assert len(ui.compositor.scenes) == composed + 1, "a new map is composed"
    app.frame()
    assert len(ui.compositor.scenes) == composed + 1, "and only then"
    ui.events.append(events.ChooseFeatures(block=16, channel=3))
    app.frame()
    ui.events.append(events.ToggleOverlay("features"))
    app.frame()
    assert requests(worker)[1:] == [MapRequest(features=FeatureChoice(16, 3)), MapRequest()]
    assert compositor.layers == {}
    worker.answer(layers=(MadeLayer("features", MAP),))
    app.frame()
    assert compositor.layers == {}, "made before it was switched off"


def test_similarity_is_that_of_the_handle_under_the_mouse_else_the_selected_one() -> None:
    app, ui, worker, compositor = start()
    with_handle(app, ui, worker)
    for at in ((500.0, 500.0), (550.0, 300.0)):
        ui.events += [events.PointerPressed(*at, "left"), events.PointerReleased(*at, "left")]
    ui.events.append(events.ToggleOverlay("similarity"))
    app.frame()
    first, second = app.state.handles
    assert requests(worker)[-1] == MapRequest(similarity_of=second)
    worker.answer(layers=(MadeLayer("similarity", MAP[:1], second),), picture=None)
    app.frame()
    assert scene_of(app.state).overlays.similarity == pytest.approx(0.7)
    ui.events.append(events.PointerMoved(100.0, 100.0))
    app.frame()
    assert requests(worker)[-1] == MapRequest(similarity_of=first)
    assert scene_of(app.state).overlays.similarity == 0, "the other handle's map is not shown as this one's"
    worker.answer(layers=(MadeLayer("similarity", MAP[:1], first),), picture=None)
    app.frame()
    assert scene_of(app.state).overlays.similarity > 0
    ui.events.append(events.ClearHandles())
    app.frame()
    assert requests(worker)[-1] == MapRequest()
    assert compositor.layers == {}


def test_without_a_handle_the_similarity_says_what_to_do_where_its_colours_are_explained() -> None:
    app, ui, worker, _ = start()
    assert legend_of(app.state, CANVAS).bars == ()
    ui.events.append(events.ToggleOverlay("similarity"))
    app.frame()
    assert requests(worker) == []
    (bar,) = legend_of(app.state, CANVAS).bars
    assert bar.hint == "Grab a point first"
    app.state.status = Status("Saved")
    app.state.set_handle(HandleView(0, (10.0, 10.0), (20.0, 10.0)))
    app.frame()
    (bar,) = legend_of(app.state, CANVAS).bars
    assert bar.hint == "Point at a handle", "whatever else is said meanwhile"
    app.state.hovered = (0, "handle")
    app.frame()
    assert legend_of(app.state, CANVAS).bars == (replace(bar, hint=""),), "in the same place"
    ui.events.append(events.ToggleOverlay("similarity"))
    app.frame()
    assert legend_of(app.state, CANVAS).bars == ()


@pytest.mark.parametrize("ends_by", ["a handle", "switching it off"])
@pytest.mark.parametrize("name", ["radii", "paths"])
def test_the_hint_goes_when_it_is_no_longer_so(name: OverlayName, ends_by: str) -> None:
    app, ui, _, _ = start()
    ui.events.append(events.ToggleOverlay(name))
    app.frame()
    hint = app.state.status
    assert hint != Status()
    if ends_by == "a handle":
        app.state.set_handle(HandleView(0, (10.0, 10.0), (20.0, 10.0)))
        app.state.selected = 0
    else:
        ui.events.append(events.ToggleOverlay(name, quietly=True))
    app.frame()
    assert app.state.status == Status()


def test_a_hint_does_not_take_away_what_was_said_since() -> None:
    app, ui, worker, _ = start()
    ui.events.append(events.ToggleOverlay("paths"))
    app.frame()
    app.state.status = Status("Saved")
    with_handle(app, ui, worker)
    said = app.state.status
    app.frame()
    assert app.state.status == said != Status()


def test_comparing_shows_nothing_but_the_start_while_the_key_is_held() -> None:
    app, ui, worker, compositor = start()
    with_handle(app, ui, worker)
    binding = find_action("compare")
    assert KeyMap().released_by("C") == [binding.released]
    shown = scene_of(app.state)
    ui.events.append(binding.event)
    app.frame()
    assert requests(worker) == [MapRequest(start=True)]
    assert scene_of(app.state) == shown, "until the start's picture is there"
    worker.answer(layers=(MadeLayer("start", PICTURE),), picture=None)
    app.frame()
    scene = scene_of(app.state)
    assert scene.overlays == replace(Overlays.none(), start=1.0)
    assert (scene.mask_opacity, scene.brush) == (0.0, None)
    assert binding.released is not None
    ui.events.append(binding.released)
    app.frame()
    assert scene_of(app.state) == shown
    assert "start" in compositor.layers, "kept, so that the next look is at once"
    ui.events.append(events.SetSeed(5))
    app.frame()
    assert requests(worker)[-1] == MapRequest()
    assert compositor.layers == {}


def test_paths_and_radii_reach_the_scene() -> None:
    app, ui, worker, _ = start()
    with_handle(app, ui, worker)
    ui.events += [events.ToggleOverlay("paths"), events.ToggleOverlay("radii")]
    app.frame()
    (handle_id,) = app.state.handles
    passed = (
        PassedStep(0, ((handle_id, (10.0, 10.0)),), begins=True),
        PassedStep(1, ((handle_id, (11.0, 10.0)),)),
    )
    facts = tiny_facts()
    handles = (HandleFrame(handle_id, (11.0, 10.0), (30.0, 10.0), 19.0),)
    worker.answer(handles=handles, passed=passed, session_iteration=1, iteration=1, facts=facts)
    app.frame()
    scene = scene_of(app.state)
    assert [trail.points for trail in scene.trails] == [((10.0, 10.0), (11.0, 10.0))]
    assert scene.trails[0].colour == scene.markers[0].colour
    assert scene.radii_px == (1.0, 3.0)
    ui.events += [events.ToggleOverlay("paths"), events.ToggleOverlay("radii")]
    app.frame()
    assert (scene_of(app.state).trails, scene_of(app.state).radii_px) == ((), None)
    ui.events.append(events.ToggleOverlay("paths"))
    app.frame()
    assert scene_of(app.state).trails == scene.trails, "also of steps that were done while it was off"


def tiny_facts() -> DragFacts:
    return DragFacts(((4, 12), (32, 8)), 32, (1.0, 3.0))


def test_the_divider_is_pulled_and_no_handle_is_made() -> None:
    app, ui, worker, _ = start()
    ui.events.append(events.ToggleOverlay("split"))
    app.frame()
    worker.answer(layers=(MadeLayer("start", PICTURE),), picture=None)
    app.frame()
    assert scene_of(app.state).overlays.split == Split(0.5)
    edits = len(worker.edits)
    ui.events.append(events.PointerMoved(318.0, 200.0))
    app.frame()
    assert scene_of(app.state).overlays.split == Split(0.5, is_lit=True)
    ui.events += [events.PointerPressed(318.0, 200.0, "left"), events.PointerMoved(159.5, 500.0)]
    app.frame()
    assert scene_of(app.state).overlays.split == Split(0.25, is_lit=True)
    ui.events += [events.PointerMoved(5000.0, 500.0)]
    app.frame()
    split = scene_of(app.state).overlays.split
    assert split is not None
    assert 0.99 < split.at < 1, "it stays on the picture"
    ui.events += [events.PointerMoved(200.0, 500.0), events.PointerReleased(200.0, 500.0, "left")]
    ui.events += [events.PointerMoved(400.0, 400.0)]
    app.frame()
    assert scene_of(app.state).overlays.split == Split(200.5 / 640)
    assert len(worker.edits) == edits
    assert app.state.handles == {}


def test_where_there_is_no_line_nothing_is_in_the_way() -> None:
    app, ui, worker, _ = start()
    ui.events += [events.PointerPressed(319.5, 200.0, "left"), events.PointerMoved(200.0, 200.0)]
    app.frame()
    assert len(app.state.handles) == 1
    assert app.state.overlays.choice == OverlayChoice()
    assert worker.edits


def test_a_handle_on_the_line_can_be_grabbed() -> None:
    app, ui, worker, _ = start()
    ui.events += [events.PointerPressed(319.5, 200.0, "left"), events.PointerMoved(319.5, 260.0)]
    ui.events += [events.PointerReleased(319.5, 260.0, "left"), events.ToggleOverlay("split")]
    app.frame()
    worker.answer()
    app.frame()
    ui.events += [events.PointerMoved(319.5, 260.0), events.PointerPressed(319.5, 260.0, "left")]
    app.frame()
    assert app.state.held is not None


def test_a_layer_that_is_refused_is_said_and_the_window_goes_on() -> None:
    app, ui, worker, compositor = start()
    ui.events.append(events.ToggleOverlay("difference"))
    app.frame()
    compositor.refuses = True
    worker.answer(layers=(MadeLayer("start", PICTURE),), picture=None)
    app.frame()
    assert app.state.status.text == "the layer is no good"
    assert app.state.status.tone == "error"
    assert app.state.overlays.layers == frozenset()


def test_every_overlay_is_listed_once_with_words() -> None:
    assert SIZE == (64, 64)
    fields = [name for name, value in vars(OverlayChoice()).items() if hasattr(value, "opacity")]
    assert sorted(fields) == sorted(info.name for info in OVERLAYS)
    for info in OVERLAYS:
        assert len(info.help) > 20
