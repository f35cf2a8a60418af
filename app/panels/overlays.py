"""Overlays: what is drawn over the picture, with its key and how strongly; and which features are shown."""

from __future__ import annotations

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from app import events
from app.actions import find_action
from app.overlays import OVERLAYS, DragFacts, OverlayInfo, OverlayName
from app.panels.panel import Emit, Shown, labelled, tooltip
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

NAME_WIDTH_PX = 166
DRAGS_BLOCK = "the drag's block"
COMPONENTS = "3 components"


class OverlaysPanel:
    """One row an overlay: on or off, its name and key, its opacity."""

    title = "Overlays"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._on: dict[OverlayName, Shown] = {}
        self._opacity: dict[OverlayName, Shown] = {}
        self._facts: DragFacts | None = None
        self._channels: list[str] = []
        self._block: int | None = None
        self._channel: int | None = None

    def build(self) -> None:
        """Adds the widgets."""
        for info in OVERLAYS:
            self._row(info)
            if info.name == "features":
                self._feature_choice()
        key = self._themes.keys.shown("compare")
        text = dpg.add_text(f"Hold {key} to see the start alone", show=bool(key))
        dpg.bind_item_theme(text, self._themes.dim)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        overlays = state.overlays
        for info in OVERLAYS:
            layer = overlays.choice.layer(info.name)
            self._on[info.name].set(layer.on)
            self._opacity[info.name].set(layer.opacity)
        self._block, self._channel = overlays.choice.block, overlays.choice.channel
        if overlays.facts is not None:
            self._sync_blocks(overlays.facts)
        self._block_shown.set(DRAGS_BLOCK if self._block is None else str(self._block))
        self._channel_shown.set(COMPONENTS if self._channel is None else f"channel {self._channel}")

    def _row(self, info: OverlayInfo) -> None:
        name = info.name
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            toggle = events.ToggleOverlay(name, quietly=True)
            box = dpg.add_checkbox(label=info.label, callback=lambda: self._emit(toggle))
            size = dpg.get_text_size(info.label)
            dpg.add_spacer(width=max(px(NAME_WIDTH_PX) - int(size[0] if size else 0), 4))
            dpg.bind_item_theme(dpg.add_text(self._themes.keys.shown(f"overlay_{name}")), self._themes.dim)
            dpg.add_spacer(width=px(12))
            slider = dpg.add_slider_float(
                width=-1,
                min_value=0.0,
                max_value=1.0,
                clamped=True,
                format="%.2f",
                callback=lambda _sender, value: self._emit(events.SetOverlayOpacity(name, float(value))),
            )
        tooltip(box, self._themes.keys.explain(find_action(f"overlay_{name}")))
        tooltip(slider, f"Opacity. {info.help}")
        self._on[name], self._opacity[name] = Shown(box), Shown(slider)

    def _feature_choice(self) -> None:
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            labelled("  block", self._themes.dim)
            block = dpg.add_combo([DRAGS_BLOCK], width=-1, callback=self._chooser(self._choose_block))
        tooltip(
            block,
            "Whose features are shown, by its resolution: low blocks know of pose and shape, high ones of "
            "texture. A drag uses the one that is named first",
        )
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            labelled("  shown as", self._themes.dim)
            channel = dpg.add_combo([COMPONENTS], width=-1, callback=self._chooser(self._choose_channel))
        tooltip(
            channel,
            "The three directions in which the features differ most (principal components) as lightness and "
            "two hues; or a single channel",
        )
        self._block_shown, self._channel_shown = Shown(block), Shown(channel)

    def _sync_blocks(self, facts: DragFacts) -> None:
        channels = dict(facts.blocks).get(self._block or facts.drag_block, 0)
        names = [COMPONENTS, *(f"channel {i}" for i in range(channels))]
        if names != self._channels:
            self._channels = names
            dpg.configure_item(self._channel_shown.tag, items=names)
        if facts != self._facts:
            self._facts = facts
            blocks = [str(resolution) for resolution, _ in facts.blocks]
            dpg.configure_item(self._block_shown.tag, items=[DRAGS_BLOCK, *blocks])

    def _chooser(self, choose: Callable[[str], None]) -> Callable[[int, str], None]:
        return lambda _sender, text: choose(text)

    def _choose_block(self, text: str) -> None:
        block = None if text == DRAGS_BLOCK else int(text)
        self._emit(events.ChooseFeatures(block, self._channel))

    def _choose_channel(self, text: str) -> None:
        channel = None if text == COMPONENTS else int(text.split()[-1])
        self._emit(events.ChooseFeatures(self._block, channel))
