"""`ModelShelf`: which models the window offers: those opened last, and those of one folder. Kept
between starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from platformdirs import user_config_path

from app.thumbnails import default_folder, thumbnail_path

RECENT_COUNT = 8
LISTED_COUNT = 200
SUFFIXES = (
    ".safetensors",
    ".pkl",
    ".pt",
    ".pth",
)  # what is listed; a file is opened by content, whatever its name


@dataclass(frozen=True)
class ModelEntry:
    """One model that can be chosen. thumbnail: None until it is made. recent: it was opened before."""

    path: Path
    thumbnail: Path | None
    recent: bool

    @property
    def name(self) -> str:
        """What the list shows."""
        return self.path.name


class _Kept(msgspec.Struct):
    recent: list[str] = []
    folder: str | None = None


class ModelShelf:
    """Recent files and a models folder. Neither a lost nor a read-only settings file is an error."""

    def __init__(self, file: Path | None = None, thumbnails: Path | None = None) -> None:
        """file: where it is kept, default in the user's settings. thumbnails: default in the user's cache."""
        self._file = user_config_path("livedrag", appauthor=False) / "models.json" if file is None else file
        self.thumbnails = default_folder() if thumbnails is None else thumbnails
        self._kept = self._read()

    @property
    def folder(self) -> Path | None:
        """The models folder; None until one was chosen."""
        return Path(self._kept.folder) if self._kept.folder else None

    def note_opened(self, path: Path) -> None:
        """The model was opened: the first of the recent ones from now on."""
        recent = [str(path.resolve())] + [
            known for known in self._kept.recent if known != str(path.resolve())
        ]
        self._kept.recent = recent[:RECENT_COUNT]
        self._write()

    def choose_folder(self, folder: Path) -> None:
        """Lists this folder's models from now on."""
        self._kept.folder = str(folder.resolve())
        self._write()

    def entries(self) -> tuple[ModelEntry, ...]:
        """Recent models, the last opened first, then the folder's by name; what is gone is left out."""
        recent = [Path(known) for known in self._kept.recent]
        listed = [path for path in self._listed() if path not in recent]
        return tuple(
            ModelEntry(path, self._thumbnail_of(path), path in recent)
            for path in recent + listed
            if path.is_file()
        )

    def _listed(self) -> list[Path]:
        if self.folder is None:
            return []
        try:
            found = sorted(path for path in self.folder.iterdir() if path.suffix.lower() in SUFFIXES)
        except OSError:
            return []
        return found[:LISTED_COUNT]

    def _thumbnail_of(self, path: Path) -> Path | None:
        thumbnail = thumbnail_path(path, self.thumbnails)
        return thumbnail if thumbnail is not None and thumbnail.is_file() else None

    def _read(self) -> _Kept:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=_Kept)
        except (OSError, msgspec.MsgspecError):
            return _Kept()

    def _write(self) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_bytes(msgspec.json.encode(self._kept))
        except OSError:
            return  # the list is a convenience: it lasts as long as the window then
