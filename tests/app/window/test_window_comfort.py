"""The real window: every control explained, palette, themes, keys and layout from the settings file."""

from __future__ import annotations

import json
import re
import time
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.colours import DARK, LIGHT, Rgb
from app.sections import SECTIONS
from tests.app.open_window import OpenWindow, open_window, place, pull, read
from tests.app.polling import wait_until
from tests.app.x_display import run_on, x_display

# What no settings file changes: fields, the palette's own keys, the mouse.
FIXED_KEYS = (
    "press Enter",
    "Ctrl+A, Ctrl+C copies it",
    "Up and Down choose, Enter does it, Esc closes",
    "Ctrl + wheel",
    "Space + drag",
)
CHANGED_KEY = re.compile(r"(Ctrl\+)?Alt\+Shift\+\w+")
KEY = re.compile(r"(Ctrl|Shift)\+|\bF\d{1,2}\b|\b(Esc|Enter|Space|Delete)\b|\([A-Z\d.\[\]]\)")


@pytest.mark.window
@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_every_control_has_a_tooltip_and_lies_in_the_window(tmp_path: Path, scale: float) -> None:
    found = walk_window(tmp_path, str(scale))
    assert len(found["controls"]) > 140
    assert found["unexplained"] == []
    assert found["outside"] == []


@pytest.mark.window
@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_long_work_and_long_words_never_lie_over_each_other_in_the_status_line(
    tmp_path: Path, scale: float
) -> None:
    with x_display("3200x1400x24") as display:
        printed = run_on(display, "tests.app.narrow_status", str(scale), config=tmp_path)
    lines: list[dict[str, Any]] = [json.loads(line) for line in printed.splitlines()]
    assert len(lines) > 1
    for line in lines:
        parts = sorted(line["parts"])  # left, right, what it is
        assert any(what == "Cancel" for _, _, what in parts), "long work can always be given up"
        assert sum(what.startswith(("Opening", "40%")) for _, _, what in parts) == 1
        for (_, right, one), (left, _, other) in pairwise(parts):
            assert right <= left, f"{line['width']} px wide: '{one}' reaches into '{other}'"
        assert parts[-1][1] <= line["width"]


@pytest.mark.window
@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_a_section_that_is_asked_for_is_opened_and_scrolled_to(tmp_path: Path, scale: float) -> None:
    with x_display("3200x1400x24") as display:
        printed = run_on(display, "tests.app.shown_sections", str(scale), config=tmp_path)
    lines: list[dict[str, Any]] = [json.loads(line) for line in printed.splitlines()]
    assert {line["title"] for line in lines} == {section.title for section in SECTIONS}
    for line in lines:
        upper, lower = line["side"]
        assert line["is_open"]
        is_at_the_top = upper <= line["top"] < upper + 20 * scale
        assert is_at_the_top or upper < line["top"] < line["bottom"] < lower, line
        assert line["lets_scroll"]


@pytest.mark.window
def test_the_palette_shows_a_section_of_the_side_panel(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        window.hand.do("key", "ctrl+k")
        for letter in "timing":
            window.hand.do("key", letter)
        window.hand.do("key", "Return")
        wait_until(lambda: settings_of(tmp_path).get("panels", {}).get("Timing") is True)
        assert window.close() == ""


@pytest.mark.window
def test_no_text_names_a_key_that_the_settings_have_changed(tmp_path: Path) -> None:
    assert any(KEY.search(text) for text in walk_window(tmp_path, "1.0")["texts"])
    texts = walk_window(tmp_path, "1.0", "other")["texts"]
    assert any(CHANGED_KEY.search(text) for text in texts)
    for text in texts:
        rest = CHANGED_KEY.sub("", text)
        for fixed in FIXED_KEYS:
            rest = rest.replace(fixed, "")
        assert KEY.search(rest) is None, text


def walk_window(folder: Path, *arguments: str) -> dict[str, list[str]]:
    """What `tests.app.walk_window` prints."""
    with x_display() as display:
        printed = run_on(display, "tests.app.walk_window", *arguments, config=folder)
    return json.loads(printed.splitlines()[-1])


@pytest.mark.window
def test_the_palette_switches_the_theme_and_both_are_kept(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        wait_until(lambda: panel_colour(window) == DARK.panel)
        window.hand.do("key", "ctrl+k")
        for letter in "lightx":
            window.hand.do("key", letter)
        for sign in ("minus", "slash", "period"):
            window.hand.do("key", sign)
        for _ in range(4):
            window.hand.do("key", "BackSpace")
        window.hand.do("key", "Down")
        window.hand.do("key", "Up")
        window.hand.do("key", "Return")
        wait_until(lambda: panel_colour(window) == LIGHT.panel)
        wait_until(lambda: settings_of(tmp_path).get("theme") == "light")
        start, end = window.on_screen(place(0.25, 0.25)), window.on_screen(place(0.28, 0.25))
        pull(window.hand, start, end)
        window.hand.do("mousemove", start[0], window.top - 10)
        assert window.close() == ""
    kept = settings_of(tmp_path)
    assert kept["layout"]["first_drag_done"] is True
    assert kept["layout"]["width"] > 0
    assert kept["panels"]["Drag"] is True

    # the next start: light from the first frame on, and without the hint
    for file in ("trace.jsonl", "session.json"):
        (tmp_path / file).unlink()
    with open_window(tmp_path) as window:
        wait_until(lambda: panel_colour(window) == LIGHT.panel)
        assert window.close() == ""


@pytest.mark.window
def test_keys_of_the_settings_file_and_a_wrong_entry(tmp_path: Path) -> None:
    folder = tmp_path / "livedrag"
    folder.mkdir()
    (folder / "settings.toml").write_text('theme = "pink"\nscale = 1.0\n[keys]\nsave_session = "F7"\n')
    with open_window(tmp_path) as window:
        before = window.canvas(window.hand.screenshot())
        window.hand.do("key", "F7")
        wait_until(window.session.exists)
        # Dear PyGui's own name of the key with + has another code than what is sent
        window.hand.do("key", "equal")
        wait_until(lambda: changed(before, window.canvas(window.hand.screenshot())))
        stderr = window.close()
    assert stderr.count("\n") == 1
    assert 'settings.toml: theme = \'pink\': allowed is "dark" or "light"' in stderr
    assert 'theme = "pink"' in read(folder / "settings.toml")


@pytest.mark.window
def test_larger_texts_build_the_window_anew_and_it_lives_on(tmp_path: Path) -> None:
    with open_window(tmp_path) as window:
        wait_until(lambda: settings_of(tmp_path).get("layout") is not None)  # its sections were looked at
        window.hand.do("key", "ctrl+equal")
        wait_until(lambda: settings_of(tmp_path).get("scale") == 1.25)
        time.sleep(2.0)  # they are looked at again, every now and then
        assert window.close() == ""


def settings_of(folder: Path) -> dict[str, Any]:
    """The settings file as it is; empty before it is written."""
    return tomllib.loads(read(folder / "livedrag" / "settings.toml"))


def panel_colour(window: OpenWindow) -> Rgb:
    """Of the toolbar's ground, right below its upper edge."""
    red, green, blue = window.hand.screenshot()[window.top - 52, window.left + 400].tolist()
    return red, green, blue


def changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Whether much of the picture differs."""
    return float(np.abs(before.astype(int) - after.astype(int)).mean()) > 3.0
