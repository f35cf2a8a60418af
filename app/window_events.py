"""Settings of the window, and its help. Changes no edit."""

from __future__ import annotations

from dataclasses import replace

from app import events
from app.editor import Editor
from app.state import AppState, Status
from app.window_state import WantedSection


def apply_window(state: AppState, editor: Editor, event: events.WindowEvent) -> None:
    """Applies one event."""
    match event:
        case events.SetLatencyHiding():
            state.latency_hiding = event.on
            state.window.settings = replace(state.window.settings, latency_hiding=event.on)
        case events.SetQuality():
            editor.set_quality(event.quality)
        case events.SetVsync():
            state.vsync = event.on
            state.window.settings = replace(state.window.settings, vsync=event.on)
        case events.ToggleHelp():
            state.show_help = not state.show_help
        case events.ShowSection():
            last = state.window.wanted_section
            state.window.wanted_section = WantedSection(event.title, 1 if last is None else last.number + 1)
            state.show_help = state.window.show_notices = False  # they lie over the side panel
            state.status = Status(f"Section shown: {event.title}")
