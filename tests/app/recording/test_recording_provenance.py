"""What recordings and movies say about themselves, whatever their kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import av
import pytest
from PIL import Image

from app.provenance import DIGITAL_SOURCE_TYPE, MovieProvenance, PictureProvenance
from app.recording.frame_writer import MovieFile, open_writer
from app.recording.mp4_boxes import read_xmp
from tests.app.movies import PROVENANCE, decode, square_at, with_square, write_squares


@pytest.mark.parametrize("live", [False, True])
def test_videos_say_what_made_them(tmp_path: Path, live: bool) -> None:
    for suffix in (".mp4", ".webm"):
        write_squares(tmp_path / f"a{suffix}", 5, live=live)
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
