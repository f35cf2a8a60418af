"""The command line: what it writes, and one line with exit code 2 for everything that is not allowed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from app.cli import main
from app.session.document import load_document
from app.session.edit_session import EditSession
from gan.drag_session import DragSession
from gan.step_result import StepResult
from tests.app.tiny import SIZE, save_tiny_model

ROOT = Path(__file__).resolve().parents[2]
DRAG = "8,16:24,16"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


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

    params = load_document(first / "session.json").initial_params()
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


EDIT_ERRORS: list[tuple[list[str], str]] = [
    (["--drag", "40,3:9,9"], "handle 40,3 is outside the picture, which is 32x32"),
    (["--drag", "-1,3:9,9"], "handle -1,3 is outside the picture, which is 32x32"),
    (["--drag", "3,3:9,31.5"], "target 9,31.5 is outside the picture, which is 32x32"),
    (["--drag", "3,3:3,3"], "same point"),
    (["--drag", "3,3"], "'3,3' is not a drag"),
    (["--drag", "3,3:4,x"], "'3,3:4,x' is not a drag"),
    (["--drag", "nan,3:4,5"], "not finite"),
    ([], "--drag"),
    (["--drag", DRAG, "--seed", "-1"], "'-1' is out of range"),
    (["--drag", DRAG, "--seed", "4294967296"], "4294967295"),
    (["--drag", DRAG, "--seed", "three"], "'three'"),
    (["--drag", DRAG, "--psi", "7"], "'7' is out of range"),
    (["--drag", DRAG, "--psi", "nan"], "'nan' is out of range"),
    (["--drag", DRAG, "--steps", "0"], "'0' is out of range"),
    (["--drag", DRAG, "--steps", "10001"], "1 to 10000"),
    (["--drag", DRAG, "--params", "best"], "'best'"),
    (["--drag", DRAG, "--space", "z"], "give w or w+"),
    (["--drag", DRAG, "--device", "tpu9"], "tpu9"),
    (["--drag", DRAG, "--mask", "none.png"], "cannot read the mask 'none.png'"),
    (["--drag", DRAG, "--what"], "--what"),
    (["--drag", DRAG, "--video", "avi"], "'avi'"),
    (["--drag", DRAG, "--fps", "0"], "give a whole number 1 to 120"),
    (["--drag", DRAG, "--fps", "29.97"], "give a whole number 1 to 120"),
    (["--drag", DRAG, "--size", "9000"], "16 to 8192"),
    (["--drag", DRAG, "--seconds", "nan"], "'nan' is out of range"),
    (["--drag", DRAG, "--hold", "-1"], "'-1' is out of range"),
    (["--drag", DRAG, "--easing", "bouncy"], "'bouncy'"),
]


@pytest.mark.parametrize(("arguments", "message"), EDIT_ERRORS)
def test_edits_that_are_refused(
    arguments: list[str], message: str, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = [] if "--seed" in arguments else ["--seed", "1"]
    out = tmp_path / "out"
    line = refused(capsys, "edit", "--model", model, *seed, *arguments, "--out", out)
    assert message in line
    assert not out.exists(), "nothing is written, not even a folder"


def test_masks_that_are_refused(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = Image.new("L", (SIZE, SIZE), 255)
    good.save(tmp_path / "good.png")
    Image.new("L", (SIZE, SIZE + 1), 255).save(tmp_path / "size.png")
    Image.new("RGBA", (SIZE, SIZE)).save(tmp_path / "mode.png")
    Image.new("L", (SIZE, SIZE), 0).save(tmp_path / "black.png")
    good.save(tmp_path / "jpeg.png", format="JPEG")
    (tmp_path / "cut.png").write_bytes((tmp_path / "good.png").read_bytes()[:60])
    (tmp_path / "empty.png").write_bytes(b"")
    for name, message in {
        "size.png": "is 32x33, the picture 32x32",
        "mode.png": "mode RGBA",
        "black.png": "all black",
        "jpeg.png": "not a readable PNG",
        "cut.png": "cut.png",
        "empty.png": "not a readable PNG",
        ".": "cannot read the mask",
    }.items():
        line = refused(
            capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--out", tmp_path / "o",
            "--mask", tmp_path / name,
        )  # fmt: skip
        assert message in line
    assert not (tmp_path / "o").exists()
    for mode in ("1", "RGB"):
        good.convert(mode).save(tmp_path / f"{mode}.png")
        performed(
            capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 1,
            "--out", tmp_path / "o", "--mask", tmp_path / f"{mode}.png",
        )  # fmt: skip


def test_models_that_are_refused(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = model.read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(data[: len(data) // 2])
    (tmp_path / "text.pkl").write_text("not a model")
    (tmp_path / "empty.safetensors").write_bytes(b"")
    for name in ("none.safetensors", "cut.safetensors", "text.pkl", "empty.safetensors", "."):
        rest = ("--seed", 1, "--drag", DRAG, "--out", tmp_path / "o")
        assert name in refused(capsys, "edit", "--model", tmp_path / name, *rest) or name == "."
        refused(capsys, "inspect", tmp_path / name)
    assert not (tmp_path / "o").exists()


def test_folders_that_cannot_be_written(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "deep", "/proc/livedrag"):
        line = refused(capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--out", out)
        assert "cannot write to" in line
        assert str(out) in line


def test_sessions_that_are_refused(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    performed(
        capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 1, "--out", tmp_path / "o"
    )
    session = tmp_path / "o" / "session.json"
    out = ("--out", tmp_path / "again")
    other = save_tiny_model(tmp_path / "other.safetensors", seed=2)
    assert "--model" in refused(capsys, "replay", session, "--model", other, *out)
    (tmp_path / "new.json").write_text(session.read_text().replace('"version": 1', '"version": 9'))
    assert "update LiveDrag" in refused(capsys, "replay", tmp_path / "new.json", *out)
    (tmp_path / "cut.json").write_text(session.read_text()[:200])
    assert "damaged" in refused(capsys, "replay", tmp_path / "cut.json", *out)
    assert "check the path" in refused(capsys, "replay", tmp_path / "none.json", *out)
    assert not (tmp_path / "again").exists()
    performed(capsys, "replay", session, *out)  # the session knows where its model is


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

    monkeypatch.setattr(DragSession, "step", third_is_not_finite)
    out = performed(
        capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 9, "--out", tmp_path / "o"
    )
    assert "3 steps" in out
    assert "not finite" in out
    assert (tmp_path / "o" / "after.png").exists()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_too_little_memory_is_one_line(
    error: Exception,
    tmp_path: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(session: DragSession) -> StepResult:
        raise error

    monkeypatch.setattr(DragSession, "step", fail)
    line = refused(capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--out", tmp_path / "o")
    assert "memory is not enough" in line


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


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app", *(str(argument) for argument in arguments)]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=buffered
    )


def test_in_a_process_of_its_own_an_error_is_one_line(tmp_path: Path) -> None:
    process = start("inspect", tmp_path / "none")
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert error.count("\n") == 1
    assert error.startswith("livedrag: model file")


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_interrupting_is_quiet_and_leaves_no_half_video(tmp_path: Path, model: Path) -> None:
    process = start(
        "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 3,
        "--video", "--seconds", 300, "--out", tmp_path / "o",
    )  # fmt: skip
    part = tmp_path / "o" / ".edit.mp4.part"
    while not part.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert error == ""
    assert process.returncode == 130
    assert not [path for path in (tmp_path / "o").iterdir() if "edit" in path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pipe that breaks")
def test_a_reader_that_leaves_is_no_error(model: Path) -> None:
    for arguments in (["inspect", model], ["--help"], ["--version"]):
        leave_early(start(*arguments))


def leave_early(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 0
    process.stderr.close()


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
