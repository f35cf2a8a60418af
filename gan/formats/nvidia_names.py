"""Readies tensors under NVIDIA's names for the generator: constants out, noise that is off as zeros."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

import torch

from gan.architecture import Architecture
from gan.errors import ModelFileError
from gan.formats.contents import Hint, ModelContents, StoredProvenance
from gan.formats.infer_architecture import infer_architecture
from gan.formats.tensor_records import DerivedTensor, MadeTensor, StoredTensor

FILTER_TAPS = (1.0, 3.0, 3.0, 1.0)


def contents_of(
    format_name: str,
    tensors: dict[str, StoredTensor],
    *,
    obstacle: str | None = None,
    conv_clamp: float | None = None,
    discriminator: dict[str, StoredTensor] | None = None,
    hints: dict[str, Hint] | None = None,
    ignored: Iterable[str] = (),
    file_bytes: int,
    name: str | None = None,
) -> ModelContents:
    """The contents with the architecture inferred; an obstacle instead of an error where that fails.

    tensors: the generator's state under NVIDIA's names, filters included. obstacle: one that the reader found
    already. file_bytes: no honest file holds more numbers than bytes.
    """
    left_out = list(ignored)
    architecture = None
    kept = dict(tensors)
    try:
        if obstacle is not None:
            raise ModelFileError(obstacle)
        _refuse_more_than_the_file(tensors, file_bytes)
        filters = [tensor_name for tensor_name in kept if tensor_name.endswith("resample_filter")]
        for tensor_name in filters:
            _check_filter(tensor_name, kept.pop(tensor_name))
        if filters:
            left_out.append(f"{len(filters)} resampling filters (the usual one, which is built in)")
        architecture = infer_architecture(kept, conv_clamp)
        if architecture.img_channels != 3:
            raise ModelFileError(f"it makes pictures of {architecture.img_channels} channels; needed are 3")
        kept |= _missing_noise(kept, architecture)
    except ModelFileError as error:
        architecture, obstacle = None, str(error)
    return ModelContents(
        format=format_name,
        tensors=kept,
        architecture=architecture,
        obstacle=obstacle,
        discriminator=discriminator or {},
        provenance=StoredProvenance(name=name),
        training_hints=hints or {},
        ignored=tuple(left_out),
    )


def scalar(stored: StoredTensor) -> StoredTensor:
    """[1] -> []."""
    return DerivedTensor(stored, (), lambda t: t.reshape(()))


def _refuse_more_than_the_file(tensors: dict[str, StoredTensor], file_bytes: int) -> None:
    """Tensors that all share one storage would be multiplied when they are loaded."""
    total = 0
    for stored in tensors.values():
        count = stored.dtype.itemsize
        for size in stored.shape:
            count *= size
        total += 0 if isinstance(stored, MadeTensor) else count
    if total > file_bytes:
        raise ModelFileError(f"its tensors need {total} bytes, the file has {file_bytes}: they share memory")


def _check_filter(name: str, stored: StoredTensor) -> None:
    taps = torch.tensor(FILTER_TAPS)
    if stored.shape == (4, 4):
        usual = torch.outer(taps, taps) / 64
    elif stored.shape == (4,):
        usual = taps / 8
    else:
        raise ModelFileError(f"'{name}' has shape {list(stored.shape)}; only the usual 4 taps are supported")
    if not torch.allclose(stored.tensor().float(), usual, atol=1e-4):
        raise ModelFileError(f"'{name}' is another filter than the usual [1, 3, 3, 1]")


def _missing_noise(tensors: dict[str, StoredTensor], architecture: Architecture) -> dict[str, StoredTensor]:
    """Zeros for layers that were trained without noise: they have neither map nor strength."""
    made: dict[str, StoredTensor] = {}
    for name in list(tensors):
        match = re.fullmatch(r"(synthesis\.b(\d+)\.conv[01])\.weight", name, re.ASCII)
        if match is None or f"{match[1]}.noise_const" in tensors or f"{match[1]}.noise_strength" in tensors:
            continue
        height, width = architecture.block_size(int(match[2]))
        made[f"{match[1]}.noise_const"] = MadeTensor((height, width), partial(torch.zeros, (height, width)))
        made[f"{match[1]}.noise_strength"] = MadeTensor((), partial(torch.zeros, ()))
    return made
