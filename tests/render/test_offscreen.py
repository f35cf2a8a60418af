"""The off-screen context where it cannot be had: one line that says what to do. Each in its own process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPEN_CONTEXT = """
import ctypes, sys
from render.errors import GlError
from render.offscreen import OffscreenContext
if "no-library" in sys.argv:
    def refuse(name, mode=0):
        raise OSError(f"{name}: cannot open shared object file")
    ctypes.CDLL = refuse
try:
    with OffscreenContext() as context:
        print("opened", context.description)
except GlError as error:
    print("refused", error)
"""


def run(*arguments: str, **environment: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", OPEN_CONTEXT, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return finished.stdout.strip()


@pytest.mark.gl
def test_it_opens_without_a_display(gl_context: object) -> None:
    answer = run(DISPLAY="", WAYLAND_DISPLAY="")
    assert answer.startswith("opened "), answer
    assert "OpenGL" in answer


def test_without_libegl() -> None:
    answer = run("no-library")
    assert answer.startswith("refused No off-screen OpenGL (libEGL.so.1: cannot open")
    assert "apt-get install libegl1" in answer
    assert "\n" not in answer


def test_without_any_egl_driver() -> None:
    """libEGL is there, but no vendor's driver: the loader is shown an empty folder."""
    answer = run(__EGL_VENDOR_LIBRARY_DIRS="/nonexistent", __EGL_VENDOR_LIBRARY_FILENAMES="/nonexistent")
    assert answer.startswith("refused No off-screen OpenGL"), answer
    assert "apt-get install libegl1" in answer
    assert "\n" not in answer
