"""Every overlay on the embedded generator in the middle of a drag, against approved pictures.

Drawn by the host compositor, which is the same everywhere but for the network's rounding, and by OpenGL with
a wider tolerance. `tests.approved` says how the pictures are renewed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from app.handle_trails import HandleTrails
from app.map_feed import MapFeed
from app.map_request import FeatureChoice, MadeLayer, MapRequest
from app.mask_brush import MaskBrush
from app.overlays import OVERLAYS, DragFacts, OverlayChoice, OverlayName
from app.picture_scene import scene_of
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed
from app.state import AppState, HandleView
from app.viewport import Viewport
from app.worker_frame import HandleFrame, PassedStep, WorkerFrame
from gan.model_file import load_generator
from gan.session_view import drag_block, radii_px
from render.compositor import Compositor
from render.gl_compositor import GlCompositor
from render.host_compositor import HostCompositor
from render.offscreen import OffscreenContext
from render.overlays import LAYER_NAMES
from tests.app.fakes import FRAME
from tests.approved import Tolerance, check_approved

APPROVED = Path(__file__).parent / "approved"
SIDE = 256  # of the canvas
STEP_COUNT = 10
# nose and ear, each with its target, in shares of the picture
MARKERS = ((0.53, 0.49), (0.73, 0.45)), ((0.28, 0.22), (0.14, 0.08))
SOFTWARE_GL = Tolerance(mean=1.2, far_levels=40, far_share=0.01)


@dataclass(frozen=True)
class Drag:
    """The drag as the window knows it after some steps."""

    picture: np.ndarray
    size: int
    mask: np.ndarray
    layers: tuple[MadeLayer, ...]
    channel_layer: MadeLayer
    trails: dict[int, tuple[tuple[float, float], ...]]
    handles: tuple[HandleView, ...]
    facts: DragFacts


@cache
def drag() -> Drag:
    generator = load_generator()
    session = EditSession(generator, StartFromSeed(34, 0.7))
    size = generator.width
    markers = [((x * size, y * size), (to_x * size, to_y * size)) for (x, y), (to_x, to_y) in MARKERS]
    trails = HandleTrails()
    for handle_id, (handle, target) in enumerate(markers):
        session.apply(AddHandle(handle_id, handle, target))
    passed = [PassedStep(0, tuple((i, handle) for i, (handle, _) in enumerate(markers)), begins=True)]
    for iteration in range(1, STEP_COUNT + 1):
        result = session.step().to_host()
        places = tuple((i, (float(x), float(y))) for i, (x, y) in enumerate(result.handles))
        passed.append(PassedStep(iteration, places))
    frames = tuple(HandleFrame(i, place, markers[i][1], 1.0) for i, place in passed[-1].places)
    frame: WorkerFrame = replace(
        FRAME, handles=frames, iteration=STEP_COUNT, session_iteration=STEP_COUNT, passed=tuple(passed)
    )
    trails.note(frame)
    feed = MapFeed()
    feed.request = MapRequest(True, FeatureChoice(), 0)
    layers = feed.make(session.session, "resting", True)
    feed.request = MapRequest(features=FeatureChoice(block=16, channel=5))
    (channel_layer,) = feed.make(session.session, "resting", True)
    brush = MaskBrush(size, size)
    brush.stroke((0.31 * size, 0.75 * size), (0.62 * size, 0.81 * size), 0.11 * size, "fixed")
    brush.stroke((0.53 * size, 0.28 * size), (0.62 * size, 0.47 * size), 0.125 * size, "movable")
    channels = tuple(sorted(generator.architecture.channels.items()))
    return Drag(
        session.session.image(),
        size,
        brush.mask.copy(),
        layers,
        channel_layer,
        trails.trails(),
        tuple(HandleView(h.id, h.handle, h.target, 0.8) for h in frames),
        DragFacts(channels, drag_block(session.session), radii_px(session.session)),
    )


def only(*names: OverlayName) -> OverlayChoice:
    """These and no others."""
    choice = OverlayChoice()
    for info in OVERLAYS:
        if choice.layer(info.name).on != (info.name in names):
            choice = choice.toggled(info.name)
    return choice


CASES: dict[str, OverlayChoice] = {
    "mask": only("mask"),
    "handles": only("handles"),
    "arrows": only("arrows"),
    "paths": only("paths"),
    "radii": only("radii"),
    "features": only("features"),
    "channel": replace(only("features"), block=16, channel=5),
    "similarity": only("similarity", "handles"),
    "difference": only("difference"),
    "split": replace(only("split"), split_at=0.55),
    "start": replace(only(), comparing=True),
    "all": replace(OverlayChoice.all_on(), split_at=0.35),
}


def draw(compositor: Compositor, choice: OverlayChoice) -> np.ndarray:
    """The canvas with these overlays, as the window would compose it."""
    now = drag()
    state = AppState(picture_size=(now.size, now.size), model_name="critters")
    state.viewport = Viewport((SIDE, SIDE), SIDE / now.size, 0.0, 0.0, fitted=False)
    for view in now.handles:
        state.set_handle(view)
    state.selected, state.mask_painted = 0, True
    overlays = state.overlays
    overlays.choice, overlays.facts, overlays.trails = choice, now.facts, now.trails
    overlays.similarity_of, overlays.layers = 0, frozenset(LAYER_NAMES)
    compositor.set_picture(now.picture)
    compositor.set_mask(now.mask)
    for layer in now.layers:
        compositor.set_layer(layer.name, layer.image)
    if choice.channel is not None:
        compositor.set_layer("features", now.channel_layer.image)
    compositor.compose(replace(scene_of(state), marker_scale=0.75))
    return compositor.read()


@pytest.mark.parametrize("name", CASES)
def test_on_the_host(name: str, tmp_path: Path) -> None:
    drawn = draw(HostCompositor(), CASES[name])
    check_approved(drawn, APPROVED / f"overlay-{name}.png", Tolerance(), tmp_path / f"{name}.png")


@pytest.fixture
def gl_compositor(gl_context: OffscreenContext) -> Iterator[GlCompositor]:
    made = GlCompositor()
    yield made
    made.close()


@pytest.mark.gl
@pytest.mark.parametrize("name", CASES)
def test_by_opengl(
    gl_compositor: GlCompositor, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIVEDRAG_RENEW_APPROVED", raising=False)  # the host's are the approved ones
    drawn = draw(gl_compositor, CASES[name])
    check_approved(drawn, APPROVED / f"overlay-{name}.png", SOFTWARE_GL, tmp_path / f"{name}.png")


def test_no_two_overlays_look_alike() -> None:
    """Else one of them is not drawn at all."""
    pictures = {name: draw(HostCompositor(), choice) for name, choice in CASES.items()}
    pictures["none"] = draw(HostCompositor(), only())
    names = list(pictures)
    for i, one in enumerate(names):
        for other in names[:i]:
            assert (pictures[one] != pictures[other]).any(), (one, other)


def test_the_check_notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thing that is drawn elsewhere, and a whole picture that is a little darker."""
    monkeypatch.delenv("LIVEDRAG_RENEW_APPROVED", raising=False)
    approved = APPROVED / "overlay-handles.png"
    drawn = draw(HostCompositor(), CASES["handles"])
    for wrong in (draw(HostCompositor(), CASES["arrows"]), np.clip(drawn.astype(int) - 3, 0, 255)):
        with pytest.raises(AssertionError, match=r"is not|never"):
            check_approved(wrong.astype(np.uint8), approved, Tolerance(), tmp_path / "wrong.png")
