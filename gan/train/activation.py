"""What a 16-bit layer does to every pixel behind its convolution: demodulation, noise, bias, LeakyReLU
without its gain, and the next layer's style. Plainly, or fused by torch.compile into one pass forward and one
back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.layers import LEAKY_GAIN, LEAKY_SLOPE

log = logging.getLogger(__name__)

FUSED_FROM_PX = 32  # smaller maps take no time, and compiling them as much as any
_PROBE = (2, 8, FUSED_FROM_PX, FUSED_FROM_PX)
Both = tuple[Tensor | None, Tensor | None]


class Activation(Protocol):
    """(activated, activated times the next style): what is not asked for is None.

    x (N, C, h, w) in 16 bits, convolved, the caller gives it up. demodulation (N, C), shift (1, C, h, w) or
    (1, C, 1, 1), float32: bias, and noise that all pictures have. noise (N, 1, h, w): that each has of its
    own. style (N, C) of the next layer. keeps: whether `activated` is asked for. clamp: of what leaves with
    its gain.
    """

    def __call__(
        self,
        x: Tensor,
        demodulation: Tensor,
        shift: Tensor,
        noise: Tensor | None,
        style: Tensor | None,
        keeps: bool,
        clamp: float | None,
    ) -> Both:
        """See the class."""
        ...


def plain_activation(
    x: Tensor,
    demodulation: Tensor,
    shift: Tensor,
    noise: Tensor | None,
    style: Tensor | None,
    keeps: bool,
    clamp: float | None,
) -> Both:
    """See `Activation`: some passes over the map."""
    order = torch.channels_last
    x = torch.addcmul(shift.to(x.dtype, memory_format=order), x, demodulation.to(x.dtype)[:, :, None, None])
    if noise is not None:
        x += noise.to(x.dtype)
    x = F.leaky_relu_(x, LEAKY_SLOPE)
    if clamp is not None:
        x = x.clamp(-clamp / LEAKY_GAIN, clamp / LEAKY_GAIN)
    return x if keeps else None, None if style is None else x * style.to(x.dtype)[:, :, None, None]


class FusedActivation:
    """See `Activation`. Compiled at the first call with a shape: some seconds each."""

    def __init__(self) -> None:
        self._kept = _compiled(_activated)
        self._styled = _compiled(_activated_and_styled)
        self._both = _compiled(_activated_and_both)

    def __call__(
        self,
        x: Tensor,
        demodulation: Tensor,
        shift: Tensor,
        noise: Tensor | None,
        style: Tensor | None,
        keeps: bool,
        clamp: float | None,
    ) -> Both:
        """See `Activation`."""
        if noise is not None or x.shape[-1] < FUSED_FROM_PX:
            return plain_activation(x, demodulation, shift, noise, style, keeps, clamp)
        if style is None:
            return self._kept(x, demodulation, shift, clamp), None
        if keeps:
            return self._both(x, demodulation, shift, style, clamp)
        return None, self._styled(x, demodulation, shift, style, clamp)


def fused_activation(device: torch.device) -> Activation:
    """The fused one if it can be compiled here, forward and backward; else the plain one, and a line says
    why."""
    fused = FusedActivation()
    try:
        x = torch.randn(_PROBE, device=device).bfloat16().to(memory_format=torch.channels_last)
        given = [x, *(torch.randn(_PROBE[:2], device=device) for _ in range(2))]
        x, demodulation, style = (tensor.requires_grad_() for tensor in given)
        shift = torch.randn(1, *_PROBE[1:], device=device)
        activated, styled = fused(x, demodulation, shift, None, style, keeps=True, clamp=None)
        assert activated is not None
        assert styled is not None
        torch.autograd.grad((activated.float() + styled.float()).sum(), [x, demodulation, style])
    except (RuntimeError, ImportError, OSError) as error:  # what torch's compilers raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        log.warning("layers are trained unfused, slower: %s", reason)
        return plain_activation
    return fused


def _activated(x: Tensor, demodulation: Tensor, shift: Tensor, clamp: float | None) -> Tensor:
    return _in_32_bits(x, demodulation, shift, clamp).to(x.dtype)


def _activated_and_styled(
    x: Tensor, demodulation: Tensor, shift: Tensor, style: Tensor, clamp: float | None
) -> Tensor:
    return (_in_32_bits(x, demodulation, shift, clamp) * style[:, :, None, None]).to(x.dtype)


def _activated_and_both(
    x: Tensor, demodulation: Tensor, shift: Tensor, style: Tensor, clamp: float | None
) -> tuple[Tensor, Tensor]:
    y = _in_32_bits(x, demodulation, shift, clamp)
    return y.to(x.dtype), (y * style[:, :, None, None]).to(x.dtype)


def _in_32_bits(x: Tensor, demodulation: Tensor, shift: Tensor, clamp: float | None) -> Tensor:
    y = F.leaky_relu(x.float() * demodulation[:, :, None, None] + shift, LEAKY_SLOPE)
    return y if clamp is None else y.clamp(-clamp / LEAKY_GAIN, clamp / LEAKY_GAIN)


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    # sizes as they are: they do not change while a training runs
    return torch.compile(function, dynamic=False)  # pyright: ignore
