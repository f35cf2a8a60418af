"""An X display for the window tests (an Xvfb of our own where there is one), with a mouse and keys on it."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageGrab

from tests.xvfb import xvfb

SCREEN = "1500x1000x24"
ROOT = Path(__file__).resolve().parents[2]
RUN_LIMIT_S = 600.0  # bounds a hang
CLIENT_MESSAGE = 33  # of X's kinds of events


def skip_or_fail(reason: str) -> None:
    """Leaves the test out, or fails it where CI=true promises that nothing is left out."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def x_display(screen: str = SCREEN, resets: bool = False) -> Iterator[str]:
    """The display's name. Skips (in CI fails) where no X server can be had. screen: WIDTHxHEIGHTxDEPTH of a
    server of our own; resets: see `xvfb`."""
    try:
        ctypes.CDLL("libGL.so.1")
    except OSError:
        skip_or_fail("libGL.so.1 is missing: no window can be opened")
    if shutil.which("xdotool") is None:
        skip_or_fail("xdotool is not installed: no real mouse events")
    # an own server even where there is a display: the test must not move the user's mouse
    with xvfb(screen, resets) as own:
        display = own or os.environ.get("DISPLAY")
        if display is None:
            skip_or_fail("there is no DISPLAY, and Xvfb is not installed or does not start")
        yield str(display)


class _ClientMessage(ctypes.Structure):
    """Xlib's XClientMessageEvent, as long as its XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 12),
    )


class Hand:
    """Mouse and keyboard, through the X server as a person's would come."""

    def __init__(self, display: str) -> None:
        self.display = display

    def do(self, *arguments: str | float) -> str:
        """One xdotool command, or several at once; its output."""
        done = subprocess.run(
            ["xdotool", *map(str, arguments)],
            env={**os.environ, "DISPLAY": self.display},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def window_rect(self, name: str) -> tuple[int, int, int, int]:
        """x, y, width, height of the window of that name, screen px."""
        window = self.do("search", "--sync", "--onlyvisible", "--name", name).split()[0]
        lines = self.do("getwindowgeometry", "--shell", window).splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return int(values["X"]), int(values["Y"]), int(values["WIDTH"]), int(values["HEIGHT"])

    def press_close(self, name: str) -> None:
        """The button in a window's frame that closes it: what a window manager sends then."""
        window = int(self.do("search", "--sync", "--onlyvisible", "--name", name).split()[0])
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype, x11.XInternAtom.restype = ctypes.c_void_p, ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(self.display.encode()))
        protocols = x11.XInternAtom(display, b"WM_PROTOCOLS", 0)
        event = _ClientMessage(CLIENT_MESSAGE, 0, 0, None, window, protocols, 32)
        event.data[0] = x11.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
        x11.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
        x11.XCloseDisplay(display)

    def screenshot(self) -> NDArray[np.uint8]:
        """The whole screen, (h, w, 3)."""
        return np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB"))


def run_on(display: str, module: str, *arguments: str, config: Path) -> str:
    """Runs a module that opens a window, with its own process and settings (in `config`); what it printed."""
    environment = {**os.environ, "DISPLAY": display, "XDG_CONFIG_HOME": str(config)}
    environment.pop("WAYLAND_DISPLAY", None)
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
