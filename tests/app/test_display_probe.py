"""Whether a window can be opened is known before Dear PyGui, which would end the process, is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.x_display import x_display

ROOT = Path(__file__).resolve().parents[2]
PROBE = "from app.display_probe import why_no_window; print(why_no_window())"


def probe(command: str = PROBE, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is Linux's")
def test_no_display_and_one_that_is_not_there() -> None:
    assert "DISPLAY is not set" in probe(DISPLAY="")
    assert "':4711' cannot be reached" in probe(DISPLAY=":4711")


@pytest.mark.window
def test_a_working_display_and_a_driver_that_cannot_be_loaded() -> None:
    with x_display() as display:
        assert probe(DISPLAY=display) == "None"
        broken = {
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LIBGL_DRIVERS_PATH": "/nowhere",
            "GBM_BACKENDS_PATH": "/nowhere",
        }
        assert "OpenGL does not work" in probe(DISPLAY=display, **broken)


@pytest.mark.window
def test_a_server_without_other_programs_does_not_begin_anew_before_the_window_comes() -> None:
    """While it does, no connection can be opened."""
    ask_often = (
        "from app.display_probe import why_no_window; from app.screen import ask_screen; "
        "assert why_no_window() is None; print(sum(ask_screen().size is None for _ in range(100)))"
    )
    with x_display(resets=True) as display:
        assert probe(ask_often, DISPLAY=display) == "0"
