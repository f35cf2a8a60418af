"""Session files of older versions, as this one would have written them. Plain JSON values in and out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gan.drag_params import AUTOMATIC_PARAMS, DragParams

# The parameters before version 3 where a file leaves them out: other defaults change no old edit.
DEFAULTS_BEFORE_3: dict[str, Any] = {
    "learning_rate": 1e-2,
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
    "tracking_subdivision": 4,
    "stop_distance": 1.0,
    "minimum_stop_px": 0.5,
    "many_handle_count": 0,
    "supervised_beyond_px": 0.25,
    "feature_resolution": None,
}


def upgraded(document: Any) -> Any:
    """The fields of a document. What is no document is left to the validation."""
    if not (isinstance(document, dict) and isinstance(document.get("edits"), list)):
        return document
    edits, version = document["edits"], document.get("version")
    if version in (1, 2):
        edits = [_from_before_3(edit) for edit in edits]
        if edits and not _sets_params(*edits[1:2]):
            edits.insert(1, _from_before_3({"edit": "set-params", "params": {}}))
    elif version == 3:
        edits = [_from_3(edit) for edit in edits]
    return {**document, "edits": edits}


def with_rows_of_version(params: DragParams, version: int, num_ws: int) -> DragParams:
    """What a file of that version leaves open, as the program of its time chose it: before version 4 a third
    of the num_ws rows of w_plus, rounded up."""
    if version > 3 or params.optimised_row_count is not None:
        return params
    return replace(params, optimised_row_count=-(-num_ws // 3))


def _from_before_3(edit: Any) -> Any:
    if not _has_params(edit):
        return edit
    params = {**DEFAULTS_BEFORE_3, **edit["params"]}
    automatic = [name for name in AUTOMATIC_PARAMS if params.get(name) is None]
    return {**edit, "params": params, "automatic": automatic}


def _from_3(edit: Any) -> Any:
    if not _has_params(edit):
        return edit
    return {**edit, "params": {**edit["params"], "row_fading": 0.0, "mask_smoothing": 0.0}}


def _has_params(edit: Any) -> bool:
    return _sets_params(edit) and isinstance(edit.get("params"), dict)


def _sets_params(edit: Any = None) -> bool:
    return isinstance(edit, dict) and edit.get("edit") == "set-params"
