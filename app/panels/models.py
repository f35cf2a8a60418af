"""Models: open another one by dialog, by path or from the list. Progress is in the status line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, action_button, tooltip
from app.state import AppState, ModelChoice
from app.thumbnails import SIZE_PX, read_thumbnail
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

LIST_HEIGHT_PX = 190


class ModelsPanel:
    """Open, and the list of recent and listed models with their pictures."""

    title = "Models"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._listed: tuple[ModelChoice, ...] = ()
        self._textures: dict[Path, int] = {}

    def build(self) -> None:
        """Adds the widgets."""
        self._registry = int(dpg.add_texture_registry())
        with inside(dpg.group(horizontal=True)):
            action_button("open_model", "Open...", self._emit, self._themes, width=96)
            action_button("models_folder", "Folder...", self._emit, self._themes, width=96)
            action_button("built_in_model", "Built in", self._emit, self._themes, width=-1)
        path = dpg.add_input_text(
            width=-1,
            hint="or type a file's path",
            on_enter=True,
            callback=lambda _s, text: self._typed(str(text)),
        )
        tooltip(path, "The path of a generator file; press Enter to open it")
        with inside(dpg.child_window(height=px(LIST_HEIGHT_PX), border=False, show=False)) as self._list:
            pass
        self._folder = Shown(dpg.add_text("", wrap=0, show=False))
        dpg.bind_item_theme(self._folder.tag, self._themes.dim)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        if state.models != self._listed:
            self._listed = state.models
            self._fill()
        if state.models_folder is not None:
            self._folder.set(f"Folder: {state.models_folder}")
            dpg.show_item(self._folder.tag)

    def _fill(self) -> None:
        """The list is short and changes rarely: it is made anew."""
        dpg.delete_item(self._list, children_only=True)
        dpg.configure_item(self._list, show=bool(self._listed))
        for choice in self._listed:
            with inside(dpg.group(horizontal=True, parent=self._list)):
                texture = self._texture_of(choice.thumbnail)
                if texture is not None:
                    dpg.add_image(texture, width=px(SIZE_PX), height=px(SIZE_PX))
                else:
                    dpg.add_spacer(width=px(SIZE_PX), height=px(SIZE_PX))
                entry = dpg.add_selectable(
                    label=choice.name, height=px(SIZE_PX), user_data=choice.path, callback=self._chosen
                )
            tooltip(entry, f"{choice.path}{' (opened before)' if choice.recent else ''}")

    def _texture_of(self, thumbnail: Path | None) -> int | None:
        if thumbnail is None:
            return None
        if thumbnail not in self._textures:
            pixels = read_thumbnail(thumbnail)
            if pixels is None:
                return None
            values: Any = pixels.reshape(-1).tolist()
            self._textures[thumbnail] = int(
                dpg.add_static_texture(SIZE_PX, SIZE_PX, values, parent=self._registry)
            )
        return self._textures[thumbnail]

    def _chosen(self, sender: int, value: bool, path: Path) -> None:
        del value
        dpg.set_value(sender, False)
        self._open(path)

    def _typed(self, text: str) -> None:
        if text.strip():
            self._open(Path(text.strip().strip("'\"")).expanduser())

    def _open(self, path: Path) -> None:
        self._emit(events.OpenModel(path))
