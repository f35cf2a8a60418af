"""Files of frames: every frame arrives, in the right colours, with provenance; killed and full disks too."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from app.errors import OutputError
from app.provenance import DIGITAL_SOURCE_TYPE, MovieProvenance, PictureProvenance
from app.recording import encoders
from app.recording.encoders import Encoder
from app.recording.frame_writer import FrameWriter, MovieFile, open_writer
from app.recording.mp4_boxes import read_xmp
from tests.app.movies import PROVENANCE, decode, level, square_at, with_square

ROOT = Path(__file__).resolve().parents[2]


def write(path: Path, count: int = 40, fps: int = 20, live: bool = False) -> FrameWriter:
    """A file of `count` frames with the moving square."""
    with open_writer(MovieFile(path, (96, 96), fps, PROVENANCE, live)) as writer:
        for i in range(count):
            writer.add(with_square(i))
    return writer


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize(("width", "height"), [(64, 48), (33, 47), (2, 2)])
def test_every_frame_arrives(tmp_path: Path, width: int, height: int, suffix: str, live: bool) -> None:
    path = tmp_path / f"a{suffix}"
    with open_writer(MovieFile(path, (width, height), fps=25, live=live)) as video:
        for i in range(12):
            video.add(level(i * 20, height, width))
        video.add(level(250, height, width), repeat=5)
    frames = decode(path)
    assert len(frames) == 17 == video.frame_count
    assert frames[0].shape == (height + height % 2, width + width % 2, 3)
    for i in range(12):
        assert abs(int(frames[i].mean()) - i * 20) < 8
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == ("h264" if suffix == ".mp4" else "vp8" if live else "vp9")
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 25
        assert container.duration == pytest.approx(17 / 25 * 1e6, rel=0.05)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_colours_are_what_they_were(tmp_path: Path, suffix: str) -> None:
    """The matrix is tagged and used: untagged, players take BT.601 for BT.709 and reds turn orange."""
    colours = [(255, 107, 92), (20, 160, 60), (40, 60, 220), (128, 128, 128)]
    path = tmp_path / f"a{suffix}"
    with open_writer(MovieFile(path, (64, 64))) as video:
        for colour in colours:
            video.add(np.full((64, 64, 3), colour, np.uint8), repeat=3)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
    for shown, colour in zip(decode(path)[1::3], colours, strict=True):
        assert np.abs(shown[32, 32].astype(int) - colour).max() <= 6


@pytest.mark.parametrize("live", [False, True])
def test_a_gif_keeps_pictures_and_time(tmp_path: Path, live: bool) -> None:
    path = tmp_path / "a.gif"
    with open_writer(MovieFile(path, (96, 96), 30, PROVENANCE, live)) as writer:
        writer.add(with_square(0), repeat=10)
        for i in range(1, 9):
            writer.add(with_square(i))
        writer.add(with_square(12), repeat=20)
    assert writer.frame_count == 38
    packet = path.read_bytes().partition(b"\x21\xff\x0bXMP DataXMP")[2].partition(b'<?xpacket end="w"?>')[0]
    assert b"trainedAlgorithmicMedia" in packet
    with Image.open(path) as opened:
        shown = [
            (square_at(np.asarray(frame.convert("RGB"))), frame.info["duration"])
            for frame in ImageSequence.Iterator(opened)
        ]
    assert [i for i, _ in shown][:5] == [0, 1, 3, 5, 7]
    assert shown[-1][0] == 12
    assert sum(ms for _, ms in shown) == pytest.approx(38 * 1000 / 30, abs=40)
    assert shown[0][1] == pytest.approx(10 * 1000 / 30, abs=10)
    assert len(shown) <= 8
    assert len(decode(path)) >= 6
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


def test_a_webp_keeps_pictures_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    with open_writer(MovieFile(path, (96, 96), 25, PROVENANCE)) as writer:
        writer.add(with_square(0), repeat=10)
        for i in range(1, 5):
            writer.add(with_square(i))
        writer.add(with_square(12), repeat=20)
    with Image.open(path) as opened:
        assert b"trainedAlgorithmicMedia" in opened.info["xmp"]
        shown = [
            (square_at(np.asarray(frame.convert("RGB"))), frame.info["duration"])
            for frame in ImageSequence.Iterator(opened)
        ]
    assert [i for i, _ in shown] == [0, 1, 3, 12]
    assert sum(ms for _, ms in shown) == 34 * 40
    assert [file.name for file in tmp_path.iterdir()] == ["a.webp"]


def test_a_png_sequence_is_exact(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "a-00007.png").write_bytes(b"of an earlier, longer sequence")
    (folder / "notes.txt").write_text("mine")
    with open_writer(MovieFile(tmp_path / "a.png", (96, 96), provenance=PROVENANCE)) as writer:
        writer.add(with_square(3))
        writer.add(with_square(4), repeat=2)
    names = ["a-00000.png", "a-00001.png", "a-00002.png", "notes.txt"]
    assert sorted(file.name for file in folder.iterdir()) == names
    for name, i in zip(names, (3, 4, 4), strict=False):
        with Image.open(folder / name) as image:
            np.testing.assert_array_equal(np.array(image), with_square(i))
            assert DIGITAL_SOURCE_TYPE in image.info["XML:com.adobe.xmp"]
    writer.discard()
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("live", [False, True])
def test_videos_say_what_made_them(tmp_path: Path, live: bool) -> None:
    for suffix in (".mp4", ".webm"):
        write(tmp_path / f"a{suffix}", 5, live=live)
        with av.open(str(tmp_path / f"a{suffix}")) as container:
            tags = {name.upper(): text for name, text in container.metadata.items()}
        for known in ("trainedAlgorithmicMedia", PROVENANCE.generator_name, "ab" * 32, "seed 34"):
            assert known in tags["COMMENT"]
    assert tags["DIGITAL_SOURCE_TYPE"] == DIGITAL_SOURCE_TYPE
    assert tags["LIVEDRAG_SEED"] == "34"
    packet = read_xmp(tmp_path / "a.mp4")
    assert packet is not None
    body = packet.partition("?>")[2].rpartition("<?xpacket")[0]
    assert DIGITAL_SOURCE_TYPE in ElementTree.tostring(ElementTree.fromstring(body), encoding="unicode")


OTHER = PictureProvenance("cats", "cd" * 32, 7, 0.5)
CHANGING = [(suffix, live) for suffix in (".mp4", ".webm", ".gif") for live in (False, True)]


@pytest.mark.parametrize(("suffix", "live"), [*CHANGING, (".webp", False)])
def test_what_ends_with_another_picture_says_both(tmp_path: Path, suffix: str, live: bool) -> None:
    path = tmp_path / f"a{suffix}"
    with open_writer(MovieFile(path, (96, 96), 20, PROVENANCE, live)) as writer:
        for i in range(40):
            writer.note_source(PROVENANCE if i < 25 else OTHER)
            writer.add(with_square(i))
    told = metadata_of(path)
    for known in ("34", "cats", "cd" * 32, "ab" * 32, "Sources", "EndSeed"):
        assert known.lower() in told.lower()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    if suffix in (".mp4", ".webm"):
        frames = decode(path)
        assert [square_at(frame) for frame in frames] == [i % 20 for i in range(40)]
        with av.open(str(path)) as container:
            assert container.duration == pytest.approx(2e6, rel=0.05)


def metadata_of(path: Path) -> str:
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            assert "at the end: generator cats" in container.metadata["comment"]
        return str(read_xmp(path))
    if path.suffix == ".webm":
        with av.open(str(path)) as container:
            tags = {name.upper(): text for name, text in container.metadata.items()}
        assert (tags["LIVEDRAG_SEED"], tags["LIVEDRAG_ENDSEED"]) == ("34", "7")
        return str(tags)
    return path.read_bytes().decode("latin-1")


def test_pictures_of_a_sequence_say_each_their_own(tmp_path: Path) -> None:
    with open_writer(MovieFile(tmp_path / "a.png", (96, 96), 20, PROVENANCE, live=True)) as writer:
        for i, source in enumerate((PROVENANCE, OTHER, PROVENANCE)):
            writer.note_source(source)
            writer.add(with_square(i))
    told = []
    for file in sorted((tmp_path / "a").iterdir()):
        with Image.open(file) as image:
            told.append(image.info["XML:com.adobe.xmp"])
    assert all(f'livedrag:Seed="{seed}"' in packet for seed, packet in zip((34, 7, 34), told, strict=True))
    assert all("EndSeed" not in packet for packet in told)


def test_there_and_back_names_what_was_between() -> None:
    movie = MovieProvenance.of(PROVENANCE)
    assert movie.fields() == PROVENANCE.fields()
    assert movie.then(PROVENANCE) is movie
    back = movie.then(OTHER).then(PROVENANCE)
    assert back.fields()["EndSeed"] == "34"
    assert "cats" in back.fields()["Sources"]
    many = movie
    for seed in range(1000, 1300):
        many = many.then(replace(OTHER, seed=seed))
    assert many.fields()["EndSeed"] == "1299"
    assert many.fields()["Sources"].endswith("; and 201 more")
    assert many.fields()["Sources"].count("seed ") == 100


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
    writer = write(tmp_path / "a.mp4", 10)
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
    assert write(tmp_path / "a.mp4", 3).note is not None
    assert len(decode(tmp_path / "a.mp4")) == 3


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
