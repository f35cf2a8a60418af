"""The losses of StyleGAN2 (Karras et al. 2020, section 3 and appendix B) and of projected GANs."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def logistic_d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log D(real) - log(1 - D(fake)), mean over the batch."""
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def logistic_g_loss(fake_logits: Tensor) -> Tensor:
    """The non-saturating -log D(fake), mean over the batch."""
    return F.softplus(-fake_logits).mean()


def hinge_d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Of the projected discriminator: nothing to gain beyond a margin of one."""
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def hinge_g_loss(fake_logits: Tensor) -> Tensor:
    """Of the generator against a hinge discriminator."""
    return -fake_logits.mean()


def r1_penalty(logits: Tensor, pictures: Tensor) -> Tensor:
    """Half the squared length of the gradient of D at real pictures, mean over the batch (Mescheder et al.
    2018); times gamma it is the term. pictures must require gradients; differentiable."""
    (gradient,) = torch.autograd.grad(logits.sum(), pictures, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean() / 2


def path_lengths(pictures: Tensor, w_plus: Tensor, noise: Tensor) -> Tensor:
    """|J^T y| of every picture, (N,): J of the generator at w_plus, y of variance 1 / pixels.

    noise: like pictures, unit normal. w_plus (N, num_ws, w_dim) must require gradients; differentiable.
    """
    y = noise / math.sqrt(pictures.shape[2] * pictures.shape[3])
    (gradient,) = torch.autograd.grad((pictures * y).sum(), w_plus, create_graph=True)
    return gradient.square().sum(dim=2).mean(dim=1).sqrt()


def path_length_penalty(lengths: Tensor, mean: Tensor) -> Tensor:
    """Mean squared distance of the lengths from their running mean."""
    return (lengths - mean).square().mean()
