"""Model and seed: which generator, which picture of it, and how typical (truncation psi)."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, action_button, labelled, tooltip
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px
from app.ui.theme import Themes

PSI_RANGE = (0.0, 1.2)


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
        with inside(dpg.group(horizontal=True)):
            action_button("previous_picture", "<", self._emit, self._themes, width=34)
            # text: Dear PyGui's whole-number field wraps around and clamps in silence
            seed = dpg.add_input_text(
                width=px(112), on_enter=True, auto_select_all=True, callback=self._typed
            )
            tooltip(seed, "Seed: the number that the random latent z is drawn from. Type one and press Enter")
            action_button("next_picture", ">", self._emit, self._themes, width=34)
            action_button("random", "Random", self._emit, self._themes, width=-1)
        self._seed = Shown(seed)
        with inside(dpg.group(horizontal=True, horizontal_spacing=0)):
            labelled("truncation psi", self._themes.dim)
            psi = dpg.add_slider_float(
                width=-1,
                min_value=PSI_RANGE[0],
                max_value=PSI_RANGE[1],
                format="%.2f",
                clamped=True,
                callback=lambda _sender, value: self._emit(events.SetPsi(float(value))),
            )
        tooltip(
            psi,
            "How typical the picture is (truncation psi): 0 is the model's average picture, 1 its full "
            "variety. 0.7 is a good middle",
        )
        self._psi = Shown(psi)

    def sync(self, state: AppState) -> None:
        """Shows the state."""
        width, height = state.picture_size
        self._name.set(f"{state.model_name}, {width} x {height}")
        self._seed.set("" if state.seed is None else str(state.seed))
        self._psi.set(state.truncation_psi)

    def _typed(self, _sender: int, text: str) -> None:
        self._seed.forget()  # where the seed is refused, the field shows the present one again
        self._emit(events.TypeSeed(text.strip()))
