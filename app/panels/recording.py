"""Recording: what is recorded while one works and how, and the edit as a rendered movie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dearpygui.dearpygui as dpg

from app import events
from app.movie.options import EASINGS
from app.panels.panel import Emit, Label, Shown, action_button, button, labelled, tooltip
from app.recording.choice import RATES, SIZES, MovieChoice, RecordingChoice, RecordingView, RenderingView
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

KIND_NAMES = {"mp4": "MP4", "webm": "WebM", "gif": "GIF", "png": "PNG pictures"}
AREA_NAMES = {"canvas": "what I see", "picture": "the picture"}
OWN_SIZE = "as shown"
MOVIE_RATES = (24, 30, 60)
MOVIE_SIZES = (512, 720, 1080, 1440, 2160)
DRAWN = (
    ("markers", "handles", "Handle points, targets, arrows and tracked paths"),
    ("mask", "mask", "What may move and what stays fixed"),
    ("overlays", "overlays", "Feature map, similarity, difference and the start, where they are shown"),
    ("cursor", "cursor", "The mouse, with a ring while its button is down"),
)
HALF_PX = 143


class RecordingPanel:
    """Start and stop, the choices, and below them the movie with its progress."""

    title = "Recording"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._choice = RecordingChoice()
        self._movie = MovieChoice()
        self._fields: dict[str, Shown] = {}
        self._movie_fields: dict[str, Shown] = {}
        self._was_recording = False
        self._rendering: RenderingView | None = None

    def build(self) -> None:
        """Adds the widgets."""
        start = action_button("record", "Record", self._emit, self._themes, width=-1)
        dpg.bind_item_theme(start, self._themes.primary)
        self._start = Label(start)
        self._told = Shown(dpg.add_text("", wrap=0))
        dpg.bind_item_theme(self._told.tag, self._themes.dim)
        self._combo(
            "area",
            "shows",
            list(AREA_NAMES.values()),
            "What fills the frame: the canvas as you see it, or the picture alone, however you zoom",
        )
        self._combo(
            "kind",
            "file",
            list(KIND_NAMES.values()),
            "Kind of file (container, codec): MP4 (H.264) plays everywhere, PNG pictures are exact",
        )
        self._combo(
            *("fps", "frames a second", [str(rate) for rate in RATES]),
            "How many pictures each second has (frame rate): 30 is smooth; a GIF has at most 25",
        )
        sizes = [OWN_SIZE, *(f"{size} px" for size in SIZES if size)]
        self._combo(
            *("size_px", "longer edge", sizes),
            "How large the frames are (resolution). Another size than on the screen is composed anew: sharp",
        )
        with inside(dpg.table(header_row=False, policy=dpg.mvTable_SizingStretchSame)):
            dpg.add_table_column()
            dpg.add_table_column()
            for i in (0, 2):
                with inside(dpg.table_row()):
                    for name, label, help_text in DRAWN[i : i + 2]:
                        tag = dpg.add_checkbox(label=label, user_data=name, callback=self._checked)
                        tooltip(tag, f"{help_text}. All four off: clean")
                        self._fields[name] = Shown(tag)
        dpg.add_separator()
        self._build_movie()

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._choice, self._movie = state.recording_choice, state.movie_choice
        for name, field in self._fields.items():
            field.set(_shown(name, getattr(self._choice, name)))
        for name, field in self._movie_fields.items():
            field.set(_shown(name, getattr(self._movie, name)))
        recording = state.recording
        is_recording = recording is not None and not recording.finishing
        if is_recording != self._was_recording:
            self._was_recording = is_recording
            self._start.set("Stop recording" if is_recording else "Record")
            dpg.bind_item_theme(self._start.tag, 0 if is_recording else self._themes.primary)
        self._told.set("" if recording is None else _told(recording))
        if state.rendering != self._rendering:
            self._show_rendering(state.rendering)

    def _build_movie(self) -> None:
        dpg.add_text("The edit as a movie, rendered afterwards")
        with inside(dpg.group(horizontal=True)):
            self._movie_combo("kind", list(KIND_NAMES.values()), "Kind of file (container, codec)", HALF_PX)
            self._movie_combo(
                "easing",
                list(EASINGS),
                "How the motion starts and ends (easing): at the steps' pace, or softly",
                -1,
            )
        with inside(dpg.group(horizontal=True)):
            self._movie_combo(
                "fps", [str(rate) for rate in MOVIE_RATES], "Frames a second (frame rate)", HALF_PX
            )
            self._movie_combo(
                "size_px", [f"{size} px" for size in MOVIE_SIZES], "Longer edge in pixels (resolution)", -1
            )
        clean = dpg.add_checkbox(label="clean", user_data="clean", callback=self._movie_checked)
        tooltip(clean, "Only the picture: no handles, targets and mask")
        self._movie_fields["clean"] = Shown(clean)
        self._render = action_button("render_movie", "Render movie", self._emit, self._themes, width=-1)
        with inside(dpg.group(show=False)) as self._progress:
            self._bar = dpg.add_progress_bar(width=-1, overlay="")
            button("Cancel", lambda: self._emit(events.CancelRendering()), "Give the movie up", width=-1)

    def _show_rendering(self, view: RenderingView | None) -> None:
        self._rendering = view
        dpg.configure_item(self._progress, show=view is not None)
        dpg.configure_item(self._render, show=view is None)
        if view is not None:
            dpg.set_value(self._bar, view.share)
            left = "" if view.left_s is None else f", {_duration(view.left_s)} left"
            dpg.configure_item(self._bar, overlay=f"{view.stage} {view.share * 100:.0f}%{left}")

    def _combo(self, name: str, label: str, items: list[str], help_text: str) -> None:
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            labelled(label, self._themes.dim)
            tag = dpg.add_combo(items, width=-1, user_data=name, callback=self._chosen)
        tooltip(tag, help_text)
        self._fields[name] = Shown(tag)

    def _movie_combo(self, name: str, items: list[str], help_text: str, width: int) -> None:
        width = px(width) if width > 0 else width
        tag = dpg.add_combo(items, width=width, user_data=name, callback=self._movie_chosen)
        tooltip(tag, help_text)
        self._movie_fields[name] = Shown(tag)

    def _chosen(self, _sender: int, shown: str, name: str) -> None:
        changes: dict[str, Any] = {name: _meant(name, shown)}
        self._emit(events.ChooseRecording(replace(self._choice, **changes)))

    def _checked(self, _sender: int, on: bool, name: str) -> None:
        changes: dict[str, Any] = {name: on}
        self._emit(events.ChooseRecording(replace(self._choice, **changes)))

    def _movie_chosen(self, _sender: int, shown: str, name: str) -> None:
        changes: dict[str, Any] = {name: _meant(name, shown)}
        self._emit(events.ChooseMovie(replace(self._movie, **changes)))

    def _movie_checked(self, _sender: int, on: bool, name: str) -> None:
        changes: dict[str, Any] = {name: on}
        self._emit(events.ChooseMovie(replace(self._movie, **changes)))


def _told(recording: RecordingView) -> str:
    count = recording.left_out
    if not count:
        return recording.path.name
    return f"{recording.path.name}: {count} frame{'' if count == 1 else 's'} left out so far"


def _shown(name: str, value: Any) -> Any:
    """What a widget shows for a choice's value."""
    if name == "kind":
        return KIND_NAMES[value]
    if name == "area":
        return AREA_NAMES[value]
    if name == "size_px":
        return f"{value} px" if value else OWN_SIZE
    return value if isinstance(value, bool | str) else str(value)


def _meant(name: str, shown: str) -> Any:
    """The inverse."""
    if name in ("kind", "area"):
        names = KIND_NAMES if name == "kind" else AREA_NAMES
        return next(value for value, text in names.items() if text == shown)
    if name == "size_px":
        return 0 if shown == OWN_SIZE else int(shown.split()[0])
    return int(shown.split()[0]) if name == "fps" else shown


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
