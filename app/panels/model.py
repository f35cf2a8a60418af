"""Model and seed: which generator, which picture of it, and how typical (truncation psi)."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, button, tooltip
from app.state import AppState
from app.ui.theme import Themes
from gan.generator import SEED_LIMIT

PSI_RANGE = (0.0, 1.2)
INT32_LIMIT = 2**31 - 1  # of Dear PyGui's whole-number field; larger seeds come from --seed


class ModelPanel:
    """Name, seed and psi."""

    title = "Picture"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes

    def build(self) -> None:
        """Adds the widgets."""
        self._name = Shown(dpg.add_text(""))
        dpg.bind_item_theme(self._name.tag, self._themes.dim)
        with dpg.group(horizontal=True):
            previous = dpg.add_button(label="<", width=34, callback=lambda: self._emit(events.ChangeSeed(-1)))
            seed = dpg.add_input_int(
                width=112,
                step=0,
                min_value=0,
                max_value=min(SEED_LIMIT - 1, INT32_LIMIT),
                min_clamped=True,
                max_clamped=True,
                on_enter=True,
                callback=lambda _sender, value: self._emit(events.SetSeed(int(value))),
            )
            following = dpg.add_button(label=">", width=34, callback=lambda: self._emit(events.ChangeSeed(1)))
            button(
                "Random", lambda: self._emit(events.SetSeed(None)), "A picture of a random seed (R)", width=-1
            )
        tooltip(previous, "Previous seed (Left)")
        tooltip(following, "Next seed (Right)")
        tooltip(seed, "Seed: the number that the random latent z is drawn from. Type one and press Enter")
        self._seed = Shown(seed)
        psi = dpg.add_slider_float(
            width=-1,
            min_value=PSI_RANGE[0],
            max_value=PSI_RANGE[1],
            format="psi  %.2f",
            clamped=True,
            callback=lambda _sender, value: self._emit(events.SetPsi(float(value))),
        )
        tooltip(
            psi, "Truncation psi: 0 is the model's average picture, 1 its full variety. 0.7 is a good middle"
        )
        self._psi = Shown(psi)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        width, height = state.picture_size
        self._name.set(f"{state.model_name}, {width} x {height}")
        self._seed.set(min(state.seed or 0, INT32_LIMIT))
        self._psi.set(state.truncation_psi)
