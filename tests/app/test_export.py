"""Exported pictures: provenance in the file, a small mark on the picture."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from app.errors import OutputError, TaskCancelled
from app.export import before_after_sheet, save_picture
from app.exported_edit import EarlierEdit
from app.exporter import export
from app.provenance import DIGITAL_SOURCE_TYPE, PictureProvenance
from app.session.document import load_document
from app.session.edit_session import EditSession
from app.session.edits import AddHandle, StartFromSeed, set_mask_edit, start_from_latent
from app.session.recall import drag_at
from app.session.replay import replay
from app.visible_mark import marked
from app.window_commands import Export
from tests.app.tiny import SIZE, tiny_generator

IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
OWN = "{urn:livedrag:provenance:1}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def grey(size: int, level: int = 120) -> np.ndarray:
    return np.full((size, size, 3), level, np.uint8)


def xmp_of(path: Path) -> dict[str, str]:
    with Image.open(path) as image:
        image.load()
        text = image.info["xmp"].decode()
    body = text.partition("?>")[2].rpartition("<?xpacket")[0]
    description = ElementTree.fromstring(body).find(f".//{RDF}Description")
    assert description is not None
    return dict(description.attrib)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".PNG"])
def test_a_picture_says_what_made_it(tmp_path: Path, suffix: str) -> None:
    provenance = PictureProvenance('critters "64" <&>', "ab" * 32, 34, 0.7)
    path = tmp_path / f"a{suffix}"
    save_picture(path, grey(64), provenance, mark=False)
    with Image.open(path) as image:
        assert image.size == (64, 64)
        assert abs(float(np.asarray(image.convert("RGB")).mean()) - 120) < 2
    fields = xmp_of(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert fields[f"{IPTC}DigitalSourceType"] == DIGITAL_SOURCE_TYPE
    assert DIGITAL_SOURCE_TYPE.endswith("trainedAlgorithmicMedia")
    assert fields[f"{OWN}Generator"] == 'critters "64" <&>'
    assert fields[f"{OWN}GeneratorSha256"] == "ab" * 32
    assert fields[f"{OWN}Seed"] == "34"
    assert fields[f"{OWN}TruncationPsi"] == "0.7"


def test_a_start_from_a_latent_has_no_seed(tmp_path: Path) -> None:
    generator = tiny_generator()
    seeded = PictureProvenance.of(generator, StartFromSeed(3, 0.5))
    assert (seeded.seed, seeded.truncation_psi) == (3, 0.5)
    latent = PictureProvenance.of(generator, start_from_latent(generator.sample(3)))
    assert (latent.seed, latent.truncation_psi) == (None, None)
    save_picture(tmp_path / "a.png", grey(64), latent)
    assert f"{OWN}Seed" not in xmp_of(tmp_path / "a.png")


def test_without_mark_the_pixels_are_the_pictures(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    save_picture(tmp_path / "a.png", picture, PictureProvenance("g", "s"), mark=False)
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.array(image), picture)


@pytest.mark.parametrize("size", [16, 64, 128, 192, 256, 512, 1024])
@pytest.mark.parametrize("level", [0, 120, 255])
def test_the_mark_is_small_visible_and_at_the_bottom_right(size: int, level: int) -> None:
    picture = grey(size, level)
    result = marked(picture)
    changed = (result != picture).any(axis=2)
    assert changed.any(), "it must be seen on any ground"
    assert changed.mean() < 0.01 or size < 64
    ys, xs = np.nonzero(changed)
    assert ys.min() >= size * (0.5 if size < 64 else 0.88)
    assert xs.min() >= size * (0.5 if size < 64 else 0.86)
    assert int(np.abs(result.astype(int) - picture).max()) > 60
    assert (picture == level).all(), "the given picture stays as it is"


def test_a_picture_smaller_than_the_mark_stays() -> None:
    np.testing.assert_array_equal(marked(grey(4)), grey(4))


def test_the_sheet_shows_both_pictures_enlarged() -> None:
    sheet = before_after_sheet(grey(64, 10), grey(64, 200), mark=False)
    height, width = sheet.shape[:2]
    assert height == 512 + 2 * 16
    assert width == 2 * 512 + 3 * 16
    assert (sheet[16:-16, 16:528] == 10).all()
    assert (sheet[16:-16, 544:-16] == 200).all()
    assert (sheet[:16] == 255).all()


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write") as raised:
        save_picture(tmp_path / "none" / "a.png", grey(64), PictureProvenance("g", "s"))
    assert "\n" not in str(raised.value)


def test_a_suffix_that_is_no_picture_is_named(tmp_path: Path) -> None:
    for name in ("a.bmp", "a"):
        with pytest.raises(OutputError, match=r"\.png, \.jpg or \.webp"):
            save_picture(tmp_path / name, grey(64), PictureProvenance("g", "s"))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    save_picture(path, grey(64), PictureProvenance("g", "s"))
    before = path.read_bytes()

    def full(self: Image.Image, file: Path, *_args: object, **_options: object) -> None:
        Path(file).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OutputError, match="No space left on device"):
        save_picture(path, grey(64, 7), PictureProvenance("g", "s"))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_everything_of_a_session_in_one_folder(tmp_path: Path) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(4))
    folder = tmp_path / "deep" / "all"
    said = export(session, Export("all", folder, mark=False, picture_suffix=".webp"))
    names = {
        "after.webp",
        "before-after.webp",
        "before.webp",
        "latent.npy",
        "latent.safetensors",
        "session.json",
    }
    assert {file.name for file in folder.iterdir()} == names
    assert "6 files" in said
    painted = np.zeros((SIZE, SIZE), np.uint8)
    painted[4:9] = 1
    session.apply(set_mask_edit(painted))
    export(session, Export("all", folder, picture_suffix=".webp"))
    assert {file.name for file in folder.iterdir()} == {*names, "mask.png"}
    for name in ("after.webp", "before.webp", "before-after.webp"):
        assert xmp_of(folder / name)[f"{OWN}Seed"] == "4"


@pytest.mark.parametrize("at", [0.0, 0.05, 0.65, 0.85])
def test_everything_can_be_given_up_and_leaves_nothing(tmp_path: Path, at: float) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(4))
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "mine.txt").write_text("mine")
    for folder, left in ((tmp_path / "new", None), (tmp_path / "all", ["mine.txt"])):
        shares: list[float] = []

        def advance(share: float, shares: list[float] = shares) -> None:
            shares.append(share)
            if share >= at:
                raise TaskCancelled("Gave up")

        with pytest.raises(TaskCancelled):
            export(session, Export("all", folder), advance)
        assert shares == sorted(shares)
        assert (sorted(file.name for file in folder.iterdir()) if folder.exists() else None) == left


def test_of_everything_the_session_is_written_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    session = EditSession(tiny_generator(), StartFromSeed(4))
    with pytest.raises(OutputError, match="No space left on device"):
        export(session, Export("all", tmp_path))
    assert load_document(tmp_path / "session.json") == session.document()


def test_an_earlier_picture_is_exported_as_it_was_and_its_session_opens_there(tmp_path: Path) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(4))
    painted = np.zeros((SIZE, SIZE), np.uint8)
    painted[4:9] = 1
    session.apply(set_mask_edit(painted))
    session.apply(AddHandle(0, (8.0, 8.0), (20.0, 8.0)))
    session.step()
    then = session.session.image()
    session.begin("new seed")
    session.apply(set_mask_edit(None))
    session.apply(StartFromSeed(5))
    for name in ("the present is elsewhere", "and something was undone"):
        before, position = session.document(), 1
        state = session.state_at(position)
        assert state is not None
        folder = tmp_path / name
        earlier = EarlierEdit(drag_at(state, session.generator), session, position)
        export(earlier, Export("all", folder, mark=False))
        assert session.document() == before
        with Image.open(folder / "after.png") as image:
            np.testing.assert_array_equal(np.array(image), then)
        assert (folder / "mask.png").exists()
        assert xmp_of(folder / "after.png")[f"{OWN}Seed"] == "4"
        opened = replay(load_document(folder / "session.json"), session.generator)
        np.testing.assert_array_equal(opened.session.image(), then)
        assert opened.position == position
        assert opened.undo_label == "back to picture 1"
        session.undo()


def test_single_exports(tmp_path: Path) -> None:
    session = EditSession(tiny_generator(), StartFromSeed(4))
    export(session, Export("picture", tmp_path / "a.jpg", mark=False))
    export(session, Export("sheet", tmp_path / "s.png"))
    export(session, Export("latent", tmp_path / "l.npy"))
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.size == (SIZE, SIZE)
    assert np.load(tmp_path / "l.npy", allow_pickle=False).shape == (8, 10)
    with pytest.raises(OutputError, match="there is no mask"):
        export(session, Export("mask", tmp_path / "m.png"))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot create"):
        export(session, Export("picture", tmp_path / "file" / "a.png"))
