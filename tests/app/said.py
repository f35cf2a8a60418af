"""What a frame of the worker says."""

from __future__ import annotations

from app.worker_frame import WorkerFrame


def said(frame: WorkerFrame) -> str:
    """All of its messages, one a line; "" = none."""
    return "\n".join(message.text for message in frame.messages)


def has_failed(frame: WorkerFrame) -> bool:
    """Whether an error is among them."""
    return any(message.failed for message in frame.messages)
