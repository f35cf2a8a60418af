"""What the parameters of a drag are called in the window: beside their sliders, and when one is undone."""

from __future__ import annotations

_LABELS = {
    "learning_rate": "step size",
    "momentum_shedding": "less swing",
    "latent_space": "latent space",
    "optimised_row_count": "rows of w+",
    "row_fading": "finer rows less",
    "whitening": "naturalness",
    "masked_whitening": "... with a mask",
    "supervision_radius": "patch r1",
    "tracking_radius": "search r2",
    "mask_weight": "mask weight",
    "mask_smoothing": "mask smoothing",
    "order": "order",
    "tracking_norm": "tracking norm",
    "tracking_kernel": "tracking reads",
    "tracking_subdivision": "subpixels",
    "stop_distance": "stop distance",
    "minimum_stop_px": "stop at least",
    "many_handle_count": "many handles",
    "supervised_beyond_px": "pull beyond",
    "feature_resolution": "feature map",
}
_UNDO_LABELS = {"masked_whitening": "naturalness with a mask"}  # where the label needs the row above it


def label_of(name: str) -> str:
    """Plain words for a field of `DragParams`; its own name where there are none better."""
    return _LABELS.get(name, name.replace("_", " "))


def undo_label_of(name: str) -> str:
    """The same for a line of its own, as in "Undone: step size"."""
    return _UNDO_LABELS.get(name, label_of(name))
