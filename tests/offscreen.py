"""An off-screen GL context for tests."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from render.cuda_driver import CudaInteropDriver, check_same_gpu
from render.errors import InteropError, RenderError
from render.offscreen import OffscreenContext


@contextmanager
def context_or_skip() -> Iterator[OffscreenContext]:
    """Without EGL the test skips, but never where CI=true."""
    try:
        context = OffscreenContext()
    except RenderError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI=true and no GL: {error}")
        pytest.skip(str(error))
    with context:
        yield context


def driver_or_skip(context: OffscreenContext) -> CudaInteropDriver:
    """CUDA's driver for the first GPU, where that draws the context; else the test skips."""
    if not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU: torch finds no CUDA device")
    for package in ("cupy", "cuda.bindings"):
        try:
            importlib.import_module(package)
        except (ImportError, RuntimeError) as error:  # RuntimeError: the bindings find no driver
            pytest.skip(f"no {package} ({error}): pip install 'livedrag[cuda]'")
    torch.zeros(1, device="cuda")  # the primary context that every library then shares
    made = CudaInteropDriver()
    try:
        made.select_device(0)
        check_same_gpu(made, 0)
    except InteropError as error:
        pytest.skip(f"off-screen OpenGL is on {context.description}: {error}")
    return made
