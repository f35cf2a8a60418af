"""What the window asks a person about sessions, and what it has for the clipboard. Plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WantedModel:
    """A session waits for its generator. why: one sentence."""

    session_name: str
    model_name: str
    sha256: str
    path: str | None
    why: str


@dataclass
class DialogState:
    """ask_save_as: a dialog for a session's new name is to open. ask_paste: the clipboard is to be read.
    clipboard: text that is to go there. wanted_model: asked for, as long as it is not None. unwritten: names
    of files that would be lost by closing; whether to is asked as long as there are any."""

    ask_save_as: bool = False
    ask_paste: bool = False
    clipboard: str | None = None
    wanted_model: WantedModel | None = None
    unwritten: tuple[str, ...] = ()
