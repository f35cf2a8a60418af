"""Files of frames: every frame arrives, in the right colours and for the right time."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from app.provenance import DIGITAL_SOURCE_TYPE
from app.recording.frame_writer import MovieFile, open_writer
from tests.app.movies import PROVENANCE, decode, level, square_at, with_square


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
