"""`HostPictures`: the worker's pictures in the host's memory. `app.device_pictures`: on the GPU."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from gan.drag_session import DragSession
from gan.generator import to_uint8
from gan.preview import Preview


def nothing_to_hand_back() -> None:
    """Of pictures in the host's memory: each is new."""


@dataclass(frozen=True)
class MadePicture:
    """picture, hand_back: see `WorkerFrame`. cost_ms: where it is still being made, what the last one of this
    kind took, None = not known yet."""

    picture: Any
    cost_ms: float | None
    hand_back: Callable[[], None] = nothing_to_hand_back


class PictureMaker(Protocol):
    """Makes pictures of a session as the window takes them."""

    def make(self, session: DragSession, preview: Preview | None) -> MadePicture | None:
        """The full picture, or that preview; None = no memory is free for it until one is handed back."""
        ...

    def release(self) -> None:
        """Gives up memory that is kept for the next picture."""
        ...


class HostPictures:
    """uint8 (H, W, 3), new for every picture."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock

    def make(self, session: DragSession, preview: Preview | None) -> MadePicture | None:
        """See `PictureMaker`; always makes one."""
        start = self._clock()
        tensor = session.image_tensor() if preview is None else session.preview_tensor(preview)
        picture = to_uint8(tensor).cpu().numpy()  # sync: in the worker; the window does not wait for it
        return MadePicture(picture, (self._clock() - start) * 1000)

    def release(self) -> None:
        """See `PictureMaker`: none is kept."""
