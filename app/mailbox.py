"""`Mailbox`: hands the newest finished frame from the worker to the window. Neither waits for the other."""

from __future__ import annotations

import threading
from dataclasses import replace

from app.map_request import MadeLayer
from app.worker_frame import WorkerFrame

MESSAGE_COUNT = 20  # that wait for a window which does not take them; older ones are dropped


class Mailbox:
    """Holds one frame. A newer one takes its place, but keeps what only the older one has to tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame: WorkerFrame | None = None

    def put(self, frame: WorkerFrame) -> None:
        """Leaves a frame, for the worker."""
        if frame.picture is not None:
            frame = replace(frame, pictured=frame.handles, pictured_serial=frame.serial)
        with self._lock:
            old = self._frame
            if old is not None:
                if old.picture is not None and frame.picture is not None:
                    old.hand_back()  # nobody will see it
                if frame.picture is None:
                    frame = _with_picture_of(old, frame)
                frame = replace(
                    frame,
                    losses=old.losses + frame.losses,
                    passed=old.passed + frame.passed,
                    layers=_newest(old.layers + frame.layers),
                    messages=(old.messages + frame.messages)[-MESSAGE_COUNT:],
                    session_text=frame.session_text or old.session_text,
                )
            self._frame = frame

    def take(self, picture: bool) -> WorkerFrame | None:
        """Takes the frame, for the window; picture=False leaves its picture for a later call."""
        with self._lock:
            frame, self._frame = self._frame, None
            if frame is not None and not picture and frame.picture is not None:
                self._frame = replace(frame, losses=(), passed=(), layers=(), messages=(), session_text=None)
                frame = replace(frame, picture=None)
        return frame

    def withdraw_picture(self) -> None:
        """Takes back a picture that was not taken yet, so that its memory can be used for a newer one."""
        with self._lock:
            old = self._frame
            if old is not None and old.picture is not None:
                old.hand_back()
                self._frame = replace(old, picture=None)

    @property
    def wants_picture(self) -> bool:
        """Whether the last picture was taken, so that another one would be seen."""
        with self._lock:
            return self._frame is None or self._frame.picture is None

    @property
    def wants_layers(self) -> bool:
        """Whether the last layers were taken."""
        with self._lock:
            return self._frame is None or not self._frame.layers


def _newest(layers: tuple[MadeLayer, ...]) -> tuple[MadeLayer, ...]:
    """One of each name."""
    return tuple({layer.name: layer for layer in layers}.values())


def _with_picture_of(old: WorkerFrame, frame: WorkerFrame) -> WorkerFrame:
    """The frame with the other one's picture and what belongs to it."""
    return replace(
        frame,
        picture=old.picture,
        hand_back=old.hand_back,
        pictured=old.pictured,
        pictured_serial=old.pictured_serial,
        picture_ms=old.picture_ms,
        is_preview=old.is_preview,
    )
