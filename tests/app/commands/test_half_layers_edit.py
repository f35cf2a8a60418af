"""16-bit layers that overflow in `livedrag edit`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main
from app.session.document import load_document
from app.session.edits import SetHalfLayers
from gan.half_precision import HalfPrecision
from gan.model_file import ProvenanceHeader, save_model_file
from gan.random_model import random_architecture, random_tensors
from tests.app.command_line import performed
from tests.app.session.overflowing import REPEATED


def large_model(path: Path) -> Path:
    """256 px with few channels. Layer 7 of its trunk makes one channel that 16 bits cannot hold, layer 8 does
    not use it."""
    architecture = random_architecture(256, 1024, channel_max=8, z_dim=8, w_dim=10, mapping_layer_count=2)
    tensors = random_tensors(architecture, 1)
    tensors["synthesis.b64.conv0.bias"][2] = 1e6
    tensors["synthesis.b64.conv1.weight"][:, 2] = 0
    tensors["synthesis.b64.torgb.weight"][:, 2] = 0
    save_model_file(path, tensors, architecture, ProvenanceHeader(name="large"))
    return path


def test_without_a_window_it_is_one_note_and_the_session_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = large_model(tmp_path / "large.safetensors")
    # later than that, what is tracked in a picture without things is a toss-up, and 16 bits may decide it
    command = ("edit", "--model", model, "--seed", 1, "--drag", "80,80:140,90", "--steps", 3, "--json")
    half = json.loads(performed(capsys, *command, "--half-layers", "--out", tmp_path / "half"))
    plain = json.loads(performed(capsys, *command, "--out", tmp_path / "plain"))
    assert half["notes"] == [f"16 bits were not enough for layer 8; {REPEATED} it stays"]
    assert plain["notes"] == []
    assert half["finite"]
    assert half["steps"] == plain["steps"] == 3
    assert half["handles"][0]["handle"] == pytest.approx(plain["handles"][0]["handle"], abs=1)
    edits = load_document(Path(half["files"]["session"])).edits
    kept = [edit.half for edit in edits if isinstance(edit, SetHalfLayers)]
    assert kept[-1] == HalfPrecision(excluded_rows=frozenset({8}))
    replayed = json.loads(
        performed(capsys, "replay", half["files"]["session"], "--out", tmp_path / "again", "--json")
    )
    assert replayed["steps"] == 3
    for kind in ("latent", "after"):
        assert Path(replayed["files"][kind]).read_bytes() == Path(half["files"][kind]).read_bytes()


def test_the_help_says_that_its_gain_was_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    main(["edit", "--help"])
    assert "its gain not measured" in " ".join(capsys.readouterr().out.split())
