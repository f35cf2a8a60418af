"""`livedrag inspect` and `convert` on files of every format: what is said, and one line for what is
refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from app.cli import main, name_dropped_file
from gan.model_file import load_generator, read_model_file, save_model_file
from tests.app.tiny import save_tiny_model
from tests.gan.formats import model_files as files
from tests.gan.formats.stand_ins import dump, module_tree


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return files.nvidia_file(tmp_path / "cats.pkl", files.tensors_of(files.small(c_dim=3)), clamp=256.0)


def test_inspect_says_it_in_words(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(model)]) == 0
    said = capsys.readouterr().out
    for words in (
        "NVIDIA pickle",
        "draggable",
        "yes",
        "conv clamp           256.0",
        "/data/cats.zip",
        "not run",
    ):
        assert words in said


def test_inspect_as_json(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "--json", str(model)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["format"] == "NVIDIA pickle"
    assert facts["draggable"] is True
    assert facts["obstacle"] is None
    assert facts["architecture"]["resolution"] == 16
    assert facts["architecture"]["c_dim"] == 3
    assert facts["parameter_count"] == sum(t.numel() for t in files.tensors_of(files.small(c_dim=3)).values())
    assert facts["discriminator_tensor_count"] == 2
    assert facts["training_hints"]["training_set"]["path"] == "/data/cats.zip"


def test_inspect_says_why_a_model_cannot_be_dragged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "aliasfree.pkl"
    path.write_bytes(dump({"G_ema": module_tree({"synthesis.input.freqs": torch.ones(4, 2)})}, 4))
    assert main(["inspect", "--json", str(path)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["draggable"] is False
    assert "alias-free StyleGAN3" in facts["obstacle"]
    assert main(["convert", str(path), str(tmp_path / "out.safetensors")]) == 2
    assert "alias-free StyleGAN3" in capsys.readouterr().err
    assert not (tmp_path / "out.safetensors").exists()


def test_convert_keeps_every_number(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cats.safetensors"
    arguments = ["convert", str(model), str(out), "--licence", "CC BY 4.0", "--training-data", "my cats"]
    assert main(arguments) == 0
    assert "16 x 16, from NVIDIA pickle" in capsys.readouterr().out
    tensors, architecture, header = read_model_file(out)
    original, expected, _ = read_model_file(model)
    assert architecture == expected
    assert all(torch.equal(tensors[name], original[name]) for name in original)
    assert (header.licence, header.training_data) == ("CC BY 4.0", "my cats")
    assert main(arguments) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 0
    assert main(["convert", str(out), str(out), "--force"]) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cats.pkl", "cats.safetensors"]


def test_convert_to_16_bits_halves_the_file_and_keeps_the_picture(tmp_path: Path) -> None:
    source = save_tiny_model(tmp_path / "tiny.safetensors")
    out = tmp_path / "half.safetensors"
    assert main(["convert", str(source), str(out), "--half"]) == 0
    tensors, _, _ = read_model_file(out)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    assert out.stat().st_size < 0.6 * source.stat().st_size
    before, after = load_generator(source), load_generator(out)
    assert after.dtype == torch.float32
    pictures = [generator.image(generator.sample(1)) for generator in (before, after)]
    assert float((pictures[0] - pictures[1]).abs().max()) < 2 / 255 * 2


def test_a_number_too_large_for_16_bits_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tensors, architecture, header = read_model_file(save_tiny_model(tmp_path / "tiny.safetensors"))
    tensors["synthesis.b4.conv1.weight"] = tensors["synthesis.b4.conv1.weight"] * 1e6
    save_model_file(tmp_path / "large.safetensors", tensors, architecture, header)
    out = tmp_path / "half.safetensors"
    assert main(["convert", str(tmp_path / "large.safetensors"), str(out), "--half"]) == 2
    error = capsys.readouterr().err
    assert "'synthesis.b4.conv1.weight'" in error
    assert "65504" in error
    assert not out.exists()


@pytest.mark.parametrize("command", ["inspect", "convert", "edit"])
def test_a_hostile_file_is_one_line_and_exit_code_2(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("evil.pkl").write_bytes(b"cos\nsystem\n(S'touch canary'\ntR.")
    arguments = {
        "inspect": ["inspect", "evil.pkl"],
        "convert": ["convert", "evil.pkl", "out.safetensors"],
        "edit": ["edit", "--model", "evil.pkl", "--seed", "1", "--drag", "1,1:5,5", "--out", "out"],
    }[command]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("livedrag: evil.pkl asks for 'os.system'")
    assert error.count("\n") == 1
    assert "Traceback" not in error
    assert [p.name for p in tmp_path.iterdir()] == ["evil.pkl"]


def test_a_path_dropped_on_the_command_line() -> None:
    assert name_dropped_file(["cats.pkl", "--seed", "3"]) == ["--model", "cats.pkl", "--seed", "3"]
    assert name_dropped_file(["/a/b/Cats.SAFETENSORS"]) == ["--model", "/a/b/Cats.SAFETENSORS"]
    assert name_dropped_file(["edit.json"]) == ["--session", "edit.json"]
    assert name_dropped_file(["edit", "--seed", "3"]) == ["edit", "--seed", "3"]
    assert name_dropped_file([]) == []
