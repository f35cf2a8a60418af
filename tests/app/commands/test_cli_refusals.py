"""One line with exit code 2, and nothing written, for everything that is not allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from app.cli import main
from app.recording import encoders
from app.recording.encoders import Encoder
from app.session.document import VERSION, load_document
from app.session.edits import AddHandle
from gan.drag_session import DragSession
from gan.step_result import StepResult
from tests.app.command_line import DRAG, performed, refused
from tests.app.tiny import SIZE, save_tiny_model

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
    (["--drag", DRAG, "--seed", "three"], "'three' is no whole number; give one from 0 to 4294967295"),
    (["--drag", DRAG, "--psi", "7"], "'7' is out of range"),
    (["--drag", DRAG, "--psi", "nan"], "'nan' is no number; give one from -1 to 2"),
    (["--drag", DRAG, "--steps", "0"], "'0' is out of range"),
    (["--drag", DRAG, "--steps", "10001"], "1 to 10000"),
    (["--drag", DRAG, "--params", "best"], "'best'"),
    (["--drag", DRAG, "--space", "z"], "give w or w+"),
    (["--drag", DRAG, "--set", "speed=3"], "there is no parameter 'speed'; there are learning_rate"),
    (["--drag", DRAG, "--set", "whitening=2"], "whitening is 2; allowed are 0 to 1"),
    (["--drag", DRAG, "--set", "whitening=lots"], "whitening is 'lots'; give a number"),
    (["--drag", DRAG, "--set", "tracking_subdivision=1.5"], "is 1.5; give a whole number"),
    (["--drag", DRAG, "--set", "order=any"], "order is 'any'; allowed are"),
    (["--drag", DRAG, "--set", "whitening"], "'whitening' sets nothing; give NAME=VALUE"),
    (["--drag", DRAG, "--device", "tpu9"], "tpu9"),
    (["--drag", DRAG, "--mask", "none.png"], "cannot read the mask 'none.png'"),
    (["--drag", DRAG, "--what"], "--what"),
    (["--drag", DRAG, "--video", "avi"], "'avi'"),
    (["--drag", DRAG, "--fps", "0"], "give a whole number 1 to 120"),
    (["--drag", DRAG, "--fps", "29.97"], "'29.97' is no whole number; give one from 1 to 120"),
    (["--drag", DRAG, "--size", "9000"], "16 to 8192"),
    (["--drag", DRAG, "--size", "big"], "'big' is no whole number; give one from 16 to 8192"),
    (["--drag", DRAG, "--seconds", "nan"], "'nan' is no number; give one from 0.1 to 600"),
    (["--drag", DRAG, "--seconds", "inf"], "'inf' is out of range"),
    (["--drag", DRAG, "--steps", "9" * 5000], "...' is no whole number"),
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
    (tmp_path / "new.json").write_text(session.read_text().replace(f'"version": {VERSION}', '"version": 9'))
    assert "update LiveDrag" in refused(capsys, "replay", tmp_path / "new.json", *out)
    (tmp_path / "cut.json").write_text(session.read_text()[:200])
    assert "damaged" in refused(capsys, "replay", tmp_path / "cut.json", *out)
    assert "check the path" in refused(capsys, "replay", tmp_path / "none.json", *out)
    assert not (tmp_path / "again").exists()
    performed(capsys, "replay", session, *out)  # the session knows where its model is


def test_a_model_that_has_moved_is_asked_for_by_its_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = save_tiny_model(tmp_path / "tiny.safetensors")
    o = tmp_path / "o"
    performed(capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 1, "--out", o)
    moved = model.rename(tmp_path / "elsewhere.safetensors")
    line = refused(capsys, "replay", o / "session.json", "--out", tmp_path / "again")
    assert load_document(o / "session.json").model.sha256[:12] in line
    assert f"not at '{model}' any more; give it with --model" in line
    assert not (tmp_path / "again").exists()
    performed(capsys, "replay", o / "session.json", "--model", moved, "--out", tmp_path / "again")


def test_a_damaged_session_is_replayed_up_to_the_damage(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    o, again = tmp_path / "o", tmp_path / "again"
    performed(capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 2, "--out", o)
    text = (o / "session.json").read_text()
    cut = tmp_path / "cut.json"
    cut.write_text(text[: text.index('"steps"')])
    assert main(["replay", str(cut), "--out", str(again)]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert f"the session '{cut}' is damaged; opened up to its edit" in line
    left = load_document(again / "session.json")
    assert left.step_count() == 0
    assert any(isinstance(edit, AddHandle) for edit in left.edits)
    assert cut.read_text() == text[: text.index('"steps"')], "the damaged file is as it was"


def test_a_video_that_nothing_here_encodes_is_refused_before_the_work(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(encoders.ENCODERS, ".webm", (Encoder("libvpx-of-another-build", "VP9", {}, {}),))
    o = tmp_path / "o"
    edit = ("edit", "--model", model, "--seed", 1, "--drag", DRAG, "--steps", 1, "--out", o)
    line = refused(capsys, *edit, "--video", "webm")
    assert "no encoder for .webm (libvpx-of-another-build)" in line
    assert "pip install av" in line
    assert not o.exists()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "memory is not enough"),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
            "memory is not enough",
        ),
        (
            torch.AcceleratorError("CUDA error: unspecified launch failure\nadvice"),
            "device stopped answering",
        ),
    ],
)
def test_a_device_that_gives_up_is_one_line(
    error: Exception,
    told: str,
    tmp_path: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(session: DragSession) -> StepResult:
        raise error

    monkeypatch.setattr(DragSession, "step", fail)
    line = refused(capsys, "edit", "--model", model, "--seed", 1, "--drag", DRAG, "--out", tmp_path / "o")
    assert told in line
