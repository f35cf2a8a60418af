"""Export: the edit's parts as files, everything at once, and latents from files."""

from __future__ import annotations

from dataclasses import replace

import dearpygui.dearpygui as dpg

from app import events
from app.actions import find_action
from app.panels.panel import Emit, Enabled, Shown, action_button, labelled, tooltip
from app.state import AppState
from app.ui.containers import inside
from app.ui.theme import Themes

PICTURES = (".png", ".jpg", ".webp")
LATENTS = (".safetensors", ".npy")
HALF_PX = 143


class ExportPanel:
    """Kinds of files, a button for each part, and one for all."""

    title = "Export"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes

    def build(self) -> None:
        """Adds the widgets."""
        self._picture = self._kinds(
            "picture", PICTURES, "Kind of picture files: PNG is exact (lossless), JPEG and WebP are smaller"
        )
        self._latent = self._kinds(
            "latent", LATENTS, "Kind of latent files (w_plus): safetensors also says where it comes from"
        )
        with inside(dpg.group(horizontal=True)):
            self._button("export_picture", "Picture", HALF_PX)
            self._button("export_sheet", "Before and after", -1)
        with inside(dpg.group(horizontal=True)):
            self._button("export_latent", "Latent", HALF_PX)
            self._mask = Enabled(self._button("export_mask", "Mask", -1))
        dpg.bind_item_theme(self._button("export_all", "Everything", -1), self._themes.primary)
        self._button("open_latent", "Open a latent...", -1)
        mark = dpg.add_checkbox(label="small visible mark", callback=self._marked)
        tooltip(mark, self._themes.keys.explain(find_action("visible_mark")))
        self._mark = Shown(mark)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        self._choice = state.export_choice
        self._picture.set(self._choice.picture)
        self._latent.set(self._choice.latent)
        self._mark.set(self._choice.mark)
        self._mask.set(state.mask_painted)

    def _kinds(self, name: str, suffixes: tuple[str, ...], help_text: str) -> Shown:
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            labelled(name, self._themes.dim)
            tag = dpg.add_combo(list(suffixes), width=-1, user_data=name, callback=self._chosen)
        tooltip(tag, help_text)
        return Shown(tag)

    def _button(self, action_id: str, label: str, width: int) -> int:
        return action_button(action_id, label, self._emit, self._themes, width)

    def _chosen(self, _sender: int, suffix: str, name: str) -> None:
        picture = suffix if name == "picture" else self._choice.picture
        latent = suffix if name == "latent" else self._choice.latent
        self._emit(events.ChooseExport(replace(self._choice, picture=picture, latent=latent)))

    def _marked(self, _sender: int, on: bool) -> None:
        self._emit(events.ChooseExport(replace(self._choice, mark=on)))
