"""The command line: what it does and writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from app.cli import main
from app.commands import outputs
from app.movie.edit_path import EditPath
from app.session.document import load_document
from app.session.edit_session import EditSession
from gan.drag_session import DragSession
from gan.step_result import StepResult
from tests.app.command_line import DRAG, performed, refused
from tests.app.tiny import SIZE


def test_an_edit_and_its_replay(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[8:24] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    first, second = tmp_path / "first", tmp_path / "deep" / "second"
    common = ("--model", model, "--video", "--json")
    out = performed(
        capsys, "edit", *common, "--seed", 3, "--drag", DRAG, "--drag", "4,4:9.5,9",
        "--mask", tmp_path / "mask.png", "--steps", 6, "--out", first, "--psi", "0.5", "--params", "paper",
        "--space", "w",
    )  # fmt: skip
    report = json.loads(out)
    assert report["command"] == "edit"
    assert (report["seed"], report["truncation_psi"], report["steps"]) == (3, 0.5, 6)
    assert report["finite"] is True
    assert [handle["target"] for handle in report["handles"]] == [[24.0, 16.0], [9.5, 9.0]]
    kinds = {"before", "after", "before_after", "latent", "latent_npy", "mask", "session", "video"}
    assert set(report["files"]) == kinds
    assert report["notes"] == []
    for path in report["files"].values():
        assert Path(path).stat().st_size > 60

    initial = load_document(first / "session.json").initial_params()
    assert initial is not None
    params = initial.params
    assert (params.tracking_norm, params.latent_space) == ("l1", "w")
    with safe_open(first / "latent.safetensors", "pt") as file:
        assert file.get_tensor("w_plus").shape == (8, 10)
        assert json.loads(file.metadata()["latent"])["seed"] == 3

    again = json.loads(performed(capsys, "replay", first / "session.json", *common, "--out", second))
    assert again["steps"] == 6
    assert again["handles"] == report["handles"]
    for name in ("before.png", "after.png", "before-after.png", "latent.safetensors", "session.json"):
        assert (second / name).read_bytes() == (first / name).read_bytes(), name


def test_movies_of_every_kind(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit = (
        "edit",
        "--model",
        model,
        "--seed",
        3,
        "--drag",
        DRAG,
        "--steps",
        3,
        "--out",
        tmp_path / "e",
        "--json",
    )
    performed(capsys, *edit)
    for kind in ("mp4", "webm", "gif", "webp", "png"):
        look = ("--fps", 10, "--size", 64, "--seconds", 0.5, "--easing", "gentle", "--hold", 0.2, "--clean")
        out = tmp_path / kind
        replayed = (
            "replay",
            tmp_path / "e" / "session.json",
            "--video",
            kind,
            *look,
            "--picture",
            "jpg",
            "--json",
        )
        report = json.loads(performed(capsys, *replayed, "--out", out))
        made = Path(report["files"]["video"])
        assert made == out / ("edit" if kind == "png" else f"edit.{kind}")
        assert len(list(made.iterdir())) >= 8 if kind == "png" else made.stat().st_size > 500
        assert (out / "after.jpg").exists()
    with av.open(str(tmp_path / "mp4" / "edit.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (64, 64, 10)
        assert "seed 3" in container.metadata["comment"]


def test_an_edit_of_a_latent(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ("--model", model, "--drag", DRAG, "--steps", 2, "--json")
    performed(capsys, "edit", *common, "--seed", 3, "--out", tmp_path / "a")
    report = json.loads(
        performed(capsys, "edit", *common, "--latent", tmp_path / "a" / "latent.npy", "--out", tmp_path / "b")
    )
    assert report["seed"] is None
    assert (tmp_path / "b" / "before.png").read_bytes() != (tmp_path / "a" / "before.png").read_bytes()
    with (
        Image.open(tmp_path / "b" / "before.png") as begins,
        Image.open(tmp_path / "a" / "after.png") as ended,
    ):
        np.testing.assert_array_equal(np.array(begins), np.array(ended))
    np.save(tmp_path / "wrong.npy", np.zeros((18, 512), np.float32))
    line = refused(capsys, "edit", *common, "--latent", tmp_path / "wrong.npy", "--out", tmp_path / "c")
    assert "is 18x512; this generator needs 8x10" in line
    line = refused(capsys, "edit", *common, "--latent", tmp_path / "none.npy", "--out", tmp_path / "c")
    assert "none.npy" in line
    both = ("--seed", 3, "--latent", tmp_path / "wrong.npy")
    assert "--seed" in refused(capsys, "edit", *common, *both, "--out", tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_words_for_people(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--model", model, "edit", "--seed", 1, "--drag", DRAG, "--steps", 2, "--out", tmp_path / "o")
    out = performed(capsys, *arguments)
    assert "2 steps" in out
    assert "handle 0 at" in out
    assert str(tmp_path / "o" / "after.png") in out
    assert not (tmp_path / "o" / "edit.mp4").exists()


def test_inspect(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads(performed(capsys, "inspect", model, "--json"))
    assert facts["kind"] == "model"
    assert facts["architecture"]["resolution"] == SIZE
    assert facts["num_ws"] == 8
    assert "resolution" in performed(capsys, "inspect", model)
    performed(
        capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 3, "--out", tmp_path / "o"
    )
    facts = json.loads(performed(capsys, "inspect", tmp_path / "o" / "session.json", "--json"))
    assert facts["kind"] == "session"
    assert facts["step_count"] == 3
    assert facts["units"] == ["place handles", "drag"]


def test_a_step_that_is_not_finite_stops_the_edit_and_keeps_the_last_good_picture(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = DragSession.step

    def third_is_not_finite(session: DragSession) -> StepResult:
        result = step(session)
        return replace(result, finite=torch.tensor(False)) if result.iteration == 3 else result

    filmed: list[EditPath] = []

    def note_movie(_out: Path, _video: object, _session: object, path: EditPath, *_: object) -> object:
        filmed.append(path)
        return tmp_path / "movie.mp4", []

    monkeypatch.setattr(DragSession, "step", third_is_not_finite)
    monkeypatch.setattr(outputs, "write_movie", note_movie)
    out = performed(
        capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 9, "--out", tmp_path / "o",
        "--video",
    )  # fmt: skip
    assert "2 steps" in out  # the refused one is none
    assert [scene.step_count for path in filmed for scene in path.scenes()] == [2]
    assert "not finite" in out
    assert (tmp_path / "o" / "after.png").exists()


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["edit", "--help"], ["replay", "--help"], ["bench", "--help"]):
        assert "usage: livedrag" in performed(capsys, *arguments)
    assert performed(capsys, "--version").startswith("livedrag ")
    assert "dance" in refused(capsys, "dance")


def test_the_example_without_a_display(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert main([]) == 0
    streams = capsys.readouterr()
    assert len(streams.err.splitlines()) == 1
    assert "no display" in streams.err
    assert "every handle has arrived" in streams.out
    assert {path.name for path in (tmp_path / "livedrag-example").iterdir()} == {
        "before.png", "after.png", "before-after.png", "latent.safetensors", "latent.npy", "session.json",
        "edit.mp4",
    }  # fmt: skip


@pytest.mark.parametrize("option", ["--model", "--session"])
def test_without_a_display_nothing_else_is_done_than_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    line = refused(capsys, option, tmp_path / "mine")
    assert "no display" in line
    assert "livedrag edit" in line
    assert list(tmp_path.iterdir()) == []


def test_the_same_session_from_the_command_line_and_by_hand(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from app.session.edits import AddHandle, StartFromSeed
    from gan import load_generator

    performed(
        capsys, "edit", "--model", model, "--seed", 5, "--drag", DRAG, "--steps", 4, "--out", tmp_path / "o"
    )
    session = EditSession(load_generator(model), StartFromSeed(5))
    session.apply(AddHandle(0, (8, 16), (24, 16)))
    for _ in range(4):
        session.step()
    with safe_open(tmp_path / "o" / "latent.safetensors", "pt") as file:
        assert torch.equal(file.get_tensor("w_plus"), session.session.w_plus)
