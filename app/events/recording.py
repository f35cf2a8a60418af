"""Recordings, movies of the edit, screenshots."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.recording.choice import MovieChoice, RecordingChoice


@dataclass(frozen=True)
class ToggleRecording:
    """Starts recording, or ends it; path: where a new one goes, None = a new name in the videos folder."""

    path: Path | None = None


@dataclass(frozen=True)
class ChooseRecording:
    """How the next recording is made."""

    choice: RecordingChoice


@dataclass(frozen=True)
class RenderMovie:
    """Renders the edit from its start as a movie, beside the work; path: None = a new name."""

    path: Path | None = None


@dataclass(frozen=True)
class ChooseMovie:
    """How the next movie is rendered."""

    choice: MovieChoice


@dataclass(frozen=True)
class CancelRendering:
    """Gives up the movie that is being rendered."""


@dataclass(frozen=True)
class TakeScreenshot:
    """Writes what the canvas shows as PNG; whole: the window with its panels."""

    whole: bool = False


@dataclass(frozen=True)
class WindowGrabbed:
    """The window's pixels, (h, w, 3) uint8, that a screenshot had asked for."""

    pixels: Any


RecordingEvent = (
    ToggleRecording
    | ChooseRecording
    | RenderMovie
    | ChooseMovie
    | CancelRendering
    | TakeScreenshot
    | WindowGrabbed
)
