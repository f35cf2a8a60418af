"""From what was asked for to a training that is ready to run: data, architecture, starting weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from gan.architecture import Architecture
from gan.critters.factors import APPEARANCE_FACTORS, FACTOR_COUNT, GEOMETRY_FACTORS
from gan.image_features import check_installed
from gan.model_file import read_model_file
from gan.train.adversarial import AdversarialTraining
from gan.train.generator import FactorSplit, TrainableGenerator
from gan.train.image_folder import PreparedPictures, prepare_folder
from gan.train.initial_weights import fresh_generator, grown_generator
from gan.train.paired import PairedTraining, graphs_for
from gan.train.paired_set import PairedSet
from gan.train.paired_then_adversarial import PairedThenAdversarial
from gan.train.picture_source import CritterSource, FolderSource, PictureSource
from gan.train.processes import Processes
from gan.train.settings import PrecisionName, TrainError, TrainSettings
from gan.train.training import AveragedWeights, Training

HALF_CLAMP = 256.0  # as published: float16 ends at 65504
SMALLEST_PX, LARGEST_PX = 8, 1024


@dataclass(frozen=True)
class TrainRequest:
    """What to train on, one of three, and the generator's shape.

    paired: a set of `livedrag dataset`. folder: of pictures. Neither: critters, rendered as needed.
    mirrored: a folder's mirror images count as pictures too.
    init: a generator to start from. channel_base, channel_max: widths min(base / r, max) at resolution r.
    z_dim, w_dim, mapping_layer_count: of a new generator; a paired one's z are the factors.
    adversarial_share: of the budget, at its end, that a paired training goes adversarial.
    """

    paired: Path | None = None
    folder: Path | None = None
    mirrored: bool = False
    init: Path | None = None
    resolution: int = 128
    channel_base: int = 2048
    channel_max: int = 128
    z_dim: int = 128
    w_dim: int = 128
    mapping_layer_count: int = 4
    adversarial_share: float = 0.0


def prepare_training(
    request: TrainRequest,
    settings: TrainSettings,
    processes: Processes,
    device: torch.device,
    cache: Path,
    note: Callable[[int, int], None] = lambda _done, _count: None,
    note_skipped: Callable[[dict[str, str]], None] = lambda _skipped: None,
) -> Training:
    """Everything read and checked.

    cache: folder where a folder's prepared pictures are kept. note: hears how many of them are done;
    note_skipped: which files are damaged. Raises TrainError, ModelFileError and DatasetError.
    """
    if settings.batch_size < 1 or settings.batch_size % processes.count:
        raise TrainError(
            f"a batch of {settings.batch_size} pictures does not divide among {processes.count} processes; "
            "give --batch a multiple of their number"
        )
    if request.resolution not in (2**k for k in range(3, 11)):
        raise TrainError(
            f"--resolution {request.resolution} is not possible; give a power of two from "
            f"{SMALLEST_PX} to {LARGEST_PX}"
        )
    if request.paired is not None:
        data = PairedSet(request.paired, request.resolution, settings.held_out_count, device)
        split = FactorSplit(GEOMETRY_FACTORS, APPEARANCE_FACTORS, settings.geometry_rows)
        multiplier = settings.mapping_lr_multiplier
        generator = starting_generator(request, FACTOR_COUNT, split, multiplier, settings.seed).to(device)
        graphs = graphs_for(data, settings, processes, device)
        paired = PairedTraining(generator, data, settings, processes, device, graphs)
        if request.adversarial_share <= 0:
            return paired
        return PairedThenAdversarial(paired, request.adversarial_share, settings, processes, device)
    if settings.frozen_features:
        check_installed()
    source: PictureSource
    if request.folder is not None:
        prepared = _prepared_by_first(request.folder, request.resolution, cache, processes, note)
        note_skipped(prepared.skipped)
        source = FolderSource(prepared, settings.seed, request.mirrored, device)
    else:
        source = CritterSource(request.resolution, settings.seed, device)
    multiplier = settings.adversarial_mapping_lr_multiplier
    generator = starting_generator(
        request, request.z_dim, None, multiplier, settings.seed, settings.precision
    ).to(device)
    average = AveragedWeights(generator)
    return AdversarialTraining(generator, average, source, settings, processes, device)


def starting_generator(
    request: TrainRequest,
    z_dim: int,
    split: FactorSplit | None,
    multiplier: float,
    seed: int,
    precision: PrecisionName = "float32",
) -> TrainableGenerator:
    """A new generator, or `init` grown to the shape that is asked for. Raises ModelFileError, TrainError.

    precision: with float16 a new generator's activations are clamped, there and wherever it will run.
    """
    channels = Architecture.channel_table(request.resolution, request.channel_base, request.channel_max)
    if min(channels.values()) < 1:
        raise TrainError(
            f"--channel-base {request.channel_base} leaves no channel at {request.resolution} px; give at "
            f"least {request.resolution}"
        )
    clamp = HALF_CLAMP if precision == "float16" else None
    if request.init is None:
        if split is not None and request.w_dim % 2:
            raise TrainError(f"--w-dim {request.w_dim} cannot be halved; give an even number")
        new = Architecture(
            request.resolution, z_dim, request.w_dim, 0, request.mapping_layer_count, channels, clamp
        )
        return fresh_generator(new, seed, split, multiplier)
    stored, old, _ = read_model_file(request.init)
    if old.c_dim:
        raise TrainError("--init has labels, which are not trained here; give a generator without them")
    new = Architecture(
        request.resolution,
        z_dim if split is not None else old.z_dim,
        old.w_dim,
        0,
        old.mapping_layer_count,
        channels,
        old.conv_clamp,
        base_height=old.base_height,
        base_width=old.base_width,
    )
    return grown_generator(stored, old, new, seed, split, multiplier)


def _prepared_by_first(
    folder: Path,
    resolution: int,
    cache: Path,
    processes: Processes,
    note: Callable[[int, int], None],
) -> PreparedPictures:
    """The folder's pictures, prepared by the first process while the others wait."""
    if processes.first:
        prepared = prepare_folder(folder, resolution, cache, note)
        processes.wait()
        return prepared
    processes.wait()
    return prepare_folder(folder, resolution, cache)
