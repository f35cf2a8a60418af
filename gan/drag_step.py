"""One DragGAN iteration as a function from state to state. Nothing in here waits for the device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor

from gan.adam import AdamState, adam_update, choose_adam, without_ascent
from gan.drag_params import DragParams
from gan.drag_state import DragSnapshot
from gan.feature_grid import FeatureGrid
from gan.feature_source import Evaluation, FeatureSource
from gan.mask_term import mask_loss
from gan.motion_supervision import motion_loss
from gan.point_tracking import TrackedPoints, track_points
from gan.step_result import StepResult


@dataclass(frozen=True)
class LatentEvaluation:
    """Features and the leaf (num_ws, w_dim) that their gradient leads to."""

    leaf: Tensor
    evaluation: Evaluation


@dataclass(frozen=True)
class SupervisedLatent:
    """The outcome of a supervision: the state after Adam, the loss before it, whether all was finite."""

    state: DragSnapshot
    loss: Tensor
    finite: Tensor


@dataclass(frozen=True)
class StepScalars:
    """Parameters that may change from step to step while a recorded step stays valid, () on the device."""

    learning_rate: Tensor
    mask_weight: Tensor


def run_step(
    source: FeatureSource,
    state: DragSnapshot,
    ahead: LatentEvaluation | None,
    scalars: StepScalars | None = None,
) -> tuple[DragSnapshot, StepResult, LatentEvaluation | None]:
    """One iteration in the order that the parameters ask for.

    ahead: in the order supervise-then-track, the evaluation in which the last step tracked. Its latent is
    the one to supervise now, so that both orders cost one evaluation a step. Returned for the next step
    where it is known, without waiting, that this one went there; None otherwise and in the other order: the
    next step evaluates its latent itself. scalars: read in place of the parameters' own values.

    Where the loss, the latent or a feature that was read is not finite, the step is refused: all but the
    count of iterations stays as it was.
    """
    before = state
    if state.params.order == "track-then-supervise":
        evaluated = evaluate(source, state, state.handles)
        state, tracked = _track(source.grid, state, evaluated)
        supervised = _supervise(source, state, evaluated, scalars)
        state, ahead = replace(supervised.state, centres=state.handles), None
    else:
        evaluated = ahead or evaluate(source, state, state.centres)
        supervised = _supervise(source, state, evaluated, scalars)
        ahead = evaluate(source, supervised.state, state.handles)
        state = replace(supervised.state, centres=state.handles)
        state, tracked = _track(source.grid, state, ahead)
    finite = supervised.finite & tracked.is_sound
    if ahead is not None:
        finite = finite & _is_finite(ahead.evaluation.fixed)
    state = replace(_chosen(finite, state, before), iteration=before.iteration + 1)
    distances_px = handle_distances(state)
    result = StepResult(
        iteration=state.iteration,
        handles=state.handles,
        targets=state.targets,
        distances_px=distances_px,
        confidences=tracked.confidences,
        loss=supervised.loss,
        done=has_arrived(source.grid, state, distances_px),
        finite=finite,
    )
    return state, result, ahead if _is_known(finite) else None


def _is_known(accepted: Tensor) -> bool:
    """Whether the scalar is true and its device can be asked without waiting for it."""
    # sync: none, it is on the host. A GPU would be waited for: there every step evaluates its own latent,
    # as a recorded one does
    return accepted.device.type == "cpu" and cast(bool, accepted.tolist())  # pyright: ignore[reportUnknownMemberType]


def _is_finite(features: Tensor | None) -> Tensor | bool:
    """() bool: all of them are; in one pass and without a map of its own."""
    if features is None:
        return True
    low, high = torch.aminmax(features.detach())  # both are NaN where a value is
    return (low > -torch.inf) & (high < torch.inf)


def _chosen(condition: Tensor, yes: DragSnapshot, no: DragSnapshot) -> DragSnapshot:
    """What a step changes, from `yes` where the scalar condition holds, else from `no`."""
    return replace(
        yes,
        w_plus=torch.where(condition, yes.w_plus, no.w_plus),
        handles=torch.where(condition, yes.handles, no.handles),
        centres=torch.where(condition, yes.centres, no.centres),
        adam=choose_adam(condition, yes.adam, no.adam),
    )


def evaluate(source: FeatureSource, state: DragSnapshot, centres: Tensor) -> LatentEvaluation:
    """Features at the state's latent for everything that a step may read around `centres` (N, 2) px."""
    leaf = state.w_plus.detach().requires_grad_()
    with torch.enable_grad():
        reach_px = window_reach_px(state.params, source.grid)
        evaluation = source.evaluate(leaf, centres, reach_px, state.region)
    return LatentEvaluation(leaf, evaluation)


def window_reach_px(params: DragParams, grid: FeatureGrid) -> float:
    """How far from the old handle a step reads: tracking square; disc around the find, its shift."""
    r1 = params.supervision_radius_px(grid.y.picture_px, grid.y.cells)
    r2 = params.tracking_radius_px(grid.y.picture_px, grid.y.cells)
    beyond = 1 if params.tracking_subdivision > 1 else 0  # the second search, and the pixel above
    found = r2 + beyond
    supervised = found + (r1 - 1) + 1 + beyond
    return max(supervised, found + grid.kernel_reach_px(params.tracking_kernel))


def handle_distances(state: DragSnapshot) -> Tensor:
    """(N,) px from every handle to its target."""
    way = state.targets - state.handles
    return torch.hypot(way[:, 0], way[:, 1])


def has_arrived(grid: FeatureGrid, state: DragSnapshot, distances_px: Tensor | None = None) -> Tensor:
    """() bool: every handle is within the stop distance. distances_px: of `handle_distances`, where they are
    known."""
    distances_px = handle_distances(state) if distances_px is None else distances_px
    stop_px = state.params.stop_distance_px(grid.y.picture_px, grid.y.cells, state.handle_count)
    return (distances_px <= stop_px).all()


def _track(
    grid: FeatureGrid, state: DragSnapshot, evaluated: LatentEvaluation
) -> tuple[DragSnapshot, TrackedPoints]:
    p = state.params
    with torch.no_grad():
        tracked = track_points(
            evaluated.evaluation.windows.detach(),
            state.handles,
            state.references,
            p.tracking_radius_px(grid.y.picture_px, grid.y.cells),
            p.tracking_subdivision,
            p.tracking_norm,
            p.tracking_kernel,
        )
    return replace(state, handles=tracked.handles), tracked


def _supervise(
    source: FeatureSource, state: DragSnapshot, evaluated: LatentEvaluation, scalars: StepScalars | None
) -> SupervisedLatent:
    """Loss, gradient and Adam at the evaluated latent; refused where done or not finite."""
    p = state.params
    grid = source.grid
    learning_rate = p.learning_rate if scalars is None else scalars.learning_rate
    mask_weight = p.mask_weight if scalars is None else scalars.mask_weight
    with torch.enable_grad():
        loss = motion_loss(
            evaluated.evaluation.windows,
            state.handles,
            state.targets,
            p.supervision_radius_px(grid.y.picture_px, grid.y.cells),
            p.supervised_beyond_px,
        )
        if state.region is not None:
            assert evaluated.evaluation.fixed is not None
            assert state.initial_map is not None
            held = mask_loss(evaluated.evaluation.fixed, state.initial_map, state.region, p.mask_smoothing)
            loss = loss + mask_weight * held
        # 16-bit layers cannot hold gradients as small as these are: a power of two moves them up and back
        scaled = loss if source.loss_scale == 1 else loss * source.loss_scale
        (gradient,) = torch.autograd.grad(scaled, evaluated.leaf)  # (num_ws, w_dim)
    with torch.no_grad():
        rows = p.row_count(state.w_plus.shape[0])
        gradient = gradient[:rows] if source.loss_scale == 1 else gradient[:rows] / source.loss_scale
        if p.latent_space == "w":
            gradient = gradient.sum(dim=0, keepdim=True)  # one displacement shared by the rows
        change, adam = _descend(source.step_map(state.is_masked), state, gradient, learning_rate)
        if p.latent_space == "w+":
            row_count, block = state.w_plus.shape[0], grid.block_resolution
            change = _faded(change, p.row_weights(row_count, state.is_masked, block))
        moved = torch.cat([state.w_plus[:rows] + change, state.w_plus[rows:]])
        finite = moved.abs().amax() + loss.detach() < torch.inf  # neither is negative; not where one is NaN
        wanted = finite > has_arrived(grid, state)
        w_plus = torch.where(wanted, moved, state.w_plus)
        state = replace(state, w_plus=w_plus, adam=choose_adam(wanted, adam, state.adam))
    return SupervisedLatent(state, loss.detach(), finite)


def _faded(change: Tensor, weights: tuple[float, ...]) -> Tensor:
    """Rows (rows, w_dim) by their weights. Numbers, not a tensor: nothing is copied to the device."""
    if all(weight == 1 for weight in weights):
        return change
    rows = torch._foreach_mul(list(change.unbind()), list(weights))  # pyright: ignore
    return torch.stack(rows)


def _descend(
    step_map: Tensor | None, state: DragSnapshot, gradient: Tensor, learning_rate: float | Tensor
) -> tuple[Tensor, AdamState]:
    """Adam's change of w for a gradient (rows, w_dim), and its moments, which live in the coordinates v of
    w = v @ step_map."""
    if step_map is not None:
        gradient = gradient @ step_map  # the map is symmetric
    before = without_ascent(state.adam, gradient, state.params.momentum_shedding)
    change, adam = adam_update(before, gradient, learning_rate)
    return (change if step_map is None else change @ step_map), adam
