"""A tiny untrained generator for the tests of app/: 32 px, a step takes milliseconds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gan.architecture import Architecture
from gan.generator import Generator
from gan.model_file import ProvenanceHeader, save_model_file
from gan.random_model import random_architecture, random_generator, random_tensors

SIZE = 32


def tiny_architecture() -> Architecture:
    """32 px, at most 12 channels, 8 rows of w_plus of 10 numbers."""
    return random_architecture(SIZE, 256, channel_max=12, z_dim=8, w_dim=10, mapping_layer_count=2)


@cache
def tiny_generator(seed: int = 1) -> Generator:
    """The generator, made once for every seed."""
    return random_generator(tiny_architecture(), seed)


def save_tiny_model(path: Path, seed: int = 1) -> Path:
    """The same as a model file."""
    architecture = tiny_architecture()
    save_model_file(path, random_tensors(architecture, seed), architecture, ProvenanceHeader(name="tiny"))
    return path
