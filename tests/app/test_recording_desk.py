"""Recording and screenshots in an app: the file, the line about it, closing, and what cannot be recorded."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from app import events
from app.recording import recorder as recorder_module
from app.recording.mp4_boxes import read_xmp
from render.compositor import Picture
from render.errors import RenderError
from render.host_compositor import HostCompositor
from tests.app.movies import PROVENANCE, decode, with_square
from tests.app.polling import wait_until
from tests.app.recording_app import recording_app


def test_the_window_records_and_says_what_it_recorded(tmp_path: Path) -> None:
    app, ui, clock = recording_app(tmp_path)
    path = tmp_path / "deep" / "a.mp4"
    ui.events = [events.ToggleRecording(path)]
    for i in range(30):
        clock.now += 0.05
        app.state.cursor = (float(i), 10.0)
        app.frame()
    assert app.state.recording is not None
    assert app.state.recording.seconds == pytest.approx(29 * 0.05)
    ui.events = [events.ToggleRecording()]
    app.frame()

    def is_done() -> bool:
        app.frame()
        return app.state.recording is None

    wait_until(is_done)
    assert app.state.status.text.startswith(f"Recorded {path}: ")
    assert "left out" in app.state.status.text
    assert app.state.status.tone == "good"
    frames = decode(path)
    assert len(frames) > 5
    assert frames[0].shape == (96, 96, 3)


def test_the_numbers_of_the_line_are_those_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ui, clock = recording_app(tmp_path)
    path = tmp_path / "a.mp4"
    app.apply(events.ToggleRecording(path))
    for i in range(60):
        clock.now += 0.05
        app.state.cursor = (float(i), 10.0)
        if i in (20, 40):  # between them nothing finds room
            monkeypatch.setattr(recorder_module, "QUEUE_COUNT", 0 if i == 20 else 60)
        app.frame()
    app.apply(events.ToggleRecording())
    app.close()
    assert app.state.status.tone == "good"
    line = app.state.status.text.removeprefix(f"Recorded {path}: ")
    said = re.fullmatch(r"([\d.]+) s, (\d+) frames?; (\d+) more (was|were) left out for lack of time", line)
    assert said is not None, line
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(float(said[1]) * 1e6, abs=6e4)
    assert int(said[2]) == len(decode(path))
    assert 0 < int(said[3]) < 60


def test_a_recording_during_which_the_seed_changed_names_both(tmp_path: Path) -> None:
    shown = [PROVENANCE]
    app, _ui, clock = recording_app(tmp_path, lambda: shown[0])
    path = tmp_path / "a.mp4"
    app.apply(events.ToggleRecording(path))
    for i in range(recorder_module.QUEUE_COUNT):  # none is left out
        clock.now += 0.05
        app.state.cursor = (float(i), 10.0)
        if i == 3:
            shown[0] = replace(PROVENANCE, seed=35)
        app.frame()
    app.close()
    packet = read_xmp(path)
    assert packet is not None
    assert 'livedrag:Seed="34"' in packet
    assert 'livedrag:EndSeed="35"' in packet


def test_closing_the_window_finishes_the_recording(tmp_path: Path) -> None:
    app, ui, clock = recording_app(tmp_path)
    ui.events = [events.ToggleRecording()]
    for i in range(10):
        clock.now += 0.05
        app.state.cursor = (float(i), 10.0)
        app.frame()
    app.close()
    (path,) = (tmp_path / "videos").iterdir()
    assert path.suffix == ".mp4"
    assert len(decode(path)) >= 3


@pytest.mark.parametrize("name", ["a.avi", "a.webp", "file/a.mp4"])
def test_what_cannot_be_recorded_is_a_line_and_the_edit_goes_on(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("in the way")
    app, ui, _clock = recording_app(tmp_path)
    ui.events = [events.ToggleRecording(tmp_path / name)]
    app.frame()
    assert app.state.recording is None
    assert app.state.status.tone == "error"
    assert "'" in app.state.status.text
    assert "\n" not in app.state.status.text


def test_a_screenshot_is_the_composition_with_its_provenance(tmp_path: Path) -> None:
    app, ui, _clock = recording_app(tmp_path)
    expected = ui.compositor.read()
    app.apply(events.ChooseExport(replace(app.state.export_choice, mark=False)))
    app.apply(events.TakeScreenshot())
    app.apply(events.TakeScreenshot(whole=True))
    assert app.state.wants_grab
    app.apply(events.WindowGrabbed(with_square(3)))
    assert not app.state.wants_grab

    def both_there() -> bool:
        app.frame()
        folder = tmp_path / "pictures"
        return folder.exists() and len([p for p in folder.iterdir() if p.suffix == ".png"]) == 2

    wait_until(both_there)
    canvas, window = sorted((tmp_path / "pictures").iterdir())
    with Image.open(canvas) as image:
        np.testing.assert_array_equal(np.array(image), expected)
        assert "trainedAlgorithmicMedia" in image.info["XML:com.adobe.xmp"]
    with Image.open(window) as image:
        np.testing.assert_array_equal(np.array(image), with_square(3))


class DeadCompositor(HostCompositor):
    """A display that is lost: nothing can be read."""

    def read(self) -> Picture:
        raise RenderError("the display was lost")

    def begin_read(self) -> bool:
        raise RenderError("the display was lost")

    def take_read(self) -> Picture | None:
        raise RenderError("the display was lost")


def test_a_canvas_that_cannot_be_read_ends_the_recording_and_not_the_window(tmp_path: Path) -> None:
    app, ui, clock = recording_app(tmp_path)
    app.apply(events.ToggleRecording(tmp_path / "a.mp4"))
    dead = DeadCompositor()
    dead.set_picture(with_square(3))
    ui.compositor = dead  # type: ignore[assignment]
    app.apply(events.TakeScreenshot())
    assert (app.state.status.text, app.state.status.tone) == ("the display was lost", "error")

    def is_done() -> bool:
        clock.now += 0.05
        app.frame()
        return app.state.recording is None

    wait_until(is_done)
    assert any("The recording ended" in notice.text for notice in app.state.window.notices)
