"""Colours, spacing and themes of the window: dark and calm, so that the picture is what one looks at."""

from __future__ import annotations

from dataclasses import dataclass

import dearpygui.dearpygui as dpg

from app.keys import KeyMap
from app.ui.containers import inside

Rgb = tuple[int, int, int]

PANEL: Rgb = (22, 23, 28)
FRAME: Rgb = (36, 38, 46)
HOVER: Rgb = (48, 51, 61)
LINE: Rgb = (40, 42, 50)
TEXT: Rgb = (228, 230, 235)
DIM: Rgb = (139, 144, 156)
DISABLED: Rgb = (84, 88, 98)
DISABLED_FRAME: Rgb = (28, 30, 36)
ACCENT: Rgb = (255, 107, 92)
ACCENT_HOVER: Rgb = (255, 130, 116)
GOOD: Rgb = (115, 219, 140)
WARNING: Rgb = (250, 199, 71)
ERROR: Rgb = (255, 107, 92)
BUSY: Rgb = (92, 184, 255)

FRAME_PADDING = (10, 6)


@dataclass(frozen=True)
class Themes:
    """What every widget needs: the themes that it is bound to, by tag, and the keys that it may name."""

    keys: KeyMap
    base: int
    bare: int  # a container without padding
    bar: int  # the toolbar
    line: int  # the status line
    side: int  # the side panel
    chosen: int  # the button of the tool in use
    primary: int  # the one button that starts things
    quiet: int  # small button without a frame
    dim: int  # secondary text
    section: int  # what lies under a section's title


def make_themes(keys: KeyMap) -> Themes:
    """Makes the themes and binds the base one. Call once, with a Dear PyGui context."""
    themes = Themes(
        keys=keys,
        base=_base(),
        bare=_container((0, 0)),
        bar=_container((16, 13)),
        line=_container((16, 8)),
        side=_container((16, 10)),
        chosen=_button((70, 40, 40), (84, 46, 45), (96, 50, 48), text=ACCENT_HOVER),
        primary=_button(ACCENT, ACCENT_HOVER, (235, 92, 78), text=(20, 12, 11)),
        quiet=_button(PANEL, HOVER, FRAME, text=DIM),
        dim=_theme({dpg.mvThemeCol_Text: DIM}, {}),
        section=_theme({dpg.mvThemeCol_Text: TEXT}, {dpg.mvStyleVar_FramePadding: FRAME_PADDING}),
    )
    dpg.bind_theme(themes.base)
    return themes


def _base() -> int:
    colours = {
        dpg.mvThemeCol_Text: TEXT,
        dpg.mvThemeCol_TextDisabled: DISABLED,
        dpg.mvThemeCol_WindowBg: PANEL,
        dpg.mvThemeCol_ChildBg: (0, 0, 0, 0),
        dpg.mvThemeCol_PopupBg: (28, 30, 36),
        dpg.mvThemeCol_Border: LINE,
        dpg.mvThemeCol_FrameBg: FRAME,
        dpg.mvThemeCol_FrameBgHovered: HOVER,
        dpg.mvThemeCol_FrameBgActive: HOVER,
        dpg.mvThemeCol_TitleBg: PANEL,
        dpg.mvThemeCol_TitleBgActive: FRAME,
        dpg.mvThemeCol_TitleBgCollapsed: PANEL,
        dpg.mvThemeCol_ScrollbarBg: PANEL,
        dpg.mvThemeCol_ScrollbarGrab: FRAME,
        dpg.mvThemeCol_ScrollbarGrabHovered: HOVER,
        dpg.mvThemeCol_ScrollbarGrabActive: HOVER,
        dpg.mvThemeCol_CheckMark: ACCENT,
        dpg.mvThemeCol_SliderGrab: (150, 156, 170, 110),
        dpg.mvThemeCol_SliderGrabActive: (*ACCENT, 190),
        dpg.mvThemeCol_Button: FRAME,
        dpg.mvThemeCol_ButtonHovered: HOVER,
        dpg.mvThemeCol_ButtonActive: (58, 61, 72),
        dpg.mvThemeCol_Header: (0, 0, 0, 0),
        dpg.mvThemeCol_HeaderHovered: FRAME,
        dpg.mvThemeCol_HeaderActive: FRAME,
        dpg.mvThemeCol_Separator: LINE,
        dpg.mvThemeCol_PlotLines: ACCENT,
        dpg.mvThemeCol_PlotLinesHovered: ACCENT_HOVER,
        dpg.mvThemeCol_PlotHistogram: BUSY,
        dpg.mvThemeCol_TextSelectedBg: (90, 50, 48),
        dpg.mvThemeCol_TableBorderLight: LINE,
        dpg.mvThemeCol_TableBorderStrong: LINE,
        dpg.mvThemeCol_TableRowBg: PANEL,
        dpg.mvThemeCol_TableRowBgAlt: PANEL,
        dpg.mvThemeCol_NavCursor: (0, 0, 0, 0),
    }
    styles = {
        dpg.mvStyleVar_WindowPadding: (16, 12),
        dpg.mvStyleVar_FramePadding: FRAME_PADDING,
        dpg.mvStyleVar_ItemSpacing: (8, 8),
        dpg.mvStyleVar_ItemInnerSpacing: (8, 6),
        dpg.mvStyleVar_CellPadding: (4, 3),
        dpg.mvStyleVar_FrameRounding: (6,),
        dpg.mvStyleVar_GrabRounding: (6,),
        dpg.mvStyleVar_GrabMinSize: (12,),
        dpg.mvStyleVar_ChildRounding: (0,),
        dpg.mvStyleVar_PopupRounding: (8,),
        dpg.mvStyleVar_WindowRounding: (10,),
        dpg.mvStyleVar_ScrollbarSize: (10,),
        dpg.mvStyleVar_ScrollbarRounding: (6,),
        dpg.mvStyleVar_WindowBorderSize: (0,),
        dpg.mvStyleVar_ChildBorderSize: (0,),
        dpg.mvStyleVar_PopupBorderSize: (1,),
        dpg.mvStyleVar_ImageBorderSize: (0,),
    }
    theme = _theme(colours, styles)
    with inside(dpg.theme_component(dpg.mvCollapsingHeader, parent=theme)):
        dpg.add_theme_style(dpg.mvStyleVar_FramePadding, 3, 6)  # the arrow stands near its title
        dpg.add_theme_color(dpg.mvThemeCol_Text, DIM)
    with inside(dpg.theme_component(dpg.mvButton, enabled_state=False, parent=theme)):
        dpg.add_theme_color(dpg.mvThemeCol_Text, DISABLED)
        for colour in (dpg.mvThemeCol_Button, dpg.mvThemeCol_ButtonHovered, dpg.mvThemeCol_ButtonActive):
            dpg.add_theme_color(colour, DISABLED_FRAME)
    return theme


def _container(padding: tuple[int, int]) -> int:
    # No fill: the viewport's clear colour is the panels' colour. Every filled layer of the whole window costs
    # 7 ms a frame where Mesa draws on the processor.
    return _theme(
        {dpg.mvThemeCol_ChildBg: (0, 0, 0, 0), dpg.mvThemeCol_WindowBg: (0, 0, 0, 0)},
        {
            dpg.mvStyleVar_WindowPadding: padding,
            dpg.mvStyleVar_WindowRounding: (0,),
            dpg.mvStyleVar_WindowBorderSize: (0,),
        },
    )


def _button(colour: Rgb, hovered: Rgb, active: Rgb, text: Rgb) -> int:
    return _theme(
        {
            dpg.mvThemeCol_Button: colour,
            dpg.mvThemeCol_ButtonHovered: hovered,
            dpg.mvThemeCol_ButtonActive: active,
            dpg.mvThemeCol_Text: text,
        },
        {},
    )


def _theme(colours: dict[int, tuple[int, ...]] | dict[int, Rgb], styles: dict[int, tuple[int, ...]]) -> int:
    with inside(dpg.theme()) as theme, inside(dpg.theme_component(dpg.mvAll)):
        for target, colour in colours.items():
            dpg.add_theme_color(target, colour)
        for target, values in styles.items():
            dpg.add_theme_style(target, *values)
    return int(theme)
