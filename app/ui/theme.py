"""`Themes`: what widgets are bound to: calm colours and one spacing, both changeable in an open window."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app.colours import DARK, Colours, Rgb
from app.keys import KeyMap
from app.ui.containers import inside

Role = str  # a field of Colours, with "/120" behind it for its opacity of 255; "" = nothing is drawn
Pair = tuple[float, ...]

# Of what is drawn over the picture itself, on a dark plate, in both themes.
TEXT: Rgb = DARK.text
DIM: Rgb = DARK.dim
PLATE: Rgb = DARK.canvas

FRAME_PADDING: Pair = (10, 6)

_BASE_COLOURS: dict[int, Role] = {
    dpg.mvThemeCol_Text: "text",
    dpg.mvThemeCol_TextDisabled: "dim",  # what a field says while it is empty: to be read
    dpg.mvThemeCol_WindowBg: "raised",
    dpg.mvThemeCol_ChildBg: "",
    dpg.mvThemeCol_PopupBg: "raised",
    dpg.mvThemeCol_Border: "line",
    dpg.mvThemeCol_FrameBg: "frame",
    dpg.mvThemeCol_FrameBgHovered: "hover",
    dpg.mvThemeCol_FrameBgActive: "hover",
    dpg.mvThemeCol_TitleBg: "raised",
    dpg.mvThemeCol_TitleBgActive: "raised",
    dpg.mvThemeCol_TitleBgCollapsed: "raised",
    dpg.mvThemeCol_ScrollbarBg: "",
    dpg.mvThemeCol_ScrollbarGrab: "hover",
    dpg.mvThemeCol_ScrollbarGrabHovered: "grab",
    dpg.mvThemeCol_ScrollbarGrabActive: "grab",
    dpg.mvThemeCol_CheckMark: "accent",
    dpg.mvThemeCol_SliderGrab: "grab/150",
    dpg.mvThemeCol_SliderGrabActive: "accent/190",
    dpg.mvThemeCol_Button: "frame",
    dpg.mvThemeCol_ButtonHovered: "hover",
    dpg.mvThemeCol_ButtonActive: "line",
    dpg.mvThemeCol_Header: "",
    dpg.mvThemeCol_HeaderHovered: "frame",
    dpg.mvThemeCol_HeaderActive: "frame",
    dpg.mvThemeCol_Separator: "line",
    dpg.mvThemeCol_ResizeGrip: "",
    dpg.mvThemeCol_ResizeGripHovered: "grab",
    dpg.mvThemeCol_ResizeGripActive: "grab",
    dpg.mvThemeCol_PlotLines: "accent",
    dpg.mvThemeCol_PlotLinesHovered: "accent_hover",
    dpg.mvThemeCol_PlotHistogram: "grab",
    dpg.mvThemeCol_TextSelectedBg: "chosen",
    dpg.mvThemeCol_TableHeaderBg: "",
    dpg.mvThemeCol_TableBorderLight: "line",
    dpg.mvThemeCol_TableBorderStrong: "line",
    dpg.mvThemeCol_TableRowBg: "",
    dpg.mvThemeCol_TableRowBgAlt: "",
    dpg.mvThemeCol_ModalWindowDimBg: "canvas/150",
    dpg.mvThemeCol_NavCursor: "",
}

_BASE_STYLES: dict[int, Pair] = {
    dpg.mvStyleVar_WindowPadding: (16, 12),
    dpg.mvStyleVar_FramePadding: FRAME_PADDING,
    dpg.mvStyleVar_ItemSpacing: (8, 8),
    dpg.mvStyleVar_ItemInnerSpacing: (8, 6),
    dpg.mvStyleVar_CellPadding: (4, 3),
    dpg.mvStyleVar_IndentSpacing: (20,),
    dpg.mvStyleVar_FrameRounding: (6,),
    dpg.mvStyleVar_GrabRounding: (6,),
    dpg.mvStyleVar_GrabMinSize: (12,),
    dpg.mvStyleVar_ChildRounding: (0,),
    dpg.mvStyleVar_PopupRounding: (8,),
    dpg.mvStyleVar_WindowRounding: (10,),
    dpg.mvStyleVar_ScrollbarSize: (10,),
    dpg.mvStyleVar_ScrollbarRounding: (6,),
    dpg.mvStyleVar_WindowBorderSize: (1,),
    dpg.mvStyleVar_ChildBorderSize: (0,),
    dpg.mvStyleVar_PopupBorderSize: (1,),
    dpg.mvStyleVar_ImageBorderSize: (0,),
}

# No fill: the viewport's clear colour is the panels' colour. Every filled layer of the whole window costs
# 7 ms a frame where Mesa draws on the processor.
_UNFILLED: dict[int, Role] = {dpg.mvThemeCol_ChildBg: "", dpg.mvThemeCol_WindowBg: ""}


class Themes:
    """What every widget needs: the themes that it is bound to, by tag, and the keys that it may name.

    Made once, with a Dear PyGui context. Colours and scale change in place: the tags stay.
    """

    def __init__(self, keys: KeyMap, colours: Colours, scale: float = 1.0) -> None:
        self.keys = keys
        self.colours = colours  # of what is drawn, not bound
        self._scale = scale
        self._painted: list[tuple[int, Role]] = []
        self._sized: list[tuple[int, Pair]] = []
        self.base = self._make_base()
        self.bare = self._container((0, 0))  # a container without padding
        self.bar = self._container((16, 13))  # the toolbar
        self.line = self._container((16, 8))  # the status line
        self.side = self._container((10, 10))  # the side panel
        self.chosen = self._button(
            "chosen", "chosen", "chosen", "chosen_text"
        )  # the button of the tool in use
        self.primary = self._button("accent", "accent_hover", "accent", "accent_text")  # starts things
        self.quiet = self._button("", "hover", "frame", "dim")  # small button without a frame
        self.grip = self._button("", "line", "grab", "dim")  # what a panel's edge is pulled by
        self.dim = self._make({dpg.mvThemeCol_Text: "dim"}, {})  # secondary text
        self.heading = self._make({dpg.mvThemeCol_Text: "chosen_text"}, {})  # of a section of texts
        self.section = self._make(  # what lies under a section's title
            {dpg.mvThemeCol_Text: "text"}, {dpg.mvStyleVar_FramePadding: FRAME_PADDING}
        )
        self.dense = self._make({}, {dpg.mvStyleVar_FramePadding: (10, 1)})  # rows of text only
        self.picked = self._make(  # lines of a list, of which one is chosen
            {dpg.mvThemeCol_Header: "chosen", dpg.mvThemeCol_HeaderHovered: "hover"}, {}
        )
        dpg.bind_theme(self.base)

    def recolour(self, colours: Colours) -> None:
        """Another theme, from the next frame on."""
        self.colours = colours
        for tag, role in self._painted:
            dpg.set_value(tag, self._rgba(role))

    def rescale(self, scale: float) -> None:
        """Paddings of another scale, from the next frame on."""
        self._scale = scale
        for tag, lengths in self._sized:
            dpg.set_value(tag, self._scaled(lengths))

    def _make_base(self) -> int:
        theme = self._make(_BASE_COLOURS, _BASE_STYLES)
        with inside(dpg.theme_component(dpg.mvCollapsingHeader, parent=theme)):
            self._size(dpg.mvStyleVar_FramePadding, (3, 6))  # the arrow stands near its title
            self._paint(dpg.mvThemeCol_Text, "dim")
        with inside(dpg.theme_component(dpg.mvButton, enabled_state=False, parent=theme)):
            self._paint(dpg.mvThemeCol_Text, "disabled")
            for target in (dpg.mvThemeCol_Button, dpg.mvThemeCol_ButtonHovered, dpg.mvThemeCol_ButtonActive):
                self._paint(target, "disabled_frame")
        return theme

    def _container(self, padding: Pair) -> int:
        return self._make(
            _UNFILLED,
            {
                dpg.mvStyleVar_WindowPadding: padding,
                dpg.mvStyleVar_WindowRounding: (0,),
                dpg.mvStyleVar_WindowBorderSize: (0,),
            },
        )

    def _button(self, ground: Role, hovered: Role, active: Role, text: Role) -> int:
        return self._make(
            {
                dpg.mvThemeCol_Button: ground,
                dpg.mvThemeCol_ButtonHovered: hovered,
                dpg.mvThemeCol_ButtonActive: active,
                dpg.mvThemeCol_Text: text,
            },
            {},
        )

    def _make(self, colours: dict[int, Role], styles: dict[int, Pair]) -> int:
        with inside(dpg.theme()) as theme, inside(dpg.theme_component(dpg.mvAll)):
            for target, role in colours.items():
                self._paint(target, role)
            for target, lengths in styles.items():
                self._size(target, lengths)
        return int(theme)

    def _paint(self, target: int, role: Role) -> None:
        self._painted.append((int(dpg.add_theme_color(target, self._rgba(role))), role))

    def _size(self, target: int, lengths: Pair) -> None:
        self._sized.append((int(dpg.add_theme_style(target, *self._scaled(lengths))), lengths))

    def _rgba(self, role: Role) -> tuple[int, ...]:
        if not role:
            return (0, 0, 0, 0)
        name, _, opacity = role.partition("/")
        return (*getattr(self.colours, name), int(opacity or 255))

    def _scaled(self, lengths: Pair) -> Pair:
        # a border stays a hairline
        return tuple(length if length <= 1 else round(length * self._scale) for length in lengths)
