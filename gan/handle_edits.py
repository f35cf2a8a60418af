"""Handles of a drag: added, re-placed, removed, and their targets moved. From one state to another; pure.

A handle's reference feature is read where the handle is put, by the drag's `LatentReader`.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from gan.drag_state import DragSnapshot
from gan.edit_checks import Point, check_target
from gan.errors import EditError
from gan.latent_reader import LatentReader


def with_handle(
    state: DragSnapshot, reader: LatentReader, handle_px: Point, target_px: Point, handle_id: int | None
) -> DragSnapshot:
    """One more handle, the last, and its target; its id is the largest ever + 1 if none is given.

    Raises EditError for a handle outside the picture, a point that is not finite, an id in use.
    """
    handle = reader.placed(handle_px, state.params)
    target = reader.points([check_target(target_px)])
    new_id = state.largest_id + 1 if handle_id is None else handle_id
    if new_id < 0 or new_id in state.handle_ids:
        raise EditError(f"handle id {new_id} is in use or negative; in use are {list(state.handle_ids)}")
    return replace(
        state,
        handles=torch.cat([state.handles, handle]),
        targets=torch.cat([state.targets, target]),
        references=torch.cat([state.references, reader.features_at(state.w_plus, handle)]),
        handle_ids=(*state.handle_ids, new_id),
        largest_id=max(state.largest_id, new_id),
    )


def with_any_handle(state: DragSnapshot, reader: LatentReader) -> DragSnapshot:
    """As it would be with a first handle, wherever that is: what a step of it computes depends on how many
    handles there are, not on their places. A state that has handles is returned as it is."""
    if state.handle_ids:
        return state
    middle = reader.middle_px
    state = with_handle(state, reader, middle, middle, None)
    return replace(state, centres=state.handles)


def with_target(state: DragSnapshot, reader: LatentReader, handle_id: int, target_px: Point) -> DragSnapshot:
    """A target elsewhere. Raises EditError where there is no such handle, or the point is not finite."""
    targets = state.targets.clone()
    targets[state.index_of(handle_id)] = reader.points([check_target(target_px)])[0]
    return replace(state, targets=targets)


def with_handle_at(
    state: DragSnapshot, reader: LatentReader, handle_id: int, handle_px: Point
) -> DragSnapshot:
    """A handle elsewhere, which holds on to what is there. Raises EditError where there is no such handle,
    or the place is outside the picture."""
    index = state.index_of(handle_id)
    handle = reader.placed(handle_px, state.params)
    handles, references = state.handles.clone(), state.references.clone()
    handles[index], references[index] = handle[0], reader.features_at(state.w_plus, handle)[0]
    return replace(state, handles=handles, references=references)


def without_handle(state: DragSnapshot, handle_id: int) -> DragSnapshot:
    """Without a handle and its target. Raises EditError where there is no such handle."""
    index = state.index_of(handle_id)
    kept = [i for i in range(state.handle_count) if i != index]
    return replace(
        state,
        handles=state.handles[kept],
        targets=state.targets[kept],
        references=state.references[kept],
        handle_ids=tuple(state.handle_ids[i] for i in kept),
    )


def without_handles(state: DragSnapshot) -> DragSnapshot:
    """Without any handle."""
    return replace(
        state,
        handles=state.handles[:0],
        targets=state.targets[:0],
        references=state.references[:0],
        handle_ids=(),
    )
