"""Session files of older versions, as this one would have written them. Plain JSON values in and out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gan.drag_params import AUTOMATIC_PARAMS, DragParams

# The parameters before version 3 where a file leaves them out: other defaults change no old edit.
DEFAULTS_BEFORE_3: dict[str, Any] = {
    "learning_rate": 1e-2,
    "momentum_shedding": 0.0,
    "latent_space": "w+",
    "optimised_row_count": None,
    "row_fading": 0.0,
    "whitening": 0.0,
    "masked_whitening": 0.0,
    "supervision_radius": 3.0,
    "tracking_radius": 12.0,
    "mask_weight": 20.0,
    "mask_smoothing": 0.0,
    "order": "supervise-then-track",
    "tracking_norm": "l2",
    "tracking_kernel": "bilinear",
    "tracking_subdivision": 4,
    "stop_distance": 1.0,
    "minimum_stop_px": 0.5,
    "many_handle_count": 0,
    "supervised_beyond_px": 0.25,
    "feature_resolution": None,
}

# Likewise of version 3.
DEFAULTS_OF_3: dict[str, Any] = {
    **DEFAULTS_BEFORE_3,
    "learning_rate": 1.4e-2,
    "whitening": 0.75,
    "supervision_radius": 6.0,
}

# Likewise of version 4.
DEFAULTS_OF_4: dict[str, Any] = {
    **DEFAULTS_OF_3,
    "learning_rate": 1.6e-2,
    "row_fading": 0.5,
    "mask_smoothing": 0.1,
}

# Likewise of version 5.
DEFAULTS_OF_5: dict[str, Any] = {**DEFAULTS_OF_4, "momentum_shedding": 1.0}

_DEFAULTS: dict[Any, dict[str, Any]] = {
    1: DEFAULTS_BEFORE_3,
    2: DEFAULTS_BEFORE_3,
    3: DEFAULTS_OF_3,
    4: DEFAULTS_OF_4,
    5: DEFAULTS_OF_5,
}


def upgraded(document: Any) -> Any:
    """The fields of a document. What is no document is left to the validation."""
    if not (isinstance(document, dict) and isinstance(document.get("edits"), list)):
        return document
    edits = document["edits"]
    defaults = _DEFAULTS.get(document.get("version"))
    if defaults is not None:
        edits = [_with_params(edit, defaults) for edit in edits]
        if edits and not _sets_params(*edits[1:2]):
            edits.insert(1, _with_params({"edit": "set-params", "params": {}}, defaults))
    return {**document, "edits": edits}


def with_rows_of_version(params: DragParams, version: int, num_ws: int) -> DragParams:
    """What a file of that version leaves open, as the program of its time chose it: before version 4 a third
    of the num_ws rows of w_plus, rounded up."""
    if version > 3 or params.optimised_row_count is not None:
        return params
    return replace(params, optimised_row_count=-(-num_ws // 3))


def _with_params(edit: Any, defaults: dict[str, Any]) -> Any:
    if not (_sets_params(edit) and isinstance(edit.get("params"), dict)):
        return edit
    params = {**defaults, **edit["params"]}
    automatic = [name for name in AUTOMATIC_PARAMS if params.get(name) is None]
    return {"automatic": automatic, **edit, "params": params}


def _sets_params(edit: Any = None) -> bool:
    return isinstance(edit, dict) and edit.get("edit") == "set-params"
