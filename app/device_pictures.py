"""`DevicePictures`: the worker's pictures in the GPU's memory, in two buffers that the window hands back.

Each buffer has a stream of its own for the window's copy (`app.copy_stream`), which waits for the buffer's
picture and for nothing that the worker queues later; and the worker's next picture in that buffer waits for
the copy. Written to before the copy is queued, a buffer would show another picture than the frame speaks of:
so it is free again only when the window says that. One more buffer would never be used: at most one picture
waits in the mailbox, where the worker may withdraw it, and at most one is in the window's hands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from numpy.typing import NDArray
from torch import Tensor

from app.copy_stream import CopyStream
from app.device_timer import Timer
from app.picture_maker import MadePicture
from gan.drag_session import DragSession
from gan.generator import to_uint8
from gan.preview import Preview
from render.compositor import Picture
from render.device_image import DeviceImage
from render.errors import RenderError

BUFFER_COUNT = 2


@dataclass
class _Buffer:
    stream: CopyStream
    pixels: Tensor | None = None  # (3, H, W) float16, made for the first picture
    is_free: bool = True


class DevicePictures:
    """See `app.picture_maker.PictureMaker`. Half precision: 11 bits for a display of 8, half of the copy."""

    def __init__(
        self,
        open_stream: Callable[[], CopyStream],
        start_timer: Callable[[], Timer],
    ) -> None:
        """open_stream: makes a stream of the pictures' device. start_timer: of work that is queued there."""
        self._start_timer = start_timer
        self._buffers = [_Buffer(open_stream()) for _ in range(BUFFER_COUNT)]
        self._lock = threading.Lock()  # hand_back is called by the window
        self._timers: dict[bool, Timer] = {}  # of the last preview, and of the last full picture
        self._cost_ms: dict[bool, float] = {}

    def make(self, session: DragSession, preview: Preview | None) -> MadePicture | None:
        """Queues the synthesis; waits for nothing."""
        buffer = self._take_free()
        if buffer is None:
            return None
        is_preview = preview is not None
        self._read_timer(is_preview)
        try:
            if preview is None:
                session.prepare_image()  # not what a picture costs
            timer = self._start_timer()
            tensor = session.image_tensor() if preview is None else session.preview_tensor(preview)
            if buffer.pixels is None or buffer.pixels.shape != tensor.shape:
                buffer.pixels = torch.empty_like(
                    tensor, dtype=torch.float16, memory_format=torch.contiguous_format
                )
                buffer.stream.hold(buffer.pixels)
            buffer.stream.precede()
            buffer.pixels.copy_(tensor)
            buffer.stream.follow()
            timer.stop()
        except Exception:
            self._give_back(buffer)
            raise
        self._timers.setdefault(is_preview, timer)
        image = DeviceImage(buffer.pixels, buffer.stream.handle)
        return MadePicture(image, self._cost_ms.get(is_preview), lambda: self._give_back(buffer))

    def release(self) -> None:
        """See `PictureMaker`. What the window still holds goes when a smaller picture takes its place."""
        with self._lock:
            for buffer in self._buffers:
                if buffer.is_free:
                    buffer.pixels = None

    def _read_timer(self, is_preview: bool) -> None:
        timer = self._timers.get(is_preview)
        elapsed_ms = None if timer is None else timer.elapsed_ms()
        if elapsed_ms is not None:
            self._cost_ms[is_preview] = elapsed_ms
            del self._timers[is_preview]

    def _take_free(self) -> _Buffer | None:
        with self._lock:
            buffer = next((b for b in self._buffers if b.is_free), None)
            if buffer is not None:
                buffer.is_free = False
            return buffer

    def _give_back(self, buffer: _Buffer) -> None:
        with self._lock:
            buffer.is_free = True


def host_copy(array: object) -> Picture:
    """A picture of `DevicePictures` as uint8 (H, W, 3), for a display that cannot share memory with CUDA.

    Waits for the GPU: this goes to the default stream (`app.copy_stream`), behind what makes the picture and
    the steps that were started since; the buffer is handed back after it. Raises RenderError where the GPU is
    lost.
    """
    try:
        return to_uint8(cast(Tensor, array).float()).cpu().numpy()  # sync: there is no other way to the host
    except RuntimeError as error:  # torch's errors of a device are all of this kind
        raise RenderError(f"The picture cannot be read from the GPU: {str(error).splitlines()[0]}") from error


def host_map(array: object) -> NDArray[Any]:
    """A map of `app.map_feed.DeviceLayers` as it is, in the host's memory; otherwise as above."""
    try:
        return cast(Tensor, array).cpu().numpy()  # sync: as above
    except RuntimeError as error:
        raise RenderError(f"The map cannot be read from the GPU: {str(error).splitlines()[0]}") from error
