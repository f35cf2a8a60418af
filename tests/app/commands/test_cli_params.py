"""`--set NAME=VALUE`: parameters of the drag loop on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.session.document import load_document
from tests.app.command_line import performed

EDIT = ("edit", "--device", "cpu", "--seed", 3, "--drag", "5,6:20,21", "--steps", 1)


def test_what_is_set_is_what_the_session_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model: Path
) -> None:
    performed(
        capsys, *EDIT, "--model", model, "--out", tmp_path / "out", "--json", "--params", "paper",
        "--set", "whitening=0.5", "--set", "optimised_row_count=automatic",
        "--set", "order=track-then-supervise",
    )  # fmt: skip
    initial = load_document(tmp_path / "out" / "session.json").initial_params()
    assert initial is not None
    asked = initial.asked
    assert (asked.whitening, asked.optimised_row_count, asked.order) == (0.5, None, "track-then-supervise")
    assert asked.learning_rate == 2e-3, "the preset's"
