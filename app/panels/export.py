"""Export: the edit's parts as files, everything at once, and latents from files."""

from __future__ import annotations

from dataclasses import replace

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Enabled, Shown, button, labelled, tooltip
from app.state import AppState
from app.ui.containers import inside
from app.ui.dialogs import ask_for_file
from app.ui.theme import Themes
from app.worker_messages import ExportKind

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
        self._picture = self._kinds("picture", PICTURES, "PNG is exact; JPEG and WebP are smaller")
        self._latent = self._kinds(
            "latent", LATENTS, "The latent code w_plus: safetensors says where it comes from"
        )
        with inside(dpg.group(horizontal=True)):
            self._button("Picture", "picture", "The picture at full resolution (Ctrl+E)", HALF_PX)
            self._button("Before and after", "sheet", "The start and the result side by side", -1)
        with inside(dpg.group(horizontal=True)):
            self._button("Latent", "latent", "w_plus, to open here or in other programs", HALF_PX)
            self._mask = Enabled(self._button("Mask", "mask", "The painted mask as PNG", -1))
        everything = self._button(
            "Everything", "all", "Pictures, latent, mask and session in one new folder (Ctrl+Shift+E)", -1
        )
        dpg.bind_item_theme(everything, self._themes.primary)
        button(
            "Open a latent...",
            self._open,
            "Start from a latent: .safetensors, .npy, .npz or .pt. Nothing in the file is run",
            width=-1,
        )
        mark = dpg.add_checkbox(label="small visible mark", callback=self._marked)
        tooltip(mark, "Writes AI in a corner of pictures and recordings. Their metadata say it always")
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

    def _button(self, label: str, what: ExportKind, help_text: str, width: int) -> int:
        return button(label, lambda: self._emit(events.Export(what)), help_text, width)

    def _chosen(self, _sender: int, suffix: str, name: str) -> None:
        picture = suffix if name == "picture" else self._choice.picture
        latent = suffix if name == "latent" else self._choice.latent
        self._emit(events.ChooseExport(replace(self._choice, picture=picture, latent=latent)))

    def _marked(self, _sender: int, on: bool) -> None:
        self._emit(events.ChooseExport(replace(self._choice, mark=on)))

    def _open(self) -> None:
        ask_for_file("Open a latent", ".*", "", lambda path: self._emit(events.OpenLatent(path)))
