"""What a hostile file would do, and the wrappings that several groups of them share."""

from __future__ import annotations

import io
import pickle
import zipfile
from typing import Any

import torch

from tests.gan.formats.model_files import torch_bytes
from tests.gan.formats.pickles import call, line_named, pickled, text

CANARY = "canary-was-here"
SHELL = f"touch {CANARY}"
PYTHON = f"open('{CANARY}', 'w').write('x')"


class Inert:
    """Pickles as whatever was asked for."""

    def __init__(self, reduced: tuple[Any, ...]) -> None:
        self._reduced = reduced

    def __reduce__(self) -> tuple[Any, ...]:
        return self._reduced


def nested_storage(tensor: torch.Tensor) -> bytes:
    return torch_bytes(
        tensor.untyped_storage()
        if tensor.numel() == 0
        else torch.storage.TypedStorage(
            wrap_storage=tensor.untyped_storage(), dtype=tensor.dtype, _internal=True
        ),
        legacy=True,
    )


def hidden_in_legacy() -> bytes:
    """torch's older file whose object is a payload."""
    good = torch_bytes([], legacy=True)
    return good.replace(
        pickle.dumps([], protocol=2), pickled(call(line_named("os", "system"), text(SHELL)), 2)
    )


def zip_of(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()
