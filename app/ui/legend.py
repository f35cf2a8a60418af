"""`Legend`: a card over the canvas that says what the colours of the overlays mean, and on which side of a
split which picture is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import dearpygui.dearpygui as dpg
import numpy as np

from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import TEXT_SIZE_PX, px, text_width
from app.ui.theme import DIM, PLATE, TEXT, Rgb
from render.colour_ramps import RampName, ramp
from render.host_overlays import HUE_REACH, LIGHTNESS, LIGHTNESS_REACH
from render.oklab import to_srgb
from render.style import OverlayStyle

# At 100 %.
BAR_WIDTH_PX, BAR_HEIGHT_PX = 132, 9
PADDING_PX = 14  # of a card, left and right
CARD_WIDTH_PX = BAR_WIDTH_PX + 2 * PADDING_PX
CARD_HEIGHT_PX = 50
CARD_GAP_PX = 6
CARD_ROUNDING_PX = 8
TITLE_TOP_PX, BAR_TOP_PX, ENDS_TOP_PX = 5, 22, 33
SMALL_PX = 13
LABEL_PX = 15
LABEL_HEIGHT_PX, LABEL_PADDING_PX, LABEL_TOP_PX = 25, 10, 4
DIVIDER_GAP_PX = 12  # from the line to the pictures' names
MARGIN_PX = 14

STRIPE_COUNT = 44
CARD_FILL = (*PLATE, 215)


@dataclass(frozen=True)
class Bar:
    """One scale: its name, what its ends mean, its colours. hint: in place of the ends, what to do so that
    there is something to be seen."""

    title: str
    low: str
    high: str
    colours: tuple[Rgb, ...]
    hint: str = ""


@dataclass(frozen=True)
class LegendView:
    """What the legend says. canvas: its left, top, width and height in the window. split: canvas x of the
    line and y of the pictures' names beside it. alone: canvas x and y of the start's name, where it is alone.
    """

    canvas: tuple[int, int, int, int]
    bars: tuple[Bar, ...] = ()
    split: tuple[float, float] | None = None
    alone: tuple[float, float] | None = None


class Legend:
    """Drawn anew only when what it says changes."""

    def __init__(self) -> None:
        with inside(dpg.viewport_drawlist(front=True)):
            self._node = dpg.add_draw_node()
        self._shown: LegendView | None = None

    def sync(self, state: AppState, canvas: tuple[int, int, int, int], is_covered: bool) -> None:
        """Shows the state. is_covered: a window of ours may lie over the canvas."""
        shown = LegendView(canvas) if is_covered else legend_of(state, canvas)
        if shown == self._shown:
            return
        self._shown = shown
        dpg.delete_item(self._node, children_only=True)
        left, top, _, height = canvas
        bottom = top + height - px(MARGIN_PX)
        for bar in reversed(shown.bars):
            self._draw_bar(bar, left + px(MARGIN_PX), bottom - px(CARD_HEIGHT_PX))
            bottom -= px(CARD_HEIGHT_PX + CARD_GAP_PX)
        if shown.split is not None:
            x, y, gap = left + shown.split[0], top + shown.split[1], px(DIVIDER_GAP_PX)
            self._draw_name("start", x - gap, y, to_left=True)
            self._draw_name("now", x + gap, y, to_left=False)
        if shown.alone is not None:
            self._draw_name("start", left + shown.alone[0], top + shown.alone[1], to_left=False)

    def _draw_bar(self, bar: Bar, x: float, y: float) -> None:
        node = self._node
        right, left = x + px(CARD_WIDTH_PX), x + px(PADDING_PX)
        dpg.draw_rectangle(
            (x, y),
            (right, y + px(CARD_HEIGHT_PX)),
            parent=node,
            color=(255, 255, 255, 26),
            fill=CARD_FILL,
            rounding=px(CARD_ROUNDING_PX),
        )
        self._draw_text((left, y + px(TITLE_TOP_PX)), bar.title, SMALL_PX, TEXT)
        top, step = y + px(BAR_TOP_PX), px(BAR_WIDTH_PX) / len(bar.colours)
        for i, colour in enumerate(bar.colours):
            dpg.draw_rectangle(
                (left + i * step, top),
                (left + (i + 1) * step + 0.5, top + px(BAR_HEIGHT_PX)),
                parent=node,
                color=(0, 0, 0, 0),
                fill=colour,
            )
        ends = y + px(ENDS_TOP_PX)
        if bar.hint:
            self._draw_text((left, ends), bar.hint, SMALL_PX, TEXT)
            return
        self._draw_text((left, ends), bar.low, SMALL_PX, DIM)
        self._draw_text((right - px(PADDING_PX) - _width(bar.high, SMALL_PX), ends), bar.high, SMALL_PX, DIM)

    def _draw_name(self, text: str, x: float, y: float, to_left: bool) -> None:
        width = _width(text, LABEL_PX) + 2 * px(LABEL_PADDING_PX)
        left = x - width if to_left else x
        dpg.draw_rectangle(
            (left, y),
            (left + width, y + px(LABEL_HEIGHT_PX)),
            parent=self._node,
            color=(0, 0, 0, 0),
            fill=CARD_FILL,
            rounding=px(LABEL_HEIGHT_PX) / 2,
        )
        self._draw_text((left + px(LABEL_PADDING_PX), y + px(LABEL_TOP_PX)), text, LABEL_PX, TEXT)

    def _draw_text(self, at: tuple[float, float], text: str, size_px: int, colour: Rgb) -> None:
        dpg.draw_text(at, text, parent=self._node, size=px(size_px), color=(*colour, 255))


def legend_of(state: AppState, canvas: tuple[int, int, int, int]) -> LegendView:
    """What the legend says of a state. Cards of what is on stay where they are while the mouse moves."""
    overlays = state.overlays
    drawn = overlays.drawn(state.watched)
    if overlays.shows_start_alone:
        x, y = state.viewport.to_canvas(-0.5, -0.5)
        return LegendView(canvas, alone=(max(x, 0.0) + px(MARGIN_PX), max(y, 0.0) + px(MARGIN_PX)))
    bars: list[Bar] = []
    if drawn.features > 0 and "features" in overlays.layers:
        channel = overlays.choice.channel
        components = [_component_bar(index) for index in range(3)]
        one = [_ramp_bar(f"Features, channel {channel}", "low", "high", "heat")]
        bars += components if channel is None else one
    if overlays.choice.similarity.strength > 0:
        bar = _ramp_bar("Similarity to the point", "unlike", "alike", "heat")
        bars.append(bar if state.watched is not None else replace(bar, hint=_point_at(state)))
    if drawn.difference > 0 and "start" in overlays.layers:
        most = f"{OverlayStyle().difference_full:.0%}"
        bars.append(_ramp_bar("Difference to the start", "none", most, "change"))
    split = None
    if drawn.split is not None and "start" in overlays.layers:
        x, y = state.viewport.to_canvas(drawn.split.at * state.picture_size[0] - 0.5, -0.5)
        split = (x, max(y, 0.0) + px(MARGIN_PX))
    return LegendView(canvas, tuple(bars), split)


def _point_at(state: AppState) -> str:
    return "Point at a handle" if state.handles else "Grab a point first"


def _ramp_bar(title: str, low: str, high: str, name: RampName) -> Bar:
    levels = ramp(name)[np.linspace(0, 255, STRIPE_COUNT).astype(int)]
    return Bar(title, low, high, tuple((int(r), int(g), int(b)) for r, g, b in levels))


def _component_bar(index: int) -> Bar:
    """One principal component, the other two at 0."""
    lab = np.zeros((STRIPE_COUNT, 3))
    lab[:, 0] = LIGHTNESS
    lab[:, index] += np.linspace(-1, 1, STRIPE_COUNT) * (LIGHTNESS_REACH, HUE_REACH, HUE_REACH)[index]
    levels = np.rint(to_srgb(lab) * 255).astype(int)
    title = ("1st component", "2nd component", "3rd component")[index]
    return Bar(title, "-", "+", tuple((int(r), int(g), int(b)) for r, g, b in levels))


def _width(text: str, size_px: int) -> float:
    """Screen px; size_px: at 100 %."""
    return text_width(text) * size_px / TEXT_SIZE_PX
