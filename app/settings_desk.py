"""`SettingsDesk`: changes settings while the window is open, and has them written soon after."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from app import events
from app.settings import MAX_SCALE, MIN_SCALE, Settings
from app.settings_file import SettingsFile
from app.state import AppState, Status

SCALE_STEP = 0.25
WRITE_AFTER_S = 1.0  # a window that is being dragged would else write in every frame


class SettingsDesk:
    """file: None = nothing is kept. The state has the settings from the start."""

    def __init__(
        self, state: AppState, file: SettingsFile | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._state = state
        self._file = file
        self._clock = clock
        self._seen = state.window.settings
        self._changed_s: float | None = None

    def apply(self, event: events.SettingsEvent) -> None:
        """Applies one event."""
        window = self._state.window
        settings = window.settings
        match event:
            case events.ToggleTheme():
                self._set(replace(settings, theme="light" if settings.theme == "dark" else "dark"))
            case events.ChangeScale():
                scale = round((window.scale + event.steps * SCALE_STEP) / SCALE_STEP) * SCALE_STEP
                window.scale = min(max(scale, MIN_SCALE), MAX_SCALE)
                self._set(replace(settings, scale=window.scale))
                self._state.status = Status(f"Texts and controls at {window.scale:.0%}")
            case events.ToggleVisibleMark():
                on = (
                    not self._state.export_choice.mark
                )  # what is in force: --no-mark may differ from the file
                self._state.export_choice = replace(self._state.export_choice, mark=on)
                self._set(replace(settings, visible_mark=on))
                said = "get the" if on else "get no"
                self._state.status = Status(f"Exported pictures {said} visible mark; their metadata tell it")
            case events.KeepLayout():
                drag_done = settings.layout.first_drag_done
                layout = replace(event.layout, first_drag_done=drag_done)
                self._set(replace(settings, layout=layout, panels={**settings.panels, **event.panels}))

    def follow(self) -> None:
        """Once a frame: notes what changed elsewhere, writes what has rested for a moment."""
        state, settings = self._state, self._state.window.settings
        if not state.show_hint and not settings.layout.first_drag_done:
            layout = replace(settings.layout, first_drag_done=True)
            self._set(replace(settings, layout=layout))
        if state.window.settings != self._seen:
            self._seen = state.window.settings
            self._changed_s = self._clock()
        if self._changed_s is not None and self._clock() - self._changed_s >= WRITE_AFTER_S:
            self._write()

    def close(self) -> None:
        """Writes what is not written."""
        self._write()

    def _write(self) -> None:
        self._changed_s = None
        problem = None if self._file is None else self._file.write(self._state.window.settings)
        if problem is not None:
            self._state.status = Status(problem, "error")

    def _set(self, settings: Settings) -> None:
        self._state.window.settings = settings
