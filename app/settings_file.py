"""`SettingsFile`: reads the settings and writes those that were changed in the window, comments untouched."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import tomlkit
from platformdirs import user_config_path
from tomlkit.exceptions import TOMLKitError

from app.actions import ACTIONS
from app.settings import Layout, Settings, settings_from

HEAD = """# LiveDrag's settings. What is commented out shows the default; a wrong entry costs one line.
# Changes are read at the next start. The window writes here too: what you change in it, and its layout.

"""
KEYS_HEAD = """
[keys]  # one or more for each action, separated by spaces; "" = none
"""


class SettingsFile:
    """Neither a missing, a broken nor a read-only file is an error: `problems` has a line about it."""

    def __init__(self, path: Path | None = None) -> None:
        """path: default in the user's settings folder."""
        self.path = user_config_path("livedrag", appauthor=False) / "settings.toml" if path is None else path
        self.problems: list[str] = []
        self._broken = False
        self.settings = self._read()
        self._written = self.settings

    def write(self, settings: Settings) -> str | None:
        """Writes what differs from what is there. Returns one line where it cannot, and keeps on."""
        if settings == self._written or self._broken:
            return None  # a broken file is a person's, half edited: never overwritten
        try:
            document = tomlkit.parse(self._text())
            _update(document, _as_table(self._written), _as_table(settings))
            target = self.path.resolve()  # a link into somebody's dotfiles stays one
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_suffix(".part")
            unfinished.write_text(tomlkit.dumps(document), encoding="utf-8")
            unfinished.replace(target)
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            self._written = settings  # one line, not one a second
            return f"the settings cannot be saved in {self.path}: {_why(error)}"
        self._written = settings
        return None

    def _read(self) -> Settings:
        try:
            table = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Settings()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self._broken = True
            self.problems.append(
                f"{self.path} cannot be read: {_why(error)}; the defaults are used, the file stays as it is"
            )
            return Settings()
        settings, problems = settings_from(table)
        self.problems += [f"{self.path.name}: {problem}" for problem in problems]
        return settings

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return _first_text()


def _first_text() -> str:
    lines = [HEAD]
    for entry in dataclasses.fields(Settings):
        if entry.metadata:
            value = tomlkit.item(entry.default).as_string()
            lines.append(
                f"# {entry.metadata['about']}: {entry.metadata['allowed']}\n# {entry.name} = {value}\n"
            )
    lines.append(KEYS_HEAD)
    lines += [f'# {a.id} = "{a.keys}"  # {a.name}\n' for a in ACTIONS]
    return "".join(lines)


def _as_table(settings: Settings) -> dict[str, Any]:
    table = dataclasses.asdict(settings)
    assert set(table["layout"]) == {entry.name for entry in dataclasses.fields(Layout)}
    return table


def _update(document: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Sets what changed; what a person wrote and nobody changed stays, wrong or not."""
    for name, value in after.items():
        old = before.get(name)
        if value == old:
            continue
        if isinstance(value, dict):
            if name not in document or not hasattr(document[name], "items"):
                document[name] = tomlkit.table()
            _update(document[name], old if isinstance(old, dict) else {}, value)
        else:
            document[name] = value


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())
