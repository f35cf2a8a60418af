"""Latents in files: every format that people have, and one clear line for those that cannot be used."""

from __future__ import annotations

import contextlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from app import events
from app.errors import OutputError
from app.latent_file import save_latent, start_from_file
from app.session.edit_session import EditSession
from app.session.edits import StartFromSeed, start_latent
from app.worker import DragWorker
from gan.errors import EditError
from gan.formats.latent_file import read_latent
from tests.app.awaited_frames import wait_for
from tests.app.fakes import make_app
from tests.app.hand import pull
from tests.app.tiny import tiny_generator

ROWS, COLUMNS = 8, 10


def latent() -> NDArray[np.float32]:
    return np.random.default_rng(3).normal(size=(ROWS, COLUMNS)).astype(np.float32)


def save(path: Path, array: NDArray[np.float32], how: str) -> Path:
    """The forms that NVIDIA's projector, PTI, e4e and DragGAN leave."""
    tensor = torch.from_numpy(array)
    path = path.with_suffix(f".{how.partition(' ')[0]}")
    match how:
        case "npy":
            np.save(path, array)
        case "npz":
            np.savez(path, w=array[None])
        case "npz compressed":
            np.savez_compressed(path, w=array[None], noise=np.zeros(3))
        case "safetensors":
            save_file({"w_plus": tensor}, path)
        case "pt tensor":
            torch.save(tensor[None], path)
        case "pt dictionary":
            torch.save({"w_plus": tensor, "seed": 3}, path)
        case "pt legacy":
            torch.save({"latent": tensor}, path, _use_new_zipfile_serialization=False)
        case "pt list":
            torch.save([torch.nn.Parameter(tensor[None])], path)
        case "pt double":
            torch.save(tensor.double(), path)
        case "pkl array":
            path.write_bytes(pickle.dumps({"w": array}))
    return path


FORMS = [
    *("npy", "npz", "npz compressed", "safetensors", "pt tensor", "pt dictionary", "pt legacy", "pt list"),
    *("pt double", "pkl array"),
]


@pytest.mark.parametrize("how", FORMS)
def test_every_form_is_read(tmp_path: Path, how: str) -> None:
    path = save(tmp_path / "latent", latent(), how)
    np.testing.assert_array_equal(read_latent(path, ROWS, COLUMNS).numpy(), latent())


@pytest.mark.parametrize("how", ["npy", "pt tensor", "safetensors"])
def test_one_w_is_taken_for_every_layer(tmp_path: Path, how: str) -> None:
    w = latent()[:1]
    read = read_latent(save(tmp_path / "latent", w, how), ROWS, COLUMNS)
    np.testing.assert_array_equal(read.numpy(), np.repeat(w, ROWS, axis=0))


@pytest.mark.parametrize("suffix", [".safetensors", ".npy"])
def test_what_is_saved_is_read_again(tmp_path: Path, suffix: str) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(7))
    path = tmp_path / f"latent{suffix}"
    save_latent(path, session)
    start = start_from_file(path, tiny_generator())
    torch.testing.assert_close(start_latent(tiny_generator(), start), session.session.w_plus)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def refused(path: Path) -> str:
    with pytest.raises(EditError) as raised:
        read_latent(path, ROWS, COLUMNS)
    message = str(raised.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_wrong_shapes_are_named(tmp_path: Path) -> None:
    for shape, words in (
        ((18, 512), "is 18x512; this generator needs 8x10, or 10 for one w"),
        ((ROWS, COLUMNS + 1), "8x11"),
        ((5, ROWS, COLUMNS), "holds 5 latents"),
        ((), "a single number"),
        ((0,), "is 0"),
        ((2, 3, 4, 5), "2x3x4x5"),
    ):
        np.save(tmp_path / "latent.npy", np.zeros(shape, np.float32))
        assert words in refused(tmp_path / "latent.npy")


@pytest.mark.parametrize("how", FORMS)
def test_truncated_files_are_one_line(tmp_path: Path, how: str) -> None:
    path = save(tmp_path / "latent", latent(), how)
    data = path.read_bytes()
    for share in (0.0, 0.1, 0.5, 0.9):
        path.write_bytes(data[: int(len(data) * share)])
        refused(path)


@pytest.mark.parametrize("how", FORMS)
def test_damaged_files_never_raise_anything_else(tmp_path: Path, how: str) -> None:
    path = save(tmp_path / "latent", latent(), how)
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 4):
            broken[place] = rng.integers(0, 256)
        path.write_bytes(bytes(broken))
        with contextlib.suppress(EditError):
            read_latent(path, ROWS, COLUMNS)


def test_a_latent_file_runs_nothing(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (eval, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    (tmp_path / "a.pt").write_bytes(pickle.dumps({"w_plus": Trap()}))
    assert "eval" in refused(tmp_path / "a.pt")
    np.save(tmp_path / "b.npy", np.array([Trap()], object), allow_pickle=True)
    refused(tmp_path / "b.npy")
    np.savez(tmp_path / "c.npz", allow_pickle=True, w=np.array([Trap()], object))
    refused(tmp_path / "c.npz")
    assert not (tmp_path / "ran").exists()


def test_files_that_are_no_latents(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_text("not a latent")
    refused(tmp_path / "a.pt")
    (tmp_path / "b.npy").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert "PNG" in refused(tmp_path / "b.npy")
    refused(tmp_path / "none.npy")
    np.savez(tmp_path / "c.npz", left=latent(), right=latent())
    assert "'left', 'right'" in refused(tmp_path / "c.npz")
    np.save(tmp_path / "d.npy", np.array(["text"]))
    assert "no numbers" in refused(tmp_path / "d.npy")
    broken = latent()
    broken[2, 3] = np.nan
    np.save(tmp_path / "e.npy", broken)
    assert "not finite" in refused(tmp_path / "e.npy")
    np.savez_compressed(tmp_path / "f.npz", w=np.zeros(2**25, np.float32))  # a bomb: 128 MB in 130 kB
    assert "unfolds" in refused(tmp_path / "f.npz")


def test_latents_that_cannot_be_written(tmp_path: Path) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(7))
    with pytest.raises(OutputError, match=r"\.safetensors or \.npy"):
        save_latent(tmp_path / "latent.pt", session)
    with pytest.raises(OutputError, match="choose another folder"):
        save_latent(tmp_path / "none" / "latent.npy", session)


def test_in_the_window_a_latent_takes_the_handles_along_and_a_refused_file_takes_none(tmp_path: Path) -> None:
    bad = tmp_path / "bad.npy"
    np.save(bad, np.full((ROWS, COLUMNS), np.nan, np.float32))
    app, _, sent = make_app()
    pull(app, (10.0, 10.0), (14.0, 10.0))
    counts: list[int] = []
    worker = DragWorker(EditSession(tiny_generator(), StartFromSeed(7)), thread_count=1)
    try:
        for path in (tmp_path / "missing.npy", bad, save(tmp_path / "latent", latent(), "npy")):
            app.apply(events.OpenLatent(path))
            last = 0
            for command in sent.commands:
                last = worker.submit(command)
            sent.commands.clear()
            frame = wait_for(worker, lambda f, n=last: f.serial == n)
            counts.append(len(frame.handles))
            assert frame.undo_label == ("drag" if frame.handles else "open latent")
    finally:
        worker.close()
    assert app.state.handles == {}
    assert counts == [1, 1, 0]
    worker.session.undo()
    assert worker.session.session.handle_ids == (0,)
