"""The command line as a test types it: what it must answer to what is allowed, and to what is not."""

from __future__ import annotations

import pytest

from app.cli import main

DRAG = "8,16:24,16"


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Runs and expects exit code 2, nothing on stdout, exactly one line on stderr; returns it."""
    code = main([str(argument) for argument in arguments])
    streams = capsys.readouterr()
    assert code == 2
    assert streams.out == ""
    lines = streams.err.splitlines()
    assert len(lines) == 1, streams.err
    assert lines[0].startswith("livedrag: ")
    return lines[0]


def performed(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Runs and expects exit code 0 and nothing on stderr; returns stdout."""
    code = main([str(argument) for argument in arguments])
    streams = capsys.readouterr()
    assert code == 0, streams.err
    assert streams.err == ""
    return streams.out
