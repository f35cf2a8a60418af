"""`livedrag evaluate`: what it writes, and one line for everything that it cannot do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from app.cli import main
from app.evaluation_sheets import ranked_drags
from app.picture_sheets import CELL_PX
from gan import image_features
from gan.critters.renderer import CritterRenderer
from gan.evaluate import critter_drags, evaluator
from gan.evaluate.drag_suite import DragOutcome
from tests.app.command_line import refused
from tests.app.tiny import save_tiny_model
from tests.gan.train.sets import write_paired_set


class FakeFeatures:
    """In place of EfficientNet-Lite0, which an installation for users does not have."""

    def to(self, device: str) -> FakeFeatures:
        assert device == "cpu"
        return self

    def pooled(self, pictures: Tensor) -> Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(pictures, 4).flatten(1)


@pytest.fixture(autouse=True)
def small_critters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A renderer that is quick without being compiled."""
    small = CritterRenderer(24, compiled=False)
    monkeypatch.setattr(critter_drags, "_renderer", lambda compiled: small)


@pytest.fixture(scope="module")
def renders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_paired_set(tmp_path_factory.mktemp("renders") / "set", 50)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("models")
    return [save_tiny_model(folder / f"tiny{seed}.safetensors", seed) for seed in (1, 2)]


def test_two_generators_side_by_side(
    models: list[Path],
    renders: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image_features, "ImageFeatures", FakeFeatures)
    monkeypatch.setattr(evaluator, "MOST_INCONSISTENCY", 1e9)  # untrained, and no critters
    command = [
        "evaluate", *models, "--renders", renders, "--samples", 50, "--drags", 2, "--landmark-steps", 2,
        "--json", tmp_path / "deep" / "result.json", "--out", tmp_path / "sheets",
        "--work", tmp_path / "work", "--device", "cpu",
    ]  # fmt: skip
    assert main([str(argument) for argument in command]) == 0
    out, err = capsys.readouterr()
    assert "EfficientNet-Lite0" in out
    assert "FID" not in out
    assert "drags that arrive" in out
    assert "landmark reader" in out
    assert "tiny (2)" in out, "two generators of one name are told apart"

    result = json.loads((tmp_path / "deep" / "result.json").read_text())
    assert [model["file"] for model in result["models"]] == [str(model) for model in models]
    assert result["params"]["learning_rate"] > 0
    assert (result["device"], result["suite"]["arrival"]) == ("cpu", 1 / 128)
    for model in result["models"]:
        assert model["drags"]["drag_count"] == len(model["outcomes"]) == 2
        assert model["likeness"]["sample_count"] == 50
    assert "critters: what the renderer itself changes" in out
    critters = result["critters"]
    assert (critters["drags"]["drag_count"], critters["drags"]["mean_iterations"]) == (2, None)
    assert critters["drags"]["mean_others_moved"] > 0
    first, second = (model["outcomes"] for model in result["models"])
    assert [drag["picture_seed"] for drag in first] == [drag["picture_seed"] for drag in second]

    sheets = sorted((tmp_path / "sheets").iterdir())
    assert [str(path) for path in sheets] == sorted(err.splitlines())
    kinds = ["best-drags", "interpolation", "samples", "worst-drags"]
    assert [path.stem for path in sheets] == [f"tiny-{i}-{kind}" for i in "12" for kind in kinds]
    for path in sheets:
        with Image.open(path) as picture:
            assert "trainedAlgorithmicMedia" in str(picture.info)
            assert np.asarray(picture).std() > 5, "something is drawn"
            assert picture.width >= 2 * CELL_PX


def test_with_masks_critters_are_not_dragged(
    models: list[Path],
    renders: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image_features, "ImageFeatures", FakeFeatures)
    monkeypatch.setattr(evaluator, "MOST_INCONSISTENCY", 1e9)
    counts = ["--samples", "50", "--drags", "1", "--landmark-steps", "2", "--masked", "--json"]
    code = main(
        ["evaluate", str(models[0]), "--renders", str(renders), "--work", str(tmp_path / "work"), *counts]
    )
    result = json.loads(capsys.readouterr().out)
    assert (code, result["critters"]) == (0, None)
    assert result["models"][0]["drags"]["mean_fixed_changed"] is not None


def test_without_renders(
    models: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_features, "ImageFeatures", FakeFeatures)
    folders = ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "sheets")]
    code = main(["evaluate", str(models[0]), "--no-renders", "--samples", "50", "--json", *folders])
    result = json.loads(capsys.readouterr().out)
    assert code == 0
    (model,) = result["models"]
    assert (model["likeness"], model["drags"]) == (None, None)
    assert model["detail"] > 0
    assert (result["landmark_reader"], result["critters"]) == (None, None)
    assert [path.stem for path in sorted((tmp_path / "sheets").iterdir())] == [
        "tiny-interpolation",
        "tiny-samples",
    ]


def test_what_is_refused(
    models: list[Path], renders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.safetensors").write_text("no model")
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "empty").mkdir()
    given = ["--work", tmp_path / "work", "--renders", renders, "--samples", 50]
    model = models[0]
    cases: list[tuple[list[object], str]] = [
        ([tmp_path / "none.safetensors", *given], "none.safetensors"),
        ([tmp_path / "text.safetensors", *given], "text.safetensors"),
        ([model, *given, "--samples", 51], "has 50 renders and 51 are asked for"),
        ([model, *given, "--samples", 49], "50 to"),
        ([model, *given, "--samples", "many"], "'many'"),
        ([model, *given, "--drags", -1], "'-1'"),
        ([model, *given, "--landmark-steps", 0], "'0'"),
        ([model, *given, "--no-renders"], "do not go together"),
        ([model, *given, "--renders", tmp_path / "empty"], "dataset.json"),
        ([model, *given, "--out", tmp_path / "file"], "cannot write to"),
        ([model, *given, "--work", tmp_path / "file" / "deep"], "cannot write to"),
        ([model, *given, "--json", tmp_path], "it is a folder"),
        ([model, *given, "--json", tmp_path / "file" / "x.json"], "cannot write to"),
        ([model, *given, "--set", "speed=3"], "there is no parameter 'speed'"),
        ([model, *given, "--set", "feature_resolution=128"], "this generator has blocks of"),
        ([model, *given, "--device", "tpu9"], "tpu9"),
        ([model, *given, "--device", "cuda:99"], "use --device cpu"),
    ]
    for arguments, words in cases:
        assert words in refused(capsys, "evaluate", *arguments)
    assert not (tmp_path / "work").exists(), "nothing is written"


def test_without_the_extra_package(
    models: list[Path],
    renders: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    arguments = (models[0], "--work", tmp_path / "work", "--renders", renders, "--samples", 50)
    assert "pip install efficientnet-lite-pytorch" in refused(capsys, "evaluate", *arguments)


def test_an_interruption_says_where_it_goes_on(
    models: list[Path],
    renders: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(self: object, generator: object, file: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(image_features, "ImageFeatures", FakeFeatures)
    monkeypatch.setattr(evaluator.Evaluator, "judge", interrupted)
    given = ["--renders", str(renders), "--samples", "50", "--work", str(tmp_path / "w")]
    code = main(["evaluate", str(models[0]), *given])
    assert code == 130
    assert str(tmp_path / "w") in capsys.readouterr().err


def test_drags_are_ranked_by_what_is_left_of_the_way() -> None:
    def outcome(number: int, way: float, left: float, arrived: bool = True) -> DragOutcome:
        return DragOutcome(
            number, number, "nose", (0.5, 0.5), (0.5 + way, 0.5), (0.5, 0.5), (0.5, 0.5), arrived, 9, 9, 0.1,
            left, 1.0, None, None,
        )  # fmt: skip

    drags = [outcome(0, 0.10, 1.0), outcome(1, 0.04, 1.0), outcome(2, 0.14, 0.1, arrived=False)]
    assert [drag.number for drag in ranked_drags(drags)] == [0, 1, 2]
