"""`OverlayDesk`: applies the events about overlays, and has what they show made, uploaded and taken away.

What is off costs nothing: nothing is asked of the worker, and the compositor has no layer for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app import events
from app.editor import Editor
from app.handle_trails import HandleTrails
from app.keys import KeyMap
from app.map_request import FeatureChoice, MapRequest
from app.overlays import Layer, OverlayChoice, info_of
from app.state import AppState, Status
from app.worker_frame import WorkerFrame
from render.compositor import Compositor
from render.errors import RenderError
from render.overlays import LayerName


class OverlayDesk:
    """Between the overlays' controls, the worker and the compositor."""

    def __init__(
        self, state: AppState, editor: Editor, compositor: Callable[[], Compositor], keys: KeyMap
    ) -> None:
        self._state = state
        self._editor = editor
        self._compositor = compositor
        self._keys = keys
        self._trails = HandleTrails()
        self._asked = MapRequest()
        self._explained: tuple[events.ToggleOverlay, Status] | None = None  # why nothing is seen
        self._compared_picture: object = None  # the picture whose start is kept at hand for comparing

    def apply(self, event: events.OverlayEvent) -> None:
        """Applies one event."""
        overlays = self._state.overlays
        choice = overlays.choice
        match event:
            case events.ToggleOverlay():
                overlays.choice = choice.toggled(event.name)
                if overlays.choice.layer(event.name).strength == 0 and overlays.choice.layer(event.name).on:
                    default: Layer = OverlayChoice().layer(event.name)  # else switching it on shows nothing
                    overlays.choice = overlays.choice.with_opacity(event.name, default.opacity)
                if not event.quietly:
                    shown = "shown" if overlays.choice.layer(event.name).on else "hidden"
                    label = info_of(event.name).label.lower()
                    self._state.status = Status(f"Overlay {shown}: {label}")
                self._explain(event)
            case events.SetOverlayOpacity():
                overlays.choice = choice.with_opacity(event.name, event.opacity)
            case events.ChooseFeatures():
                overlays.choice = replace(choice, block=event.block, channel=event.channel)
            case events.CompareWithStart():
                overlays.choice = replace(choice, comparing=event.on)
                if event.on:
                    self._compared_picture = self._picture

    def follow(self, finished: WorkerFrame | None) -> bool:
        """Once a frame: takes what the worker made, and asks for what is needed now. Whether a layer changed.

        finished: what the worker handed over in this frame.
        """
        changed = False
        if finished is not None:
            self._trails.note(finished)
            self._state.overlays.facts = finished.facts or self._state.overlays.facts
            changed = self._upload(finished)
        self._show_trails(finished is not None)
        self._stop_explaining()
        return self._ask() or changed

    def _upload(self, finished: WorkerFrame) -> bool:
        overlays, uploaded = self._state.overlays, False
        for layer in finished.layers:
            if layer.name not in self._asked.names:
                continue  # switched off while it was made
            try:
                self._compositor().set_layer(layer.name, layer.image)
            except RenderError as error:
                self._state.status = Status(str(error), "error")
                continue
            uploaded = True
            overlays.layers = frozenset((*overlays.layers, layer.name))
            if layer.name == "similarity":
                overlays.similarity_of = layer.of
        return uploaded

    def _ask(self) -> bool:
        """Tells the worker what is needed, where that has changed; whether a layer was taken away."""
        overlays, request = self._state.overlays, self._request()
        if request == self._asked:
            return False
        taken_away: list[LayerName] = [name for name in self._asked.names if name not in request.names]
        self._asked = request
        self._editor.set_maps(request)
        for name in taken_away:
            self._compositor().set_layer(name, None)
            overlays.layers = frozenset(n for n in overlays.layers if n != name)
            if name == "similarity":
                overlays.similarity_of = None
        return bool(taken_away)

    def _request(self) -> MapRequest:
        state = self._state
        choice = state.overlays.choice
        keeps_start = self._compared_picture is not None and self._compared_picture == self._picture
        features = None
        if choice.features.strength > 0:
            features = FeatureChoice(choice.block, choice.channel)
        return MapRequest(
            start=choice.split.strength > 0 or choice.difference.strength > 0 or keeps_start,
            features=features,
            similarity_of=state.watched if choice.similarity.strength > 0 else None,
        )

    @property
    def _picture(self) -> object:
        """What the start is the picture of."""
        return (self._state.model_name, self._state.seed, self._state.truncation_psi)

    def _show_trails(self, is_news: bool) -> None:
        overlays = self._state.overlays
        if overlays.choice.paths.strength <= 0:
            overlays.trails = {}
        elif is_news or not overlays.trails:
            overlays.trails = self._trails.trails()

    def _explain(self, event: events.ToggleOverlay) -> None:
        """Says why nothing is to be seen where that is so."""
        why = self._why_empty(event)
        if why is not None:
            self._state.status = Status(why)
            self._explained = (event, self._state.status)

    def _stop_explaining(self) -> None:
        """There is something to be seen now, or it was switched off."""
        if self._explained is None:
            return
        event, said = self._explained
        if self._why_empty(event) is None:
            self._explained = None
            if self._state.status is said:
                self._state.status = Status()

    def _why_empty(self, event: events.ToggleOverlay) -> str | None:
        """Why an overlay that is on shows nothing; None where it does, or is off."""
        state = self._state
        if not state.overlays.choice.layer(event.name).on:
            return None
        if event.name in ("paths", "radii") and not state.handles:
            return "There are no handles yet: press on the picture and pull"
        if event.name == "mask" and not state.mask_painted:
            movable, fixed = self._keys.hint("movable"), self._keys.hint("fixed")
            return f"No mask is painted: paint what may move{movable} or what stays{fixed}"
        return None
