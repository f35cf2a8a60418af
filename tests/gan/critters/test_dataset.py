"""Sets of critters on disk: written, resumed after a kill, opened, and refused in one line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.cli import main
from gan.critters import dataset
from gan.critters.dataset import DatasetError, open_array, read_about, write_array, write_images
from gan.critters.factors import sample_factors
from gan.critters.render_blocks import Block, RenderJob, one_ahead, rendered_blocks
from gan.critters.renderer import CritterError, CritterRenderer
from gan.file_lock import FileLock

ROOT = Path(__file__).resolve().parents[3]
RESOLUTION = 16
SEED = 5
MEMBERS = ("pictures.npy", "factors.npy", "landmarks.npy")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "BLOCK_LIMIT", 2)
    monkeypatch.setattr(dataset, "GPU_BLOCK_LIMIT", 8)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven critters, written without interruption."""
    folder = tmp_path_factory.mktemp("sets") / "whole"
    write_array(folder, 5, 7, RESOLUTION)
    return folder


def assert_same_files(folder: Path, expected: Path) -> None:
    for name in (*MEMBERS, "dataset.json"):
        assert (folder / name).read_bytes() == (expected / name).read_bytes(), name


def test_a_set_holds_what_the_renderer_shows(whole: Path) -> None:
    found = open_array(whole)
    z = sample_factors(5, range(7))
    expected = CritterRenderer(RESOLUTION, compiled=False).render(z)
    assert len(found) == found.planned_count == 7
    assert (found.seed, found.resolution) == (5, RESOLUTION)
    assert isinstance(found.pictures, np.memmap)
    assert np.array_equal(found.factors, z.numpy())
    assert np.array_equal(found.pictures, expected.pictures.permute(0, 2, 3, 1).numpy())
    assert np.array_equal(found.landmarks, expected.landmarks_px.numpy())


class KilledError(Exception):
    pass


@pytest.mark.parametrize("done_count", [0, 2, 6])
def test_a_run_that_was_cut_off_resumes_to_the_same_bytes(
    whole: Path, tmp_path: Path, done_count: int
) -> None:
    def stop(done: int) -> None:
        if done >= done_count:
            raise KilledError

    folder = tmp_path / "set"
    with pytest.raises(KilledError):
        write_array(folder, 5, 7, RESOLUTION, on_done=stop)
    assert len(open_array(folder)) == read_about(folder).done_count == done_count
    seen: list[int] = []
    write_array(folder, 5, 7, RESOLUTION, on_done=seen.append)
    assert seen[0] == done_count
    assert seen[-1] == 7
    assert_same_files(folder, whole)
    write_array(folder, 5, 7, RESOLUTION, on_done=seen.append)
    assert seen[-1] == 7
    assert_same_files(folder, whole)


def test_kill_9_of_the_command_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    arguments = ["--count", "40", "--resolution", "16", "--seed", "6", "--workers", "1"]
    folder = tmp_path / "set"
    command = [sys.executable, "-m", "app", "dataset", "--out", str(folder), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    while not (folder / "dataset.json").exists() or read_about(folder).done_count == 0:
        assert process.poll() is None, process.stderr
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert 0 < read_about(folder).done_count < 40
    # the oracle: the pictures one by one, not a second run of the same writer
    found = read_about(folder).done_count
    expected = CritterRenderer(16, compiled=False).render(sample_factors(6, range(found, found + 2)))
    # what a kill within a block leaves behind: half written rows that dataset.json does not count
    with (folder / "pictures.npy").open("r+b") as file:
        file.seek(-(40 - found) * 16 * 16 * 3, os.SEEK_END)
        file.write(b"\xff" * 500)
    shutil.copytree(folder, tmp_path / "copy")
    write_array(tmp_path / "copy", 6, 40, 16)
    resumed = open_array(tmp_path / "copy")
    assert len(resumed) == 40
    assert np.array_equal(resumed.pictures[found : found + 2], expected.pictures.permute(0, 2, 3, 1).numpy())


def started(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """`livedrag dataset` on two workers, in a process group of its own, once both are there."""
    command = [sys.executable, "-m", "app", "dataset", "--out", str(folder), "--workers", "2", *arguments]
    with (folder.parent / "said").open("wb") as said:  # no pipe: orphans would hold it open
        process = subprocess.Popen(command, cwd=ROOT, stderr=said, start_new_session=True)
    while len(workers_of(process.pid)) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    return process


def workers_of(parent: int) -> list[int]:
    """The processes that multiprocessing began for it."""
    found: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # pid (name) state parent ...
            about = (folder / "stat").read_text().rpartition(")")[2].split()
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(about[1]) == parent and b"spawn_main" in words:
            found.append(int(folder.name))
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux for the processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent(tmp_path: Path, number: signal.Signals) -> None:
    # blocks that take minutes: a worker that only noticed when it hands one over would still be there
    process = started(tmp_path / "set", "--count", "40", "--resolution", "1024")
    workers = workers_of(process.pid)
    process.send_signal(number)
    process.wait()
    for _ in range(300):
        if not any(is_running(pid) for pid in workers):
            return
        time.sleep(0.1)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    pytest.fail(f"{len(workers)} workers live on")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux for the processes")
def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    process = started(tmp_path / "set", "--count", "400", "--resolution", "32")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them, while they still import
    assert process.wait() == 130
    assert (tmp_path / "said").read_bytes() == b""
    assert read_about(tmp_path / "set").count == 400


def test_several_processes_write_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    write_array(tmp_path / "set", 5, 7, RESOLUTION, worker_count=2)
    assert_same_files(tmp_path / "set", whole)


def test_blocks_rendered_ahead_are_the_same() -> None:
    job = RenderJob(SEED, RESOLUTION, "cpu", False)
    blocks = [range(0, 2), range(2, 5)]
    expected = list(rendered_blocks(job, blocks))
    for ours, theirs in zip(one_ahead(rendered_blocks(job, blocks)), expected, strict=True):
        assert ours.first == theirs.first
        assert np.array_equal(ours.pictures, theirs.pictures)

    def failing() -> Iterator[Block]:
        yield expected[0]
        raise CritterError("no more")

    found = one_ahead(failing())
    assert next(found) is expected[0]
    with pytest.raises(CritterError, match="no more"):
        next(found)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU; torch sees none")
def test_a_gpu_writes_what_it_renders(tmp_path: Path) -> None:
    write_array(tmp_path, SEED, 20, RESOLUTION, device="cuda", compiled=False)
    found = open_array(tmp_path)
    batch = CritterRenderer(RESOLUTION, "cuda", compiled=False).render(sample_factors(SEED, range(20)))
    assert np.array_equal(found.pictures, batch.pictures.permute(0, 2, 3, 1).cpu().numpy())


def test_an_image_folder(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    write_images(folder, 5, 3, RESOLUTION)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "00000000.png",
        "00000001.png",
        "00000002.png",
        "dataset.json",
        "factors.npy",
        "landmarks.npy",
    ]
    pictures = open_array(whole).pictures
    for i in range(3):
        assert np.array_equal(np.asarray(Image.open(folder / names[i])), pictures[i])
    assert np.array_equal(np.load(folder / "factors.npy"), open_array(whole).factors[:3])
    with pytest.raises(DatasetError, match="one PNG for each critter"):
        open_array(folder)


def test_the_command_reports_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["dataset", "--out", str(tmp_path / "set"), "--count", "3", "--resolution", "16", "--seed=5"]
    assert main([*arguments, "--workers", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["count"], result["rendered_count"], result["form"]) == (3, 3, "array")
    assert main([*arguments, "--workers", "1"]) == 0
    assert "3 of them were there already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (["--count", "4"], "its count is 7, not 4"),
        (["--seed", "6"], "its seed is 5, not 6"),
        (["--resolution", "32"], "its resolution is 16, not 32"),
        (["--images"], "its form is array, not images"),
        (["--count", "0"], "'0' is out of range; give a whole number 1 to"),
        (["--resolution", "7"], "'7' is out of range; give a whole number 16 to 1024"),
        (["--workers", "none"], "'none' is no whole number; give one from 1 to 256"),
        (["--device", "abacus"], "device 'abacus' is unknown"),
        (["--device", "cuda:99"], "use --device cpu"),
    ],
)
def test_what_the_command_refuses(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: list[str], words: str
) -> None:
    folder = shutil.copytree(whole, tmp_path / "set")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    base = ["dataset", "--out", str(folder), "--count", "7", "--resolution", "16", "--seed", "5"]
    assert main([*base, *changed]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_folders_that_are_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("not a folder")
    arguments = ["dataset", "--count", "3", "--resolution", "16", "--out"]
    assert main([*arguments, str(tmp_path / "file")]) == 2
    assert "not a folder" in capsys.readouterr().err
    assert main([*arguments, str(tmp_path)]) == 2
    assert "is not empty and holds no set" in capsys.readouterr().err
    assert main([*arguments, "/proc/critters"]) == 2
    said = capsys.readouterr().err
    assert "cannot write to '/proc/critters'" in said
    assert said.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line_and_the_set_resumes(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "set"
    real = dataset.write_rows

    def full(path: Path, count: int, first: int, rows: np.ndarray) -> None:
        if first >= 4:
            with open("/dev/full", "wb", buffering=0) as file:
                file.write(b"x")
        real(path, count, first, rows)

    monkeypatch.setattr(dataset, "write_rows", full)
    with pytest.raises(DatasetError, match="is full: 7 critters of 16 pixels need 8 KB; free some space"):
        write_array(folder, 5, 7, RESOLUTION)
    assert len(open_array(folder)) == 4
    monkeypatch.setattr(dataset, "write_rows", real)
    write_array(folder, 5, 7, RESOLUTION)
    assert_same_files(folder, whole)


def test_two_runs_do_not_render_into_one_folder(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    other = FileLock.take(folder / dataset.LOCK)
    assert other is not None
    with pytest.raises(DatasetError, match=r"another run is rendering into .*; let it end, or choose"):
        write_array(folder, 5, 7, RESOLUTION)
    assert [path.name for path in folder.iterdir()] == [dataset.LOCK], "nothing of it was touched"
    other.release()
    (folder / dataset.LOCK).touch()  # as a run leaves it that was killed
    write_array(folder, 5, 7, RESOLUTION)
    assert_same_files(folder, whole)
    assert not (folder / dataset.LOCK).exists()


def test_damaged_sets_are_named(whole: Path, tmp_path: Path) -> None:
    def damaged(name: str, contents: bytes | None) -> Path:
        folder = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(whole, folder)
        if contents is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(contents)
        return folder

    about = json.loads((whole / "dataset.json").read_bytes())
    cases = [
        (damaged("dataset.json", None), "is no set of critters"),
        (damaged("dataset.json", b"{"), "is damaged"),
        (damaged("dataset.json", json.dumps(about | {"format_version": 9}).encode()), "version 9"),
        (damaged("dataset.json", json.dumps(about | {"done_count": 8}).encode()), "8 of 7 critters"),
        (damaged("dataset.json", json.dumps(about | {"count": 8}).encode()), "promises"),
        (damaged("dataset.json", json.dumps(about | {"factor_names": ["yaw"]}).encode()), "other factors"),
        (damaged("pictures.npy", None), "is missing"),
        (damaged("pictures.npy", (whole / "pictures.npy").read_bytes()[:-9]), "is damaged"),
        (damaged("factors.npy", b""), "is damaged"),
        (tmp_path / "nowhere", "is no set of critters"),
    ]
    for folder, words in cases:
        with pytest.raises(DatasetError, match=words):
            open_array(folder)


def test_the_callers_thread_count_is_left_alone(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        write_array(tmp_path / "set", 5, 1, 16)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
