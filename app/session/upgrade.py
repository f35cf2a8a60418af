"""Session files of older versions, as this one would have written them. Plain JSON values in and out."""

from __future__ import annotations

from typing import Any

from gan.drag_params import AUTOMATIC_PARAMS

# The defaults before version 3, for files that leave a parameter out: steps were taken in plain w+.
DEFAULTS_BEFORE_3: dict[str, Any] = {
    "learning_rate": 1e-2,
    "whitening": 0.0,
    "supervision_radius": 3.0,
    "mask_weight": 20.0,
}


def upgraded(document: Any) -> Any:
    """The fields of a whole document. What is no document is left to the validation."""
    if not (isinstance(document, dict) and _is_older(document) and isinstance(document.get("edits"), list)):
        return document
    edits = [upgraded_edit(edit, document) for edit in document["edits"]]
    if edits and not _sets_params(edits[1:2]):
        edits.insert(1, upgraded_edit({"edit": "set-params", "params": {}}, document))
    return {**document, "edits": edits}


def upgraded_edit(edit: Any, head: dict[str, Any]) -> Any:
    """One edit of a document that begins with the fields `head`."""
    if not (_is_older(head) and _sets_params([edit]) and isinstance(edit.get("params"), dict)):
        return edit
    params = {**DEFAULTS_BEFORE_3, **edit["params"]}
    automatic = [name for name in AUTOMATIC_PARAMS if params.get(name) is None]
    return {**edit, "params": params, "automatic": automatic}


def _is_older(head: dict[str, Any]) -> bool:
    return head.get("version") in (1, 2)


def _sets_params(edits: list[Any]) -> bool:
    return any(isinstance(edit, dict) and edit.get("edit") == "set-params" for edit in edits)
