"""What a recording shows and how it is written: plain data, chosen in the window. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Area = Literal["canvas", "picture"]
RecordingKind = Literal["mp4", "webm", "gif", "png"]

KINDS: tuple[RecordingKind, ...] = ("mp4", "webm", "gif", "png")
RATES = (15, 24, 30, 60)  # frames a second
SIZES = (0, 480, 720, 1080, 1440)  # of the longer edge, px; 0 = as large as it is on the screen


@dataclass(frozen=True)
class RecordingChoice:
    """area: what one sees, zoomed and moved as it is, or the picture alone, filling the frame. The rest says
    what is drawn over it; with all of them off it is clean. size_px: see SIZES.
    """

    kind: RecordingKind = "mp4"
    fps: int = 30
    size_px: int = 0
    area: Area = "canvas"
    markers: bool = True  # handles, targets, arrows, paths
    mask: bool = True
    overlays: bool = True  # maps, difference, split
    cursor: bool = True


@dataclass(frozen=True)
class RecordingView:
    """The recording that is going on. left_out: frames that there was no time for, so far."""

    path: Path
    seconds: float = 0.0
    left_out: int = 0
    finishing: bool = False
    fps: int = 30


@dataclass(frozen=True)
class RenderingView:
    """The movie that is being rendered. share: 0..1; left_s: time that it still takes, None = unknown."""

    path: Path
    stage: str = "starting"
    share: float = 0.0
    left_s: float | None = None


@dataclass(frozen=True)
class MovieChoice:
    """How the edit is rendered afterwards; `app.movie.options.MovieOptions` in the words of the panel."""

    kind: str = "mp4"
    fps: int = 60
    size_px: int = 1080
    easing: str = "smooth"
    clean: bool = False


@dataclass(frozen=True)
class ExportChoice:
    """Kinds of exported files (suffixes); mark: pictures and recordings carry the small visible one."""

    picture: str = ".png"
    latent: str = ".safetensors"
    mark: bool = True
