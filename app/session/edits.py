"""Edits as data: the only things that ever change a `DragSession`, and how each one is applied.

A session file is a list of these; the window, the command line and replay all go through `EditedDrag`, and
that through `apply_edit`.
"""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import replace
from typing import Annotated

import msgspec
import numpy as np
import torch
from torch import Tensor

from app.session.painted_mask import PaintedMask, decode_painted_mask, encode_painted_mask, movable_region
from gan.drag_params import AutomaticParam, DragParams
from gan.drag_session import DragSession
from gan.errors import EditError
from gan.generator import SEED_LIMIT, Generator
from gan.half_precision import HalfPrecision

PSI_RANGE = (-1.0, 2.0)  # beyond it pictures of every known model break up

Point = tuple[float, float]  # (x, y) in image pixels, pixel centres at integers
HandleId = Annotated[int, msgspec.Meta(ge=0)]
StepCount = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Position = Annotated[
    int, msgspec.Meta(ge=0)
]  # a picture of the session, in the order in which they were made


class _Edit(msgspec.Struct, frozen=True, tag_field="edit"):
    """Base of all edits; `edit` in the file names the kind."""


class StartFromSeed(_Edit, frozen=True, tag="start-from-seed"):
    """The picture of a seed. As the first edit it starts the session; later it replaces the latent."""

    seed: Annotated[int, msgspec.Meta(ge=0, lt=SEED_LIMIT)]
    truncation_psi: float = 0.7


class StartFromLatent(_Edit, frozen=True, tag="start-from-latent"):
    """The picture of a w_plus: base64 of little-endian float32, row by row."""

    w_plus: str
    rows: int
    columns: int


class AddHandle(_Edit, frozen=True, tag="add-handle"):
    """A new handle point with its target."""

    id: HandleId
    handle: Point
    target: Point


class MoveHandle(_Edit, frozen=True, tag="move-handle"):
    """Re-places a handle: its reference feature is taken anew."""

    id: HandleId
    handle: Point


class MoveTarget(_Edit, frozen=True, tag="move-target"):
    """Moves a handle's target, also in the middle of a drag."""

    id: HandleId
    target: Point


class RemoveHandle(_Edit, frozen=True, tag="remove-handle"):
    """Removes one handle."""

    id: HandleId


class ClearHandles(_Edit, frozen=True, tag="clear-handles"):
    """Removes all handles."""


class SetMask(_Edit, frozen=True, tag="set-mask"):
    """The whole painted mask as `encode_painted_mask` writes it; None = nothing painted."""

    png: str | None


class SetParams(_Edit, frozen=True, tag="set-params", omit_defaults=True):
    """All parameters of the drag loop; every one is stored, so that new defaults change no old session.

    automatic: the parameters that were left to the program; `params` has what it chose for this generator, so
    that another rule changes no old session either. In an edit that is not in a session yet they may be None.
    """

    params: DragParams
    automatic: tuple[AutomaticParam, ...] = ()

    @property
    def asked(self) -> DragParams:
        """The parameters as they were asked for: None for what was left to the program."""
        return replace(self.params, **dict.fromkeys(self.automatic))


class SetHalfLayers(_Edit, frozen=True, tag="set-half-layers"):
    """From the next step on the layers at so many cells and more convolve in 16 bits (float16), but those of
    `excluded_rows` of w_plus, which overflowed. lowest_resolution: None = all layers have 32 bits."""

    lowest_resolution: Annotated[int, msgspec.Meta(ge=1)] | None
    loss_scale: Annotated[float, msgspec.Meta(gt=0.0)] = 1.0
    excluded_rows: tuple[Annotated[int, msgspec.Meta(ge=0)], ...] = ()

    @classmethod
    def of(cls, half: HalfPrecision | None) -> SetHalfLayers:
        """The edit that sets these."""
        if half is None:
            return cls(None)
        assert half.dtype == torch.float16, "a session knows no other 16 bits"
        return cls(half.lowest_resolution, half.loss_scale, tuple(sorted(half.excluded_rows)))

    @property
    def half(self) -> HalfPrecision | None:
        """What it sets."""
        if self.lowest_resolution is None:
            return None
        return HalfPrecision(
            torch.float16, self.lowest_resolution, self.loss_scale, frozenset(self.excluded_rows)
        )


class Steps(_Edit, frozen=True, tag="steps"):
    """That many optimisation steps."""

    count: StepCount


class Blend(_Edit, frozen=True, tag="blend"):
    """The picture between two earlier ones: share 0 is the first, 1 the second. It replaces the latent."""

    first: Position
    second: Position
    share: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class ReturnTo(_Edit, frozen=True, tag="return-to"):
    """Everything is again as it was when the picture of that position had just been made."""

    position: Position


class Unit(_Edit, frozen=True, tag="unit", omit_defaults=True):
    """Changes nothing: from here to the next one is what a single undo takes back.

    after: the unit that it goes on from (the edits before the first unit are 0, the units count from 1),
    where that is not the one before: the units between had been undone.
    """

    label: str
    after: Annotated[int, msgspec.Meta(ge=0)] | None = None


Start = StartFromSeed | StartFromLatent
Origin = StartFromSeed | StartFromLatent | Blend  # what a picture was before it was dragged
Edit = (
    StartFromSeed
    | StartFromLatent
    | Blend
    | ReturnTo
    | AddHandle
    | MoveHandle
    | MoveTarget
    | RemoveHandle
    | ClearHandles
    | SetMask
    | SetParams
    | SetHalfLayers
    | Steps
    | Unit
)


def apply_edit(session: DragSession, edit: Edit) -> None:
    """Changes `session` as the edit says. Raises EditError, with the session unchanged, where refused."""
    match edit:
        case StartFromSeed() | StartFromLatent():
            session.set_latent(start_latent(session.generator, edit))
        case AddHandle():
            session.add_handle(edit.handle, edit.target, edit.id)
        case MoveHandle():
            session.move_handle(edit.id, edit.handle)
        case MoveTarget():
            session.move_target(edit.id, edit.target)
        case RemoveHandle():
            session.remove_handle(edit.id)
        case ClearHandles():
            session.clear_handles()
        case SetMask():
            session.set_mask(movable_region(painted_mask_of(session.generator, edit)))
        case SetParams():
            session.set_params(edit.params)
        case SetHalfLayers():
            session.set_half(edit.half)
        case Steps():
            for _ in range(edit.count):
                session.step()
        case Blend() | ReturnTo():
            raise EditError(f"a session alone can do {type(edit).__name__}: it knows its earlier pictures")
        case Unit():
            pass


def start_latent(generator: Generator, start: Start) -> Tensor:
    """The w_plus (num_ws, w_dim) that a start names. Raises EditError for what is not allowed."""
    if isinstance(start, StartFromSeed):
        low, high = PSI_RANGE
        if not (math.isfinite(start.truncation_psi) and low <= start.truncation_psi <= high):
            raise EditError(f"psi {start.truncation_psi:g} is out of range; allowed are {low:g} to {high:g}")
        return generator.sample(start.seed, start.truncation_psi)
    needed = (generator.num_ws, generator.architecture.w_dim)
    if (start.rows, start.columns) != needed:
        raise EditError(
            f"the latent is {start.rows}x{start.columns}; this generator needs {needed[0]}x{needed[1]}"
        )
    try:
        values = np.frombuffer(base64.b64decode(start.w_plus, validate=True), dtype="<f4")
    except (binascii.Error, ValueError) as error:
        raise EditError("the session's latent cannot be read; the file may be damaged") from error
    if values.size != start.rows * start.columns:
        raise EditError(
            f"the latent holds {values.size} numbers; {start.rows}x{start.columns} were announced"
        )
    latent = torch.from_numpy(values.reshape(needed).astype(np.float32))
    if not bool(latent.isfinite().all()):  # sync: on the host already
        raise EditError("the latent holds values that are not finite (NaN or infinity); give another one")
    return latent.to(device=generator.device, dtype=generator.dtype)


def start_from_latent(w_plus: Tensor) -> StartFromLatent:
    """The edit that starts from w_plus (num_ws, w_dim)."""
    values = w_plus.detach().cpu().numpy().astype("<f4")  # sync: an edit is data on the host
    rows, columns = values.shape
    return StartFromLatent(base64.b64encode(values.tobytes()).decode("ascii"), rows, columns)


def set_params_edit(params: DragParams, generator: Generator) -> SetParams:
    """The edit that sets these parameters, with what the program chooses where they are automatic."""
    return decided_edit(SetParams(params, params.automatic), generator)


def decided_edit(edit: SetParams, generator: Generator) -> SetParams:
    """The same edit with what the program chooses where that is not in it yet."""
    architecture = generator.architecture
    params = edit.params.decided(architecture.num_ws, architecture.default_feature_resolution)
    return SetParams(params, edit.automatic)


def set_mask_edit(painted: PaintedMask | None) -> SetMask:
    """The edit that sets a painted mask (H, W) of 0, 1, 2; None or nothing painted clears it."""
    return SetMask(None if painted is None or not painted.any() else encode_painted_mask(painted))


def painted_mask_of(generator: Generator, edit: SetMask) -> PaintedMask | None:
    """The painted mask (H, W) in an edit, checked against the picture's size. Raises EditError."""
    if edit.png is None:
        return None
    return decode_painted_mask(edit.png, (generator.width, generator.height))
