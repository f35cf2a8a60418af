"""The window's colours, dark and light. Plain values; that they can be read is tested by numbers."""

from __future__ import annotations

from dataclasses import dataclass

from app.settings import Theme
from app.state import Tone

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Colours:
    """One theme. Texts are readable (WCAG 4.5 to 1) on `panel`, `raised` and `frame`."""

    panel: Rgb  # the window's ground
    raised: Rgb  # of windows and tooltips that lie above it
    frame: Rgb  # fields and buttons
    hover: Rgb
    line: Rgb
    canvas: Rgb  # around the picture
    text: Rgb
    dim: Rgb  # secondary text
    disabled: Rgb
    disabled_frame: Rgb
    accent: Rgb  # the one button that starts things
    accent_hover: Rgb
    accent_text: Rgb  # on it
    chosen: Rgb  # ground of what is chosen
    chosen_text: Rgb
    grab: Rgb  # of sliders and scroll bars
    good: Rgb
    warning: Rgb
    error: Rgb
    busy: Rgb

    def of_tone(self, tone: Tone) -> Rgb:
        """The colour of a status."""
        tones: dict[Tone, Rgb] = {
            "calm": self.dim,
            "busy": self.busy,
            "good": self.good,
            "warning": self.warning,
            "error": self.error,
        }
        return tones[tone]


DARK = Colours(
    panel=(22, 23, 28),
    raised=(29, 31, 37),
    frame=(38, 40, 48),
    hover=(50, 53, 63),
    line=(46, 48, 57),
    canvas=(14, 15, 18),
    text=(228, 230, 235),
    dim=(152, 157, 169),
    disabled=(92, 96, 106),
    disabled_frame=(29, 31, 37),
    accent=(255, 107, 92),
    accent_hover=(255, 130, 116),
    accent_text=(20, 12, 11),
    chosen=(74, 42, 41),
    chosen_text=(255, 150, 138),
    grab=(112, 117, 129),
    good=(115, 219, 140),
    warning=(250, 199, 71),
    error=(255, 128, 115),
    busy=(92, 184, 255),
)

LIGHT = Colours(
    panel=(247, 248, 250),
    raised=(255, 255, 255),
    frame=(228, 231, 237),
    hover=(214, 218, 226),
    line=(208, 212, 220),
    canvas=(223, 225, 230),
    text=(29, 31, 37),
    dim=(82, 87, 99),
    disabled=(160, 164, 174),
    disabled_frame=(240, 241, 244),
    accent=(200, 50, 36),
    accent_hover=(206, 58, 44),
    accent_text=(255, 255, 255),
    chosen=(252, 222, 217),
    chosen_text=(150, 32, 20),
    grab=(140, 145, 157),
    good=(16, 112, 54),
    warning=(132, 84, 0),
    error=(184, 36, 24),
    busy=(0, 92, 166),
)

COLOURS: dict[Theme, Colours] = {"dark": DARK, "light": LIGHT}
