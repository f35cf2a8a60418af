"""`Legend`: a card over the canvas that says what the colours of the overlays mean, and on which side of a
split which picture is."""

from __future__ import annotations

from dataclasses import dataclass

import dearpygui.dearpygui as dpg
import numpy as np

from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import TEXT_SIZE_PX, px
from app.ui.theme import DIM, TEXT, Rgb
from render.colour_ramps import RampName, ramp
from render.host_overlays import HUE_REACH, LIGHTNESS, LIGHTNESS_REACH
from render.oklab import to_srgb
from render.style import OverlayStyle

BAR_WIDTH_PX, BAR_HEIGHT_PX = 132, 9
CARD_WIDTH_PX = BAR_WIDTH_PX + 28
ROW_HEIGHT_PX = 50
SMALL_PX = 13
LABEL_PX = 15
MARGIN_PX = 14
STRIPE_COUNT = 44
CARD_FILL = (20, 21, 26, 215)


@dataclass(frozen=True)
class _Bar:
    """One scale: its name, what its ends mean, its colours."""

    title: str
    low: str
    high: str
    colours: tuple[Rgb, ...]


@dataclass(frozen=True)
class _Shown:
    """What the legend says. canvas: its left, top, width and height in the window. split: canvas x of the
    line and y of the pictures' names beside it. alone: canvas x and y of the start's name, where it is alone.
    """

    canvas: tuple[int, int, int, int]
    bars: tuple[_Bar, ...] = ()
    split: tuple[float, float] | None = None
    alone: tuple[float, float] | None = None


class Legend:
    """Drawn anew only when what it says changes."""

    def __init__(self) -> None:
        with inside(dpg.viewport_drawlist(front=True)):
            self._node = dpg.add_draw_node()
        self._shown: _Shown | None = None

    def sync(self, state: AppState, canvas: tuple[int, int, int, int], is_covered: bool) -> None:
        """Shows the state. is_covered: a window of ours may lie over the canvas."""
        shown = _Shown(canvas) if is_covered else _legend_of(state, canvas)
        if shown == self._shown:
            return
        self._shown = shown
        dpg.delete_item(self._node, children_only=True)
        left, top, _, height = canvas
        bottom = top + height - MARGIN_PX
        for bar in reversed(shown.bars):
            self._draw_bar(bar, left + MARGIN_PX, bottom - ROW_HEIGHT_PX)
            bottom -= ROW_HEIGHT_PX + 6
        if shown.split is not None:
            x, y = left + shown.split[0], top + shown.split[1]
            self._draw_name("start", x - 12, y, to_left=True)
            self._draw_name("now", x + 12, y, to_left=False)
        if shown.alone is not None:
            self._draw_name("start", left + shown.alone[0], top + shown.alone[1], to_left=False)

    def _draw_bar(self, bar: _Bar, x: float, y: float) -> None:
        node = self._node
        right = x + CARD_WIDTH_PX
        dpg.draw_rectangle(
            (x, y),
            (right, y + ROW_HEIGHT_PX),
            parent=node,
            color=(255, 255, 255, 26),
            fill=CARD_FILL,
            rounding=8,
        )
        dpg.draw_text((x + 14, y + 5), bar.title, parent=node, size=SMALL_PX, color=(*TEXT, 255))
        step = BAR_WIDTH_PX / len(bar.colours)
        for i, colour in enumerate(bar.colours):
            at = x + 14 + i * step
            dpg.draw_rectangle(
                (at, y + 22),
                (at + step + 0.5, y + 22 + BAR_HEIGHT_PX),
                parent=node,
                color=(0, 0, 0, 0),
                fill=colour,
            )
        dpg.draw_text((x + 14, y + 33), bar.low, parent=node, size=SMALL_PX, color=(*DIM, 255))
        width = _width(bar.high, SMALL_PX)
        dpg.draw_text((right - 14 - width, y + 33), bar.high, parent=node, size=SMALL_PX, color=(*DIM, 255))

    def _draw_name(self, text: str, x: float, y: float, to_left: bool) -> None:
        width = _width(text, LABEL_PX) + 20
        left = x - width if to_left else x
        dpg.draw_rectangle(
            (left, y),
            (left + width, y + 25),
            parent=self._node,
            color=(0, 0, 0, 0),
            fill=CARD_FILL,
            rounding=12,
        )
        dpg.draw_text((left + 10, y + 4), text, parent=self._node, size=LABEL_PX, color=(*TEXT, 255))


def _legend_of(state: AppState, canvas: tuple[int, int, int, int]) -> _Shown:
    overlays = state.overlays
    drawn = overlays.drawn(state.watched)
    if overlays.shows_start_alone:
        x, y = state.viewport.to_canvas(-0.5, -0.5)
        return _Shown(canvas, alone=(max(x, 0.0) + MARGIN_PX, max(y, 0.0) + MARGIN_PX))
    bars: list[_Bar] = []
    if drawn.features > 0 and "features" in overlays.layers:
        channel = overlays.choice.channel
        components = [_component_bar(index) for index in range(3)]
        one = [_ramp_bar(f"Features, channel {channel}", "low", "high", "heat")]
        bars += components if channel is None else one
    if drawn.similarity > 0:
        bars.append(_ramp_bar("Similarity to the point", "unlike", "alike", "heat"))
    if drawn.difference > 0 and "start" in overlays.layers:
        most = f"{OverlayStyle().difference_full:.0%}"
        bars.append(_ramp_bar("Difference to the start", "none", most, "change"))
    split = None
    if drawn.split is not None and "start" in overlays.layers:
        x, y = state.viewport.to_canvas(drawn.split.at * state.picture_size[0] - 0.5, -0.5)
        split = (x, max(y, 0.0) + MARGIN_PX)
    return _Shown(canvas, tuple(bars), split)


def _ramp_bar(title: str, low: str, high: str, name: RampName) -> _Bar:
    levels = ramp(name)[np.linspace(0, 255, STRIPE_COUNT).astype(int)]
    return _Bar(title, low, high, tuple((int(r), int(g), int(b)) for r, g, b in levels))


def _component_bar(index: int) -> _Bar:
    """One principal component, the other two at 0."""
    lab = np.zeros((STRIPE_COUNT, 3))
    lab[:, 0] = LIGHTNESS
    lab[:, index] += np.linspace(-1, 1, STRIPE_COUNT) * (LIGHTNESS_REACH, HUE_REACH, HUE_REACH)[index]
    levels = np.rint(to_srgb(lab) * 255).astype(int)
    title = ("1st component", "2nd component", "3rd component")[index]
    return _Bar(title, "-", "+", tuple((int(r), int(g), int(b)) for r, g, b in levels))


def _width(text: str, size_px: int) -> float:
    measured = dpg.get_text_size(text)
    return (measured[0] if measured else 8.0 * len(text)) * size_px / px(TEXT_SIZE_PX)
