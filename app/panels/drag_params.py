"""Drag parameters: every field of `DragParams`, with ranges and help from gan/, and the presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import dearpygui.dearpygui as dpg

from app import events
from app.drag_param_labels import label_of
from app.drag_presets import DRAG_PRESETS, DragPreset
from app.panels.panel import Emit, SectionTooltip, Shown, button, labelled, tooltip
from app.state import AppState
from app.ui.containers import inside
from app.ui.theme import Themes
from gan.drag_params import AUTOMATIC_PARAMS, PARAM_RANGES, DragParams, ParamRange
from gan.errors import EditError

WHOLE_NUMBERS = ("tracking_subdivision", "many_handle_count")
AUTOMATIC = "automatic"

# What the panel shows before "More"; the rest is for people who read the paper.
FIRST_FIELDS = (
    "learning_rate",
    "whitening",
    "masked_whitening",
    "latent_space",
    "supervision_radius",
    "tracking_radius",
    "mask_weight",
)
CHOICES = {"supervise-then-track": "supervise first", "track-then-supervise": "track first"}
TERMS = {  # where it is not the field's name
    "momentum_shedding": "Adam's first moment, its part against the gradient",
    "latent_space": "W or W+",
    "optimised_row_count": "rows of w_plus that are optimised",
    "row_fading": "learning rate of later rows, each by so much below the one before",
    "whitening": "whitening of W, principal components",
    "masked_whitening": "whitening of W while there is a fixed region",
    "supervision_radius": "r1, motion supervision",
    "tracking_radius": "r2, point tracking",
    "mask_weight": "lambda",
    "mask_smoothing": "Huber threshold of the mask term, a share of the mean feature",
    "tracking_kernel": "quadratic B-spline, or bilinear interpolation, of the feature map",
    "order": "order of motion supervision and point tracking",
    "feature_resolution": "resolution of the feature map F",
}


class DragParamsPanel:
    """A widget for every parameter. A change is a whole new `DragParams`, so it is checked in one place."""

    title = "Parameters"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._params = DragParams()
        self._fields: dict[str, Shown] = {}
        self._resolutions: tuple[str, ...] = ()
        self._more: SectionTooltip | None = None

    def build(self) -> None:
        """Adds the widgets."""
        with inside(dpg.group(horizontal=True)):
            for preset in DRAG_PRESETS:
                is_last = preset is DRAG_PRESETS[-1]
                button(preset.label, self._chooser(preset), preset.help, width=-1 if is_last else 90)
        for name in FIRST_FIELDS:
            self._add(name, PARAM_RANGES[name])
        with inside(dpg.tree_node(label="More")) as more:
            for name, info in PARAM_RANGES.items():
                if name not in FIRST_FIELDS:
                    self._add(name, info)
        self._more = SectionTooltip(
            more, "Shows or hides the other parameters of the method (hyperparameters)"
        )

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        if self._more is not None:
            self._more.sync()
        self._params = state.params
        resolutions = tuple(str(2**k) for k in range(3, state.picture_size[0].bit_length()))
        if resolutions != self._resolutions:  # another model
            self._resolutions = resolutions
            dpg.configure_item(self._fields["feature_resolution"].tag, items=[AUTOMATIC, *resolutions])
        for name, shown in self._fields.items():
            value = getattr(state.params, name)
            if name in AUTOMATIC_PARAMS:
                value = AUTOMATIC if value is None else str(value)
            shown.set(_shown(value))

    def _add(self, name: str, info: ParamRange) -> None:
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            label = labelled(label_of(name), self._themes.dim)
            self._fields[name] = Shown(self._widget(name, info))
        help_text = f"{info.help}\nIn the field's terms: {TERMS.get(name, name.replace('_', ' '))}"
        tooltip(label, help_text)
        tooltip(self._fields[name].tag, help_text)

    def _widget(self, name: str, info: ParamRange) -> int | str:
        changed = self._changer(name)
        if name in AUTOMATIC_PARAMS:
            numbers = map(str, range(int(info.minimum), int(info.maximum) + 1))
            items = [] if name == "feature_resolution" else numbers  # blocks: as the generator has them
            return dpg.add_combo([AUTOMATIC, *items], width=-1, callback=changed)
        if info.choices:
            return dpg.add_combo([_shown(choice) for choice in info.choices], width=-1, callback=changed)
        if name in WHOLE_NUMBERS:
            return dpg.add_slider_int(
                width=-1,
                min_value=int(info.minimum),
                max_value=int(info.maximum),
                clamped=True,
                callback=changed,
            )
        # useful learning rates lie in the lowest part of the range: a slider over all of it is no use
        top = 0.04 if name == "learning_rate" else info.maximum
        return dpg.add_slider_float(
            width=-1,
            min_value=info.minimum,
            max_value=top,
            format="%.4f" if info.step < 0.01 else "%.2f" if info.step < 0.5 else "%.1f",
            clamped=True,
            callback=changed,
        )

    def _changer(self, name: str) -> Callable[[int, Any], None]:
        def changed(_sender: int, value: Any) -> None:
            if name in AUTOMATIC_PARAMS:
                value = None if value == AUTOMATIC else int(value)
            elif PARAM_RANGES[name].choices:
                value = next(c for c in PARAM_RANGES[name].choices if _shown(c) == value)
            try:
                params = dataclasses.replace(self._params, **{name: value})
            except EditError:
                return  # between two slider stops at the range's end: the widget shows the old value again
            self._emit(events.SetParams(params))

        return changed

    def _chooser(self, preset: DragPreset) -> Callable[[], None]:
        return lambda: self._emit(events.ChoosePreset(preset))


def _shown(value: Any) -> Any:
    """Long choices in fewer words: a combo box cuts them off."""
    return CHOICES.get(value, value) if isinstance(value, str) else value
