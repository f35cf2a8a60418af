"""Which generator is edited."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OpenModel:
    """Loads a model and starts a new session with it; None = the embedded generator."""

    path: Path | None


@dataclass(frozen=True)
class CancelLoading:
    """Gives up the model that is being opened."""


@dataclass(frozen=True)
class ChooseModelsFolder:
    """Lists the models of this folder."""

    path: Path


ModelEvent = OpenModel | CancelLoading | ChooseModelsFolder
