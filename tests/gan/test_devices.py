"""Devices by name, and how exactly they compute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from gan.devices import resolve_device, use_exact_arithmetic
from gan.errors import DeviceError


@pytest.fixture
def coarse() -> Iterator[None]:
    """torch as it comes: TF32 for convolutions; and matrices too, as some containers have it."""
    before = settings()
    set_to(True, True, False)
    yield
    set_to(*before)


def settings() -> tuple[bool, bool, bool]:
    """TF32 for convolutions, for matrices; sums in one order."""
    matmul = bool(torch.backends.cuda.matmul.allow_tf32)
    return torch.backends.cudnn.allow_tf32, matmul, torch.backends.cudnn.deterministic


def set_to(convolutions: bool, matrices: bool, deterministic: bool) -> None:
    torch.backends.cudnn.allow_tf32 = convolutions
    torch.backends.cuda.matmul.allow_tf32 = matrices
    torch.backends.cudnn.deterministic = deterministic


@pytest.mark.usefixtures("coarse")
def test_whoever_gets_a_cuda_device_gets_exact_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert settings() == (True, True, False)
    assert resolve_device("cuda:0") == torch.device("cuda:0")
    assert settings() == (False, False, True)
    with pytest.raises(DeviceError, match="sees 1 CUDA devices"):
        resolve_device("cuda:1")


@pytest.mark.usefixtures("coarse")
def test_a_processor_changes_nothing_in_the_process() -> None:
    resolve_device("cpu")
    assert settings() == (True, True, False)
    use_exact_arithmetic()
    assert settings() == (False, False, True)
    assert torch.get_float32_matmul_precision() == "highest"
