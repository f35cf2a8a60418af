"""Adam (Kingma and Ba, 2015) as a pure function: state in, state out, so that a step can be undone or refused
on the device. torch.optim's changes its tensors in place and would have to be copied before every step."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class AdamState:
    """first, second: running means of the gradient and its square; step: updates so far, ()."""

    first: Tensor
    second: Tensor
    step: Tensor

    @staticmethod
    def zeros(shape: tuple[int, ...], like: Tensor) -> AdamState:
        """The state before the first update, on the device and in the precision of `like`."""
        return AdamState(like.new_zeros(shape), like.new_zeros(shape), like.new_zeros(()))


def adam_update(
    state: AdamState, gradient: Tensor, learning_rate: float | Tensor
) -> tuple[Tensor, AdamState]:
    """What to add to the parameter, and the state after it. Shapes follow the gradient's."""
    step = state.step + 1
    first = torch.lerp(state.first, gradient, 1 - BETA1)
    second = torch.addcmul(BETA2 * state.second, gradient, gradient, value=1 - BETA2)
    # 1 - beta^step; expm1 keeps its precision in 32-bit, where 1 - 0.999 has lost four digits
    correction1 = -torch.expm1(step * math.log(BETA1))
    correction2 = -torch.expm1(step * math.log(BETA2))
    # times first, then divided: the same roundings for a number and for a tensor (torch turns number / tensor
    # into a reciprocal)
    change = (-learning_rate * first).div_(correction1)
    change = change.div_((second / correction2).sqrt_().add_(EPSILON))
    return change, AdamState(first, second, step)


def without_ascent(state: AdamState, gradient: Tensor, share: float) -> AdamState:
    """The state before an update, without that share of what its mean of the gradients says against the
    present one. Shapes follow the gradient's; share 0..1, 0 = Adam as published.

    A handle that has passed its target, or whose target went back with the hand, has a gradient that opposes
    the mean of the last ten: Adam alone carries it on until they have cancelled out. Only the part along the
    gradient goes. Rejected: to forget all of the mean then, or to do it element by element. Handles overshoot
    less still with these, but some hop between two places beside their target for ever.
    """
    if share == 0:
        return state
    first, g = state.first.flatten(), gradient.flatten()
    along = torch.dot(first, g).clamp(max=0) / torch.dot(g, g).clamp(min=torch.finfo(g.dtype).tiny)
    return replace(state, first=state.first - (share * along) * gradient)


def choose_adam(condition: Tensor, yes: AdamState, no: AdamState) -> AdamState:
    """`yes` where the scalar condition holds, else `no`, without asking the device."""
    return AdamState(
        torch.where(condition, yes.first, no.first),
        torch.where(condition, yes.second, no.second),
        torch.where(condition, yes.step, no.step),
    )
