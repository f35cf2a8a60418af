"""Pictures as files: PNG, JPEG and WebP with their provenance as XMP and a visible mark; the before/after
sheet."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.errors import OutputError
from app.provenance import PictureProvenance, xmp_packet
from app.visible_mark import marked

Picture = NDArray[np.uint8]  # (H, W, 3)

XMP_KEYWORD = "XML:com.adobe.xmp"  # the PNG chunk that the XMP specification names
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
JPEG_QUALITY = 95
WEBP_QUALITY = 92
SHEET_PICTURE_PX = 512  # pictures on the sheet are enlarged to about this
SHEET_GAP = 1 / 32  # of a picture's width


def picture_format(path: Path) -> str:
    """Pillow's name of the format that a picture's suffix asks for. Raises OutputError for an unknown one."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise OutputError(
            f"'{path}' ends in '{path.suffix}', which is no picture that can be written; "
            "give a name that ends in .png, .jpg or .webp"
        ) from None


def save_picture(path: Path, picture: Picture, provenance: PictureProvenance, mark: bool = True) -> None:
    """Writes a picture (H, W, 3) in the format of its suffix with its provenance; `mark` draws the mark.

    A file that is there is replaced only by a whole one. Raises OutputError where it cannot be written.
    """
    format_name = picture_format(path)
    image = Image.fromarray(marked(picture) if mark else np.ascontiguousarray(picture))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        image.save(part, format_name, **_save_options(format_name, xmp_packet(provenance)))
        part.replace(path)
    except OSError as error:
        raise OutputError(
            f"cannot write '{path}': {error.strerror or error}; choose another folder"
        ) from error
    finally:
        with contextlib.suppress(OSError):  # it is there only after a failure
            part.unlink(missing_ok=True)


def _save_options(format_name: str, xmp: str) -> dict[str, Any]:
    if format_name == "PNG":
        return {"pnginfo": png_info(xmp)}
    if format_name == "JPEG":
        # 4:4:4: thin coloured details of a generated picture survive
        return {"xmp": xmp.encode(), "quality": JPEG_QUALITY, "subsampling": 0}
    return {"xmp": xmp.encode(), "quality": WEBP_QUALITY, "method": 4}


def png_info(xmp: str) -> PngInfo:
    """The chunk that holds an XMP packet, for Pillow."""
    info = PngInfo()
    info.add_itxt(XMP_KEYWORD, xmp)
    return info


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
