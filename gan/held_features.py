"""The features that a drag holds on to: its handles' references, and the start's under a mask.

Read by the drag's `LatentReader` when the mask, the latent, the block, the tracking kernel or the layers
change. From one state to
another; pure.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from gan.drag_state import DragSnapshot
from gan.latent_reader import LatentReader


def with_mask(
    state: DragSnapshot, reader: LatentReader, mask: Tensor | None, like: DragSnapshot | None = None
) -> DragSnapshot:
    """mask (H, W) bool, True = movable; None = everything may move. like: a state whose features at the start
    are those of this one, if it has them; None = this one itself."""
    if mask is None:
        return replace(state, mask=None, region=None)
    # kept from stroke to stroke while a mask is painted
    start = (state if like is None else like).initial_map
    start = reader.start_map(state.w0) if start is None else start
    return replace(state, mask=mask, region=reader.region(mask), initial_map=start)


def with_latent(state: DragSnapshot, reader: LatentReader, latent: Tensor) -> DragSnapshot:
    """Another picture, of w_plus (num_ws, w_dim): handles stay and hold on to what is there now."""
    return read_again(replace(state, w_plus=latent, w0=latent), reader)


def read_again(state: DragSnapshot, reader: LatentReader) -> DragSnapshot:
    """After the latent or the block changed."""
    state = with_references(state, reader)
    if state.mask is None:
        return replace(state, initial_map=None)
    region, start = reader.region(state.mask), reader.start_map(state.w0)
    return replace(state, initial_map=start, region=region)


def with_references(state: DragSnapshot, reader: LatentReader) -> DragSnapshot:
    """After the tracking kernel changed."""
    return replace(state, references=reader.features_at(state.w_plus, state.handles))


def with_layers(state: DragSnapshot, reader: LatentReader) -> DragSnapshot:
    """After other layers got 16 bits: references that had overflowed are read again, and the start. Waits for
    the device."""
    sound = state.references.isfinite().all(dim=1, keepdim=True)
    if not bool(sound.all()):  # sync: layers change after a refused step, or once before the first
        again = reader.features_at(state.w_plus, state.handles)
        state = replace(state, references=torch.where(sound, state.references, again))
    if state.initial_map is not None:
        state = replace(state, initial_map=reader.start_map(state.w0))
    return state
