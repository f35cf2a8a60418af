"""`WorkerMessages`: what the drag worker has to tell and no frame holds yet."""

from __future__ import annotations

from app.worker_frame import Message


class WorkerMessages:
    """Each text once until it is taken: a lost device fails at every turn."""

    def __init__(self) -> None:
        self._untold: list[Message] = []

    def __bool__(self) -> bool:
        return bool(self._untold)

    def tell(self, text: str, failed: bool, details: str = "") -> None:
        """One line for the status line. details: of an error, for who wants to know more."""
        if all(text != message.text for message in self._untold):
            self._untold.append(Message(text, failed, details))

    def take(self) -> tuple[Message, ...]:
        """All of them, which the next frame is to hold."""
        untold, self._untold = tuple(self._untold), []
        return untold
