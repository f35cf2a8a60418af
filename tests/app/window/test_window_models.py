"""The real window: another, slow model is opened in it, and at rest its full picture is what is seen."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app.session.document import load_document
from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed
from app.session.replay import replay
from app.ui.layout import SIDE_WIDTH_PX, TOOLBAR_HEIGHT_PX
from gan.generator import Generator
from gan.model_file import ProvenanceHeader, load_generator, save_model_file
from gan.preview import Preview, _save
from gan.random_model import random_architecture, random_tensors
from tests.app.canvas_shots import compose, crop
from tests.app.open_window import START, OpenWindow, open_window, pull
from tests.app.polling import wait_until

SIZE = 128
# of the screen at 100 %, with the section Models open and Picture closed above it
FIRST_ENTRY_PX = (SIDE_WIDTH_PX // 2, 166)  # from the side panel's left and upper edge
SETTINGS = "scale = 1.0\n[panels]\nPicture = false\nModels = true\n[layout]\nfirst_drag_done = true\n"


def save_slow_model(path: Path) -> Path:
    """A picture of it takes more than a frame on a processor."""
    architecture = random_architecture(
        SIZE, channel_base=16384, channel_max=192, z_dim=64, w_dim=64, mapping_layer_count=2
    )
    save_model_file(path, random_tensors(architecture, 5), architecture, ProvenanceHeader(name="slow"))
    return path


def pretend_preview(generator: Generator, cache: Path) -> None:
    """A preview that says it is faithful and is all red: wherever it is shown, it is seen."""
    channels = generator.architecture.channels[32]
    preview = Preview(32, torch.zeros(3, channels + 27), torch.tensor([0.9, -0.9, -0.9]), 40.0, 0.01)
    _save(cache / "LiveDrag" / f"preview-{generator.provenance.sha256[:32]}.safetensors", [preview])


def is_red(window: OpenWindow) -> bool:
    """Whether the preview is shown: nearly all of the picture is of its colour."""
    return red_share(window.canvas(window.hand.screenshot()), window) > 0.8


def red_share(canvas: NDArray[np.uint8], window: OpenWindow) -> float:
    left, top = (round(value) for value in window.viewport.to_canvas(0, 0))
    right, bottom = (round(value) for value in window.viewport.to_canvas(SIZE - 1, SIZE - 1))
    picture = canvas[top:bottom, left:right].astype(int)
    return float(((picture[..., 0] > 220) & (picture[..., 1:].max(axis=2) < 40)).mean())


@pytest.mark.window
def test_another_model_is_opened_and_dragged_and_at_rest_there_is_no_preview_and_no_warp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = save_slow_model(tmp_path / "slow.safetensors")
    generator = load_generator(model)
    pretend_preview(generator, tmp_path / "cache")
    folder = tmp_path / "livedrag"
    folder.mkdir()
    (folder / "models.json").write_text(json.dumps({"recent": [str(model)], "folder": None}))
    (folder / "settings.toml").write_text(SETTINGS)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))  # where the new session is saved
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # slow on any machine
    with open_window(tmp_path) as window:
        hand = window.hand
        before = window.canvas(hand.screenshot()).astype(float)
        side = window.left + window.viewport.canvas_size[0]
        hand.do("mousemove", side + FIRST_ENTRY_PX[0], window.top + FIRST_ENTRY_PX[1])
        time.sleep(0.5)  # frames must see the cursor before the click
        hand.do("mousedown", 1)
        time.sleep(0.5)
        hand.do("mouseup", 1)
        hand.do("mousemove", window.left + 20, window.top - TOOLBAR_HEIGHT_PX // 4)
        window.viewport = window.viewport.fit((SIZE, SIZE))
        start_picture = EditSession(generator, StartFromSeed(START.seed, START.truncation_psi))
        first = compose(start_picture, window.viewport)
        wait_until(lambda: differs(window.canvas(hand.screenshot()), first, window) < 3.0)
        assert np.abs(window.canvas(hand.screenshot()) - before).mean() > 8.0

        start, end = window.on_screen((60.0, 60.0)), window.on_screen((72.0, 64.0))
        pull(hand, start, end, let_go=False)
        seen_red = False

        def is_sharp_again() -> bool:
            nonlocal seen_red
            red = is_red(window)
            seen_red = seen_red or red
            return seen_red and not red

        # the mouse moves: previews; it holds on and rests: the full picture
        wait_until(lambda: jiggle(window, end) or is_red(window))
        wait_until(is_sharp_again)
        hand.do("mouseup", 1)
        saved = wait_until_saved_at_rest(window, tmp_path)
        hand.do("mousemove", window.left + 20, window.top - TOOLBAR_HEIGHT_PX // 4)
        time.sleep(1.0)  # the frame that shows that nothing is hovered
        at_rest = window.canvas(hand.screenshot())
        assert window.close() == ""
    session = replay(load_document(saved), generator)
    assert session.session.iteration > 0
    expected = compose(session, window.viewport)
    end_point = tuple(session.session.targets[0].tolist())
    assert differs(at_rest, expected, window, end_point) < 2.0
    assert differs(at_rest, first, window, end_point) > 6.0  # what is compared is no small thing


def jiggle(window: OpenWindow, end: tuple[int, int]) -> bool:
    """Moves the mouse a little; False."""
    for shift in (12, 0):
        window.hand.do("mousemove", end[0] + shift, end[1])
        time.sleep(0.05)
    return False


def differs(
    one: NDArray[np.generic], other: NDArray[np.generic], window: OpenWindow, but: tuple[float, ...] = ()
) -> float:
    """Mean difference of two canvases on the picture, but not around the image point `but`."""
    difference = np.abs(one.astype(float) - other.astype(float))
    if but:
        difference[crop(window.viewport, but, 60)] = 0
    left, top = (round(value) for value in window.viewport.to_canvas(0, 0))
    right, bottom = (round(value) for value in window.viewport.to_canvas(SIZE - 1, SIZE - 1))
    return float(difference[top:bottom, left:right].mean())


def wait_until_saved_at_rest(window: OpenWindow, home: Path) -> Path:
    """The file that the new session went to last: two saves with some time between them hold the same number
    of steps. A key that is pressed again before the first save is done makes a file of its own."""
    saves: dict[int, tuple[Path, int]] = {}  # file and its steps, by the time of the save

    def rests() -> bool:
        window.hand.do("key", "ctrl+s")
        time.sleep(0.5)
        for path in (home / "Documents").rglob("*.json"):
            saves.setdefault(path.stat().st_mtime_ns, (path, load_document(path).step_count()))
        counts = [saves[at][1] for at in sorted(saves)][-2:]
        return len(saves) > 2 and counts[0] == counts[1] > 0

    wait_until(rests)
    return saves[max(saves)][0]
