"""`HostCopies`: notes what crosses from the device's memory to the host's, at every place where that is done.

A GPU's profiler sees the copies themselves (`tests/render/test_cuda_gl.py`). Without a GPU, tensors in the
processor's memory stand for the device's, where a copy to the host costs nothing and leaves no trace: so what
is watched are the calls, of torch and of OpenGL, that would make it, in all threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from render import gl_api as gl
from render.textures import Texture2D

# numpy reads a tensor by one of the last three
TENSOR_CALLS = ("cpu", "numpy", "tolist", "item", "__array__", "__dlpack__", "__reduce_ex__")
GL_READS = ("glReadPixels", "glGetTexImage", "glGetBufferSubData")


@dataclass
class HostCopies:
    """(what was called, bytes) of every copy; `uploads` are those from the host to OpenGL."""

    to_host: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    uploads: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def of_at_least(self, byte_count: int) -> list[tuple[str, int]]:
        """The large ones, in both directions: an upload of what is on the device was on the host before."""
        return [copy for copy in (*self.to_host, *self.uploads) if copy[1] >= byte_count]


@contextmanager
def watched_host_copies() -> Iterator[HostCopies]:
    """Everything in the block is noted. Needs a GL context."""
    copies = HostCopies()
    with pytest.MonkeyPatch.context() as patch:
        for name in TENSOR_CALLS:
            patch.setattr(torch.Tensor, name, _noting(copies, name))
        patch.setattr(torch.Tensor, "to", _noting_to(copies))
        patch.setattr(torch.Tensor, "copy_", _noting_copy(copies))
        for name in GL_READS:
            patch.setattr(gl, name, _noting_read(copies, name))
        patch.setattr(Texture2D, "upload", _noting_upload(copies))
        yield copies


def _byte_count(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _noting(copies: HostCopies, name: str) -> Any:
    original = getattr(torch.Tensor, name)

    def call(self: torch.Tensor, *arguments: Any, **named: Any) -> Any:
        copies.to_host.append((name, _byte_count(self)))
        return original(self, *arguments, **named)

    return call


def _noting_to(copies: HostCopies) -> Any:
    """Only where the processor is named: a generator's own device is the processor here, too."""
    original = torch.Tensor.to

    def to(self: torch.Tensor, *arguments: Any, **named: Any) -> Any:
        if any(argument == "cpu" for argument in (*arguments, *named.values())):
            copies.to_host.append(("to", _byte_count(self)))
        return original(self, *arguments, **named)

    return to


def _noting_copy(copies: HostCopies) -> Any:
    """Asynchronous copies: only those into page-locked memory of the host are."""
    original = torch.Tensor.copy_

    def copy_(self: torch.Tensor, source: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
        if non_blocking:
            copies.to_host.append(("copy_", _byte_count(source)))
        return original(self, source, non_blocking)

    return copy_


def _noting_read(copies: HostCopies, name: str) -> Any:
    original = getattr(gl, name)

    def read(*arguments: Any) -> Any:
        if name == "glReadPixels":
            size = int(arguments[2]) * int(arguments[3]) * 4
        elif name == "glGetBufferSubData":
            size = int(arguments[2])
        else:
            size = 1 << 30  # nobody asks for a whole texture: it is too much whatever its size
        copies.to_host.append((name, size))
        return original(*arguments)

    return read


def _noting_upload(copies: HostCopies) -> Any:
    original = Texture2D.upload

    def upload(self: Texture2D, pixels: Any, x: int = 0, y: int = 0) -> None:
        copies.uploads.append((self.format_name, int(pixels.nbytes)))
        original(self, pixels, x, y)

    return upload
