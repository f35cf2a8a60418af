"""Recordings that cannot go on: one line, and what was recorded until then plays."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest

from app.errors import OutputError
from app.recording import encoders
from app.recording.encoders import Encoder
from app.recording.frame_writer import MovieFile, open_writer
from app.recording.mp4_boxes import read_xmp
from tests.app.movies import PROVENANCE, decode, level, square_at, with_square, write_squares


def test_an_exception_leaves_no_file(tmp_path: Path) -> None:
    def stop_in_the_middle(name: str) -> None:
        with open_writer(MovieFile(tmp_path / name, (16, 16))) as video:
            video.add(level(9, 16, 16))
            raise KeyboardInterrupt

    for name in ("a.mp4", "a.webm", "a.gif", "a.webp", "a.png"):
        with pytest.raises(KeyboardInterrupt):
            stop_in_the_middle(name)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "a.webp", "a.png"])
def test_wrong_frames_and_folders_are_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot write the") as raised:
        open_writer(MovieFile(tmp_path / "none" / name, (16, 16)))
    assert "\n" not in str(raised.value)
    with (
        pytest.raises(OutputError, match="needed is") as raised,
        open_writer(MovieFile(tmp_path / name, (16, 16))) as video,
    ):
        video.add(level(1, 16, 17))
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in '\.avi'.*\.mp4, \.webm, \.gif, \.webp or \.png"):
        open_writer(MovieFile(tmp_path / "a.avi", (16, 16)))
    with pytest.raises(OutputError, match="give 1 to 120"):
        open_writer(MovieFile(tmp_path / "a.mp4", (16, 16), fps=0))
    with pytest.raises(OutputError, match="record a GIF, or a video"):
        open_writer(MovieFile(tmp_path / "a.webp", (16, 16), live=True))


def test_without_x264_another_encoder_writes_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = Encoder("libx264-of-another-build", "H.264", {}, {})
    monkeypatch.setitem(encoders.ENCODERS, ".mp4", (missing, *encoders.ENCODERS[".mp4"][1:]))
    writer = write_squares(tmp_path / "a.mp4", 10)
    assert writer.note is not None
    assert "cannot encode H.264" in writer.note
    assert [square_at(frame) for frame in decode(tmp_path / "a.mp4")] == list(range(10))
    monkeypatch.setitem(encoders.ENCODERS, ".mp4", (missing,))
    with pytest.raises(OutputError, match="pip install av"):
        open_writer(MovieFile(tmp_path / "b.mp4", (16, 16)))
    assert not (tmp_path / "b.mp4").exists()


def test_an_encoder_that_does_not_open_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = Encoder("libx264", "H.264", {"preset": "no such preset"}, {})
    monkeypatch.setitem(encoders.ENCODERS, ".mp4", (refuses, *encoders.ENCODERS[".mp4"][1:]))
    assert write_squares(tmp_path / "a.mp4", 3).note is not None
    assert len(decode(tmp_path / "a.mp4")) == 3


ROOT = Path(__file__).resolve().parents[3]
RECORDS_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from app.recording.frame_writer import MovieFile, open_writer
from tests.app.movies import PROVENANCE, with_square
writer = open_writer(MovieFile(Path(sys.argv[1]), (96, 96), 20, PROVENANCE, live=True))
for i in range(100):
    writer.add(with_square(i))
print("written", flush=True)
time.sleep(600)
"""


RECORDS_UNTIL_FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from app.errors import OutputError
from app.recording.frame_writer import MovieFile, open_writer
from tests.app.movies import with_square
writer = open_writer(MovieFile(Path(sys.argv[1]), (96, 96), 20, live=True))
rng = np.random.default_rng(0)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
count = 0
try:
    for i in range(1000):
        frame = with_square(i)
        frame[:30] = rng.integers(0, 255, (30, 96, 3))  # so that it fills
        writer.add(frame)
        count += 1
except OutputError as error:
    print(error)
    writer.keep()
    print(count)
"""


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_a_killed_program_leaves_a_file_that_plays(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    process = subprocess.Popen(
        [sys.executable, "-c", RECORDS_UNTIL_KILLED, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    frames = decode(path)
    # 100 frames of 20 a second: at most one fragment and what the encoder held back are lost
    assert len(frames) >= 60
    assert [square_at(frame) for frame in frames] == [i % 20 for i in range(len(frames))]
    if suffix != ".gif":
        with av.open(str(path)) as container:
            tags = {name.upper(): text for name, text in container.metadata.items()}
        assert "trainedAlgorithmicMedia" in tags["COMMENT"]


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_a_full_disk_is_one_line_and_the_recording_plays(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    done = subprocess.run(
        [sys.executable, "-c", RECORDS_UNTIL_FULL, str(path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    message, count = done.stdout.splitlines()
    assert f"'{path}'" in message
    assert "cannot write the" in message
    assert "File too large" in message
    assert 20 < int(count) < 1000
    frames = decode(path)
    assert len(frames) > 10
    assert [square_at(frame) for frame in frames] == [i % 20 for i in range(len(frames))]


def test_a_live_file_that_finds_no_room_for_its_last_form_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mp4"
    (tmp_path / ".a.mp4.part").mkdir()  # nothing can be written there
    with open_writer(MovieFile(path, (96, 96), 20, PROVENANCE, live=True)) as writer:
        for i in range(40):
            writer.add(with_square(i))
        monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
    assert len(decode(path)) == 40
    assert read_xmp(path) is not None
