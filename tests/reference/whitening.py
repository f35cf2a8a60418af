"""The reference whitening: samples of w, their singular value decomposition, and the step map, literally.

Steps are taken in coordinates v with w = v @ map. It shares no code with gan/.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from tests.reference.network import ReferenceNetwork

Array = NDArray[np.float64]


def latent_samples(network: ReferenceNetwork, z: Array, c_dim: int = 0) -> Array:
    """z (N, z_dim) -> w (N, w_dim), one after the other, with the zero label."""
    label = torch.zeros(1, c_dim, dtype=torch.float64) if c_dim else None
    with torch.no_grad():
        return np.concatenate([network.mapping(torch.from_numpy(one[None]), label).numpy() for one in z])


def heard_coordinates(network: ReferenceNetwork, row_count: int) -> Array:
    """(w_dim,): squared affine weights of the 3x3 layers that read the first rows, summed."""
    names = ["synthesis.b4.conv1"]
    resolution = 8
    while f"synthesis.b{resolution}.conv0.weight" in network.t:
        names += [f"synthesis.b{resolution}.conv0", f"synthesis.b{resolution}.conv1"]
        resolution *= 2
    weights = [network.t[f"{name}.affine.weight"].detach().numpy() for name in names[:row_count]]
    return np.sum([(weight / np.sqrt(weight.shape[1])) ** 2 for weight in weights], axis=(0, 1))


def step_map(samples: Array, whitening: float, hearing: Array) -> Array:
    """(w_dim, w_dim): every principal direction stretched by its deviation to the power `whitening`, then
    scaled so that the samples, mapped back, are as wide in the coordinates that are heard as the geometric
    mean of their own width and 0.4, weighted by `whitening`."""
    centred = samples - samples.mean(axis=0)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    deviations = singular / np.sqrt(len(samples) - 1)
    deviations = np.maximum(deviations, deviations.max() / np.sqrt(1000))
    stretched = directions.T @ np.diag(deviations**whitening) @ directions
    back = centred @ np.linalg.inv(stretched)
    own, mapped = ((hearing * x.std(axis=0, ddof=1)).sum() / hearing.sum() for x in (centred, back))
    return stretched * (mapped / (own ** (1 - whitening) * 0.4**whitening))
