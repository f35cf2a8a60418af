"""The architecture, read from the shapes of tensors under NVIDIA's names; exactly why not, where it is
another."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gan.architecture import Architecture
from gan.errors import ModelFileError
from gan.formats.tensor_records import StoredTensor

Shapes = Mapping[str, StoredTensor]
LARGEST_MAPPING = 64


def infer_architecture(tensors: Shapes, conv_clamp: float | None) -> Architecture:
    """Resolution, latents, labels, widths and base size. Raises ModelFileError naming what does not fit."""
    refuse_other_architectures(tensors)
    const = _shape(tensors, "synthesis.b4.const", 3)
    blocks = _numbers(tensors, r"synthesis\.b(\d+)\.conv1\.weight")
    if not blocks:
        raise ModelFileError("it has no synthesis layers under StyleGAN2's names")
    layers = _numbers(tensors, r"mapping\.fc(\d+)\.weight")
    if layers != list(range(len(layers))) or not 0 < len(layers) <= LARGEST_MAPPING:
        raise ModelFileError("its mapping layers are not numbered from 0 without gaps")
    w_dim = _shape(tensors, f"mapping.fc{layers[-1]}.weight", 2)[0]
    fan_in = _shape(tensors, "mapping.fc0.weight", 2)[1]
    c_dim = 0
    if "mapping.embed.weight" in tensors:
        embedding, c_dim = _shape(tensors, "mapping.embed.weight", 2)
        if embedding != w_dim:
            raise ModelFileError(
                f"its labels are embedded in {embedding} numbers; {w_dim} (w_dim) are supported"
            )
        fan_in -= embedding
    if fan_in < 1:
        raise ModelFileError("it takes labels only, no latent z")
    return Architecture(
        resolution=blocks[-1],
        z_dim=fan_in,
        w_dim=w_dim,
        c_dim=c_dim,
        mapping_layer_count=len(layers),
        channels={r: _shape(tensors, f"synthesis.b{r}.conv1.weight", 4)[0] for r in blocks},
        conv_clamp=conv_clamp,
        img_channels=_shape(tensors, f"synthesis.b{blocks[-1]}.torgb.weight", 4)[0],
        base_height=const[1],
        base_width=const[2],
    )


def refuse_other_architectures(tensors: Shapes) -> None:
    """Raises ModelFileError for the relatives of StyleGAN2 that have other layers, by their name."""
    names = tensors.keys()
    if any(name.startswith("synthesis.input.") for name in names) or any(
        re.match(r"synthesis\.L\d+_\d+_\d+\.", name) for name in names
    ):
        raise ModelFileError(
            "it is an alias-free StyleGAN3 generator (stylegan3-t or -r), another network than StyleGAN2;"
            " use one that was trained with --cfg=stylegan2"
        )
    if any(re.match(r"synthesis\.b\d+\.skip\.", name) for name in names):
        raise ModelFileError("its blocks are of the 'resnet' architecture; 'skip' is what can be dragged")
    resolutions = _numbers(tensors, r"synthesis\.b(\d+)\.conv1\.weight")
    with_rgb = _numbers(tensors, r"synthesis\.b(\d+)\.torgb\.weight")
    if resolutions and with_rgb == resolutions[-1:] and len(resolutions) > 1:
        raise ModelFileError("its blocks are of the 'orig' architecture; 'skip' is what can be dragged")


def _numbers(tensors: Shapes, pattern: str) -> list[int]:
    found = (re.fullmatch(pattern, name, re.ASCII) for name in tensors)
    return sorted(int(match[1]) for match in found if match and len(match[1]) <= 5)


def _shape(tensors: Shapes, name: str, rank: int) -> tuple[int, ...]:
    stored = tensors.get(name)
    if stored is None:
        raise ModelFileError(f"the tensor '{name}' is missing")
    if len(stored.shape) != rank or min(stored.shape) < 1:
        raise ModelFileError(f"the tensor '{name}' has shape {list(stored.shape)}; needed are {rank} sizes")
    return stored.shape
