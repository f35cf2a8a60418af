"""`PackedSnapshot`: a `DragSnapshot` as small as it can be and still be exact, to keep thousands of them.

A step changes some rows of the latent, Adam's moments and a few points; the rest is shared with a template.
What follows from the mask (a map of features above all, megabytes at 1024 px) is left out and made anew from
the mask, see `DragSession.restore`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gan.adam import AdamState
from gan.drag_state import DragSnapshot


@dataclass(frozen=True)
class PackedSnapshot:
    """template: without mask; unchanged by the steps since. rows: how many rows of w_plus are in `values`.

    values: those rows, Adam's two moments and step, handles and centres, one vector on the device (one
    tensor, because parts of a captured step's outcome would keep all of it in memory).
    """

    template: DragSnapshot
    rows: int
    values: Tensor
    iteration: int
    byte_count: int  # of values, and of the template where this is the first that uses it

    def unpack(self) -> DragSnapshot:
        """The snapshot, bit for bit, without its mask."""
        kept = self.template
        shapes = [
            torch.Size([self.rows, kept.w_plus.shape[1]]),
            kept.adam.first.shape,
            kept.adam.second.shape,
            kept.adam.step.shape,
            kept.handles.shape,
            kept.centres.shape,
        ]
        parts = torch.split(self.values, [shape.numel() for shape in shapes])
        moving, first, second, step, handles, centres = (
            part.view(shape) for part, shape in zip(parts, shapes, strict=True)
        )
        return replace(
            kept,
            w_plus=torch.cat([moving, kept.w_plus[self.rows :]]),
            handles=handles,
            centres=centres,
            adam=AdamState(first, second, step),
            iteration=self.iteration,
        )


def pack(snapshot: DragSnapshot, earlier: PackedSnapshot | None = None) -> PackedSnapshot:
    """earlier: the one packed before, whose template is used again where only steps lie between."""
    rows = snapshot.params.row_count(snapshot.w_plus.shape[0])
    template, new_bytes = _template_of(snapshot, earlier)
    adam = snapshot.adam
    parts = [snapshot.w_plus[:rows], adam.first, adam.second, adam.step, snapshot.handles, snapshot.centres]
    values = torch.cat([part.reshape(-1) for part in parts])
    return PackedSnapshot(template, rows, values, snapshot.iteration, values.nbytes + new_bytes)


def blend_latents(first: Tensor, second: Tensor, share: float) -> Tensor:
    """From `first` (share 0) to `second` (share 1), both (num_ws, w_dim); the ends are met to the bit."""
    if share in (0.0, 1.0):
        return (second if share else first).clone()
    return first + share * (second - first)


def _template_of(snapshot: DragSnapshot, earlier: PackedSnapshot | None) -> tuple[DragSnapshot, int]:
    """The template, and how many bytes it holds that the earlier one does not.

    Edits make new tensors: what is the same object is unchanged."""
    known = None if earlier is None else earlier.template
    if (
        known is None
        or known.w0 is not snapshot.w0
        or known.references is not snapshot.references
        or known.params is not snapshot.params
        or known.handle_ids != snapshot.handle_ids
        or known.largest_id != snapshot.largest_id
    ):
        template = replace(snapshot, mask=None, initial_map=None, region=None)
        shared = (snapshot.w_plus, snapshot.w0, snapshot.references, snapshot.targets)
        return template, sum(tensor.nbytes for tensor in shared)
    if known.targets is not snapshot.targets:  # the mouse has moved, as it does between any two steps
        return replace(known, targets=snapshot.targets), snapshot.targets.nbytes
    return known, 0
