"""Random numbers that follow from the run's seed, the step and the purpose alone."""

from __future__ import annotations

import hashlib

import torch


def host_stream(seed: int, step: int, purpose: str) -> torch.Generator:
    """A generator on the CPU: for numbers that must be the same whatever the device."""
    return torch.Generator().manual_seed(_key(seed, step, purpose))


def device_stream(seed: int, step: int, purpose: str, device: torch.device) -> torch.Generator:
    """A generator on the device: for noise, of which there is too much to be sent there."""
    return torch.Generator(device).manual_seed(_key(seed, step, purpose))


def _key(seed: int, step: int, purpose: str) -> int:
    # not Python's hash(), which differs from process to process
    digest = hashlib.blake2b(f"{seed} {step} {purpose}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
