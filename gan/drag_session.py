"""`DragSession`: one drag in progress. It alone owns the latent, the handles and the optimiser's state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gan.drag_params import DragParams
from gan.drag_state import DragSnapshot, new_drag, no_moments
from gan.drag_step import LatentEvaluation, has_arrived
from gan.edit_checks import Point, check_latent, check_mask
from gan.errors import EditError
from gan.execution import make_execution
from gan.generator import Generator, to_uint8
from gan.half_precision import HalfPrecision
from gan.handle_edits import (
    with_any_handle,
    with_handle,
    with_handle_at,
    with_target,
    without_handle,
    without_handles,
)
from gan.held_features import read_again, with_latent, with_layers, with_mask, with_references
from gan.latent_reader import LatentReader
from gan.preview import Preview
from gan.step_result import HostStepResult, StepResult
from gan.step_runner import StepRunner


class DragSession:
    """Drags handle points of a generated picture to their target points. Everything in image pixels, (x, y).

    Rules:
    - A handle's reference feature is read once, when the handle is added or re-placed, and again when the
      latent is set, the feature block or the tracking kernel changes. With `tracking_subdivision` 1 handles
      are rounded to whole pixels.
    - Adam's moments are kept while targets move, and cleared when handles are added, re-placed or
      removed, or the latent, the mask or the parameters are set.
    - The mask holds the fixed region to the features at the start: of the latent last set.
    - Disc pixels outside the picture do not count; reads beyond it clamp to its border.
    - A step at which every handle has arrived leaves the latent alone; one whose loss, latent or features
      are not finite leaves everything alone.
    - The same snapshot and 16-bit layers give the same steps, bit for bit, on the same device.

    Not thread-safe: one thread at a time.
    """

    def __init__(
        self,
        generator: Generator,
        w_plus: Tensor,
        handles: Sequence[Point] = (),
        targets: Sequence[Point] = (),
        mask: NDArray[np.bool_] | Tensor | None = None,
        params: DragParams | None = None,
        *,
        half: HalfPrecision | None = None,
        runner: StepRunner | None = None,
    ) -> None:
        """w_plus (num_ws, w_dim); as many targets as handles; mask (H, W) bool, True = movable. EditError.

        half: layers in 16 bits, None = all in the generator's precision. runner: how steps are executed,
        None = as a captured graph on CUDA, otherwise eagerly.
        """
        params = params or DragParams()
        if len(handles) != len(targets):
            raise EditError(f"{len(handles)} handles and {len(targets)} targets were given; give pairs")
        self._generator = generator
        self._execution = make_execution(generator, runner)
        latent = check_latent(w_plus, generator)
        self._reader = LatentReader(generator, half, params, latent)
        self._ahead: LatentEvaluation | None = None
        self._repaired_at = 0  # iteration; steps up to it used layers that are no longer in use
        channel_count = generator.architecture.channels[self._reader.grid.block_resolution]
        self._state = new_drag(latent, channel_count, params)
        for handle, target in zip(handles, targets, strict=True):
            self.add_handle(handle, target)
        if mask is not None:
            self.set_mask(mask)

    # --- what it is now ---

    @property
    def generator(self) -> Generator:
        """The generator whose pictures are dragged."""
        return self._generator

    @property
    def params(self) -> DragParams:
        """The parameters in force."""
        return self._state.params

    @property
    def half(self) -> HalfPrecision | None:
        """Which layers have 16 bits; None = none."""
        return self._reader.half

    @property
    def w_plus(self) -> Tensor:
        """The latent now, (num_ws, w_dim); not to be written to."""
        return self._state.w_plus

    @property
    def handle_ids(self) -> tuple[int, ...]:
        """Ids of the handles, in the order of `handles` and `targets`."""
        return self._state.handle_ids

    @property
    def handles(self) -> Tensor:
        """(N, 2) px, on the device."""
        return self._state.handles

    @property
    def targets(self) -> Tensor:
        """(N, 2) px, on the device."""
        return self._state.targets

    @property
    def mask(self) -> Tensor | None:
        """(H, W) bool, True = movable; None = everything may move."""
        return self._state.mask

    @property
    def iteration(self) -> int:
        """Steps since the session began (a restored session counts on from its snapshot)."""
        return self._state.iteration

    @property
    def is_done(self) -> bool:
        """Whether every handle has arrived; False without handles. Waits for the device."""
        if not self._state.handle_ids:
            return False
        arrived = has_arrived(self._reader.grid, self._state)
        return bool(arrived)  # sync: asked for by the caller, between steps

    # --- edits ---

    def add_handle(self, handle_px: Point, target_px: Point, handle_id: int | None = None) -> int:
        """Adds a handle and its target; returns its id, the largest ever + 1 if none is given.

        Raises EditError for a handle outside the picture, a point that is not finite, an id in use.
        """
        self._change(with_handle(self._state, self._reader, handle_px, target_px, handle_id))
        return self._state.handle_ids[-1]

    def move_target(self, handle_id: int, target_px: Point) -> None:
        """Moves a target, also out of the picture; the drag goes on, no restart. EditError."""
        self._state = with_target(self._state, self._reader, handle_id, target_px)

    def move_handle(self, handle_id: int, handle_px: Point) -> None:
        """Re-places a handle: from now on it is the thing under the new place that is dragged."""
        self._change(with_handle_at(self._state, self._reader, handle_id, handle_px))

    def remove_handle(self, handle_id: int) -> None:
        """Removes a handle and its target; its id is not given again."""
        self._change(without_handle(self._state, handle_id))

    def clear_handles(self) -> None:
        """Removes all handles."""
        self._change(without_handles(self._state))

    def set_mask(self, mask: NDArray[np.bool_] | Tensor | None) -> None:
        """mask (H, W) bool, True = movable; None = everything may move. Raises EditError."""
        checked = None if mask is None else check_mask(mask, self._generator)
        self._change(with_mask(self._state, self._reader, checked))

    def set_params(self, params: DragParams) -> None:
        """Other parameters from the next step on. Raises EditError for a block that the generator lacks."""
        if params == self._state.params:
            return
        block_changed = self._reader.go_on(params, self._state.w_plus)
        kernel_changed = params.tracking_kernel != self.params.tracking_kernel
        handles = self._state.handles
        placed = handles.round() if params.tracking_subdivision == 1 else handles
        state = replace(self._state, params=params, handles=placed)
        if block_changed:
            state = read_again(state, self._reader)
        elif kernel_changed:
            state = with_references(state, self._reader)
        self._change(state)

    def set_half(self, half: HalfPrecision | None) -> None:
        """Other layers in 16 bits from the next step on; moments are kept. Features that overflowed while
        they were being held on to are read again: no step was taken since. Waits for the device."""
        if half == self.half:
            return
        self._reader.use_half(half, self.w_plus)
        self._ahead = None  # other layers
        self._state = with_layers(self._state, self._reader)

    def set_latent(self, w_plus: Tensor) -> None:
        """Another picture, w_plus (num_ws, w_dim): handles stay and hold on to what is there now."""
        latent = check_latent(w_plus, self._generator)
        self._reader.follow(self.params, latent)
        self._change(with_latent(self._state, self._reader, latent))

    # --- one step, and pictures ---

    def step(self) -> StepResult:
        """One iteration; does not wait for the device. Raises EditError when there are no handles."""
        if not self._state.handle_ids:
            raise EditError("there is no handle to drag; add a handle and a target first")
        self._state, result, self._ahead = self._execution.runner.step(
            self._reader.source, self._state, self._ahead
        )
        return result

    def repair(self, result: HostStepResult) -> bool:
        """To be told every step's outcome once it is on the host. True where the step was refused because of
        16-bit layers: they are in 32 bits from now on, and the step may be repeated (a refused step has left
        everything alone). Waits for the device, but only after a refused step."""
        if result.finite:
            return False
        if result.iteration <= self._repaired_at:
            return True  # it was under way when another's layers were repaired
        half = self._reader.half_without_overflow(self.w_plus)
        if half is None:
            return False
        self.set_half(half)
        self._repaired_at = self._state.iteration
        return True

    def prepare_step(self) -> None:
        """What the next step alone would take longer for, where it has the handles of now, or one where there
        is none: a captured graph is recorded. Changes nothing else."""
        state = with_any_handle(self._state, self._reader)
        self._reader.make_ready(state.is_masked)
        self._execution.runner.prepare(self._reader.source, state)

    def prepare_image(self) -> None:
        """What the next picture alone would take longer for: a captured graph is recorded."""
        self._execution.prepare()

    def image_overflowed(self) -> bool | None:
        """Whether an `image_tensor` was not finite in 16 bits: made again, it will be. None = the device has
        not told yet. Waits for nothing."""
        return self._execution.picture_overflowed()

    def image_tensor(self) -> Tensor:
        """The picture at the current latent for a display, (3, H, W) in -1..1, on the device: on a GPU made
        in 16 bits, good to less than a step of its 8."""
        return self._execution.picture(self._state.w_plus)

    def image(self) -> NDArray[np.uint8]:
        """The picture at the current latent, (H, W, 3), as the generator makes it."""
        picture = self._generator.image(self._state.w_plus)
        return to_uint8(picture).cpu().numpy()  # sync: the caller wants it on the host

    def release(self) -> None:
        """Gives up device memory that only makes steps and full pictures faster; from now on pictures are
        made without it."""
        self._execution.release()

    def preview_tensor(self, preview: Preview) -> Tensor:
        """A cheaper picture at the current latent, (3, r, r) in about -1..1, on the device (`gan.preview`).
        Nothing of it enters the drag: whether it is faithful enough to be shown is the caller's question."""
        return preview.picture(self._generator, self._state.w_plus)

    def feature_map(self) -> Tensor:
        """Features of the drag's block at the current latent, (C, rows, columns)."""
        return self._reader.map_at(self._state.w_plus)

    # --- going back ---

    def snapshot(self) -> DragSnapshot:
        """Everything, to `restore` later. Cheap: nothing is copied."""
        return self._state

    def restore(self, snapshot: DragSnapshot, mask: NDArray[np.bool_] | Tensor | None = None) -> None:
        """Back to a snapshot of this generator; the next steps are bit-identical to what they were then.

        mask: of a snapshot that was kept without it (`gan.packed_snapshot`), (H, W) bool.
        """
        before = self._state
        self._reader.follow(snapshot.params, snapshot.w_plus)
        self._state = snapshot
        self._ahead = None
        self._repaired_at = 0
        if mask is not None and snapshot.mask is None:
            checked = check_mask(mask, self._generator)
            same_start = before.w0 is snapshot.w0 and before.params == snapshot.params
            self._state = with_mask(snapshot, self._reader, checked, before if same_start else None)
        self._make_ready()

    # --- inner ---

    def _change(self, state: DragSnapshot) -> None:
        """To a state that no step and no moved target has led to: moments and evaluation start anew."""
        adam = no_moments(state.params, state.w_plus)
        self._state = replace(state, adam=adam, centres=state.handles)
        self._ahead = None
        self._make_ready()

    def _make_ready(self) -> None:
        """What would make the next step wait, while there may be one."""
        if self._state.handle_ids:
            self._reader.make_ready(self._state.is_masked)
