"""`FrameReadback`: composed outputs on their way to the host through pixel-pack buffers: nobody waits.

`begin` only asks the GPU to copy into a buffer of its own; `take` fetches what a fence says is there, usually
a frame later. A plain glReadPixels would stop the frame until the GPU has caught up.
"""

import ctypes
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render import gl_api as gl
from render.framebuffer import Framebuffer

BUFFER_COUNT = 3  # a GPU that is further behind than that drops frames of the recording, not of the window


@dataclass
class _Reading:
    buffer: int
    size: tuple[int, int]
    fence: Any


class FrameReadback:
    """Needs its GL context current in every call. Leaves no pack buffer bound."""

    def __init__(self) -> None:
        self._free = [int(name) for name in np.atleast_1d(gl.glGenBuffers(BUFFER_COUNT))]
        self._all = list(self._free)
        self._under_way: deque[_Reading] = deque()

    def begin(self, framebuffer: Framebuffer) -> bool:
        """Start to copy the framebuffer's texture; False where every buffer is still in use."""
        if not self._free:
            return False
        buffer = self._free.pop()
        width, height = framebuffer.texture.size
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, framebuffer.name)
        gl.glReadBuffer(gl.GL_COLOR_ATTACHMENT0)
        gl.glBindBuffer(gl.GL_PIXEL_PACK_BUFFER, buffer)
        gl.glBufferData(gl.GL_PIXEL_PACK_BUFFER, width * height * 4, None, gl.GL_STREAM_READ)
        gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, 4)
        gl.glReadPixels(0, 0, width, height, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, ctypes.c_void_p(0))
        gl.glBindBuffer(gl.GL_PIXEL_PACK_BUFFER, 0)
        fence = gl.glFenceSync(gl.GL_SYNC_GPU_COMMANDS_COMPLETE, 0)
        self._under_way.append(_Reading(buffer, (width, height), fence))
        return True

    def take(self) -> NDArray[np.uint8] | None:
        """The oldest copy that has arrived, uint8 (h, w, 4) RGBA, row 0 first; None where none has."""
        if not self._under_way:
            return None
        reading = self._under_way[0]
        state = int(gl.glClientWaitSync(reading.fence, gl.GL_SYNC_FLUSH_COMMANDS_BIT, 0))
        if state not in (int(gl.GL_ALREADY_SIGNALED), int(gl.GL_CONDITION_SATISFIED)):
            return None
        self._under_way.popleft()
        gl.glDeleteSync(reading.fence)
        width, height = reading.size
        pixels = np.empty((height, width, 4), np.uint8)
        gl.glBindBuffer(gl.GL_PIXEL_PACK_BUFFER, reading.buffer)
        gl.glGetBufferSubData(gl.GL_PIXEL_PACK_BUFFER, 0, pixels.nbytes, pixels)
        gl.glBindBuffer(gl.GL_PIXEL_PACK_BUFFER, 0)
        self._free.append(reading.buffer)
        return pixels

    def close(self) -> None:
        """Delete the buffers; what is on its way is lost."""
        for reading in self._under_way:
            gl.glDeleteSync(reading.fence)
        self._under_way.clear()
        if self._all:
            gl.glDeleteBuffers(len(self._all), self._all)
        self._all, self._free = [], []
