"""Exported pictures: provenance in the file, a small mark on the picture."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from app.errors import OutputError
from app.export import DIGITAL_SOURCE_TYPE, PictureProvenance, before_after_sheet, marked, save_png
from app.session.edits import StartFromSeed, start_from_latent
from tests.app.tiny import tiny_generator

IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
OWN = "{urn:livedrag:provenance:1}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def grey(size: int, level: int = 120) -> np.ndarray:
    return np.full((size, size, 3), level, np.uint8)


def xmp_of(path: Path) -> dict[str, str]:
    with Image.open(path) as image:
        image.load()
        text = image.info["XML:com.adobe.xmp"]
    body = text.partition("?>")[2].rpartition("<?xpacket")[0]
    description = ElementTree.fromstring(body).find(f".//{RDF}Description")
    assert description is not None
    return dict(description.attrib)


def test_a_png_says_what_made_it(tmp_path: Path) -> None:
    provenance = PictureProvenance('critters "64" <&>', "ab" * 32, 34, 0.7)
    save_png(tmp_path / "a.png", grey(64), provenance)
    fields = xmp_of(tmp_path / "a.png")
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
    save_png(tmp_path / "a.png", grey(64), latent)
    assert f"{OWN}Seed" not in xmp_of(tmp_path / "a.png")


def test_without_mark_the_pixels_are_the_pictures(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    save_png(tmp_path / "a.png", picture, PictureProvenance("g", "s"), mark=False)
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
        save_png(tmp_path / "none" / "a.png", grey(64), PictureProvenance("g", "s"))
    assert "\n" not in str(raised.value)
