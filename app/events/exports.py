"""The edit's parts as files, and latents from files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.recording.choice import ExportChoice
from app.window_commands import ExportKind


@dataclass(frozen=True)
class Export:
    """Writes one part of the edit, or all of it into a folder; path: None = a new name."""

    what: ExportKind
    path: Path | None = None


@dataclass(frozen=True)
class ChooseExport:
    """Kinds of files, and the visible mark."""

    choice: ExportChoice


@dataclass(frozen=True)
class OpenLatent:
    """Starts from the latent in a file."""

    path: Path


ExportEvent = Export | ChooseExport | OpenLatent
