"""Pictures as files: PNG with the IPTC mark for generated media and a visible one; the before/after sheet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from app.errors import OutputError
from app.session.edits import Start, StartFromSeed
from app.version import program_version
from gan.generator import Generator

Picture = NDArray[np.uint8]  # (H, W, 3)

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
XMP_KEYWORD = "XML:com.adobe.xmp"  # the PNG chunk that the XMP specification names
MARK_TEXT = "AI"
MARK_OPACITY = 0.62
TEXT_MARK_FROM_PX = 192  # below it letters of a font would be blots or cover too much: pixel letters instead
SHEET_PICTURE_PX = 512  # pictures on the sheet are enlarged to about this
SHEET_GAP = 1 / 32  # of a picture's width

_PIXEL_LETTERS = ("010.1", "101.1", "111.1", "101.1", "101.1")  # "AI", 5 x 5


@dataclass(frozen=True)
class PictureProvenance:
    """What an exported picture says about itself. seed and psi: None where it did not start from a seed."""

    generator_name: str
    generator_sha256: str
    seed: int | None = None
    truncation_psi: float | None = None

    @staticmethod
    def of(generator: Generator, start: Start) -> PictureProvenance:
        """The provenance of pictures of `generator` that began with `start`."""
        seed, psi = (start.seed, start.truncation_psi) if isinstance(start, StartFromSeed) else (None, None)
        return PictureProvenance(generator.provenance.name, generator.provenance.sha256, seed, psi)


def save_png(path: Path, picture: Picture, provenance: PictureProvenance, mark: bool = True) -> None:
    """Writes a picture (H, W, 3) as PNG with its provenance as XMP; `mark` draws the small visible mark.

    Raises OutputError where the file cannot be written.
    """
    info = PngInfo()
    info.add_itxt(XMP_KEYWORD, xmp_packet(provenance))
    image = Image.fromarray(marked(picture) if mark else np.ascontiguousarray(picture))
    try:
        image.save(path, "PNG", pnginfo=info)
    except OSError as error:
        raise OutputError(
            f"cannot write '{path}': {error.strerror or error}; choose another folder"
        ) from error


def xmp_packet(provenance: PictureProvenance) -> str:
    """The XMP text: IPTC DigitalSourceType, the program, and the generator with seed and psi."""
    fields = {
        "Iptc4xmpExt:DigitalSourceType": DIGITAL_SOURCE_TYPE,
        "xmp:CreatorTool": f"LiveDrag {program_version()}",
        "livedrag:Generator": provenance.generator_name,
        "livedrag:GeneratorSha256": provenance.generator_sha256,
    }
    if provenance.seed is not None:
        fields["livedrag:Seed"] = str(provenance.seed)
    if provenance.truncation_psi is not None:
        fields["livedrag:TruncationPsi"] = f"{provenance.truncation_psi:g}"
    attributes = "\n   ".join(f"{name}={quoteattr(value)}" for name, value in fields.items())
    return f"""<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
   xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
   xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   xmlns:livedrag="urn:livedrag:provenance:1"
   {attributes}/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def marked(picture: Picture) -> Picture:
    """The picture with the visible mark at the bottom right; the given one stays as it is."""
    height, width = picture.shape[:2]
    letters = _mark_letters(min(height, width))
    h, w = letters.shape
    margin = max(2, round(min(height, width) * 0.022))
    if h + margin + 1 > height or w + margin + 1 > width:
        return picture.copy()
    result = picture.astype(np.float32)
    bottom, right = height - margin, width - margin
    # a dark rim one pixel down and right keeps it readable on light ground
    for shift, level, opacity in ((1, 0.0, MARK_OPACITY * 0.55), (0, 255.0, MARK_OPACITY)):
        region = result[bottom - h + shift : bottom + shift, right - w + shift : right + shift]
        alpha = letters[..., None] * opacity
        region[:] = region * (1 - alpha) + level * alpha
    return result.round().clip(0, 255).astype(np.uint8)


def before_after_sheet(before: Picture, after: Picture, mark: bool = True) -> Picture:
    """Both pictures (H, W, 3) side by side on white, enlarged to about 512 px where they are smaller.

    mark: draw the visible mark on each of them.
    """
    height, width = before.shape[:2]
    scale = max(1, SHEET_PICTURE_PX // max(height, width))
    size = (width * scale, height * scale)
    gap = max(1, round(size[0] * SHEET_GAP))
    sheet = Image.new("RGB", (2 * size[0] + 3 * gap, size[1] + 2 * gap), "white")
    for i, picture in enumerate((before, after)):
        image = Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.BICUBIC)
        if mark:
            image = Image.fromarray(marked(np.array(image)))
        sheet.paste(image, (gap + i * (size[0] + gap), gap))
    return np.array(sheet)


def _mark_letters(picture_px: int) -> NDArray[np.float32]:
    """Coverage 0..1 of the mark's letters for a picture of that size, (h, w)."""
    if picture_px < TEXT_MARK_FROM_PX:
        rows = [[1.0 if c == "1" else 0.0 for c in row] for row in _PIXEL_LETTERS]
        return np.array(rows, dtype=np.float32)
    font = ImageFont.load_default(size=max(9, picture_px * 0.028))
    left, top, right, bottom = font.getbbox(MARK_TEXT)
    image = Image.new("L", (round(right - left) + 1, round(bottom - top) + 1), 0)
    ImageDraw.Draw(image).text((-left, -top), MARK_TEXT, fill=255, font=font)
    return np.asarray(image, dtype=np.float32) / np.float32(255)
