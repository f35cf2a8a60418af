"""The generators that the repository brings along."""

from __future__ import annotations

from pathlib import Path

# A generator of 64 px that was trained like the embedded one: for tests of what a picture's content decides.
SMALL_MODEL = Path(__file__).resolve().parent.parent / "assets" / "critters-64.safetensors"
