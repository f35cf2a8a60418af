"""The program's version, for --version and for what is written into pictures."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def program_version() -> str:
    """The installed version; 'source' where the program runs from a checkout that is not installed."""
    try:
        return version("livedrag")
    except PackageNotFoundError:
        return "source"
