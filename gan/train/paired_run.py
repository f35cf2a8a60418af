"""From a request to a paired training that is ready to run: data, architecture, starting weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from gan.architecture import Architecture
from gan.critters.factors import APPEARANCE_FACTORS, FACTOR_COUNT, GEOMETRY_FACTORS
from gan.model_file import read_model_file
from gan.train.generator import FactorSplit, TrainableGenerator
from gan.train.initial_weights import fresh_generator, grown_generator
from gan.train.paired import PairedTraining
from gan.train.paired_set import PairedSet
from gan.train.processes import Processes
from gan.train.settings import TrainError, TrainSettings


@dataclass(frozen=True)
class PairedRequest:
    """dataset: folder of pictures with factors. init: generator to start from. channel_base, channel_max:
    widths min(base / r, max) at every resolution r. w_dim, mapping_layer_count: without init."""

    dataset: Path
    init: Path | None = None
    resolution: int = 128
    channel_base: int = 2048
    channel_max: int = 128
    w_dim: int = 128
    mapping_layer_count: int = 4


def paired_training(
    request: PairedRequest, settings: TrainSettings, processes: Processes, device: torch.device
) -> PairedTraining:
    """Everything read and checked. Raises TrainError and ModelFileError."""
    if settings.batch_size % processes.count:
        raise TrainError(
            f"a batch of {settings.batch_size} pictures does not divide among {processes.count} processes; "
            "give --batch a multiple"
        )
    data = PairedSet(request.dataset, request.resolution, settings.held_out_count, device)
    generator = _generator(request, data.factor_count, settings, device)
    return PairedTraining(generator, data, settings, processes, device)


def split_of(factor_count: int, rows: int) -> FactorSplit:
    """Which columns of z are geometry and which appearance. Raises TrainError for a set of other factors."""
    if factor_count != FACTOR_COUNT:
        raise TrainError(
            f"the set has {factor_count} factors a picture, this renderer has {FACTOR_COUNT}; render it again"
        )
    return FactorSplit(GEOMETRY_FACTORS, APPEARANCE_FACTORS, rows)


def _generator(
    request: PairedRequest, factor_count: int, settings: TrainSettings, device: torch.device
) -> TrainableGenerator:
    split = split_of(factor_count, settings.geometry_rows)
    channels = Architecture.channel_table(request.resolution, request.channel_base, request.channel_max)
    w_dim, layers = request.w_dim, request.mapping_layer_count
    multiplier = settings.mapping_lr_multiplier
    if request.init is None:
        new = Architecture(request.resolution, factor_count, w_dim, 0, layers, channels)
        return fresh_generator(new, settings.seed, split, multiplier).to(device)
    stored, old, _ = read_model_file(request.init)
    new = Architecture(
        request.resolution, factor_count, old.w_dim, 0, old.mapping_layer_count, channels, old.conv_clamp
    )
    return grown_generator(stored, old, new, settings.seed, split, multiplier).to(device)
