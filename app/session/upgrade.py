"""Session files of older versions, as this one would have written them. Plain JSON values in and out."""

from __future__ import annotations

from typing import Any

from gan.drag_params import AUTOMATIC_PARAMS

# The parameters before version 3 where a file leaves them out: other defaults change no old edit.
DEFAULTS_BEFORE_3: dict[str, Any] = {
    "learning_rate": 1e-2,
    "latent_space": "w+",
    "optimised_row_count": None,
    "whitening": 0.0,
    "masked_whitening": 0.0,
    "supervision_radius": 3.0,
    "tracking_radius": 12.0,
    "mask_weight": 20.0,
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
    if not (isinstance(document, dict) and _is_older(document) and isinstance(document.get("edits"), list)):
        return document
    edits = [_upgraded_edit(edit) for edit in document["edits"]]
    if edits and not _sets_params(*edits[1:2]):
        edits.insert(1, _upgraded_edit({"edit": "set-params", "params": {}}))
    return {**document, "edits": edits}


def _upgraded_edit(edit: Any) -> Any:
    if not (_sets_params(edit) and isinstance(edit.get("params"), dict)):
        return edit
    params = {**DEFAULTS_BEFORE_3, **edit["params"]}
    automatic = [name for name in AUTOMATIC_PARAMS if params.get(name) is None]
    return {**edit, "params": params, "automatic": automatic}


def _is_older(head: dict[str, Any]) -> bool:
    return head.get("version") in (1, 2)


def _sets_params(edit: Any = None) -> bool:
    return isinstance(edit, dict) and edit.get("edit") == "set-params"
