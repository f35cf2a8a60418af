"""Pictures that a person has looked at and approved, and what is drawn now compared with them.

To renew them after a wanted change: LIVEDRAG_RENEW_APPROVED=1 ./test tests/app/test_overlay_pictures.py, or
for the panels tests/app/panels; then look at every file that git says has changed, and commit those that are
as they should be.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RENEW = "LIVEDRAG_RENEW_APPROVED"


@dataclass(frozen=True)
class Tolerance:
    """mean: of the levels' distances. far_share: of the px that may be further off than far_levels."""

    mean: float = 0.6
    far_levels: int = 24
    far_share: float = 0.002


def check_approved(
    picture: NDArray[np.uint8],
    approved: Path,
    tolerance: Tolerance,
    drawn: Path,
    colour_count: int | None = None,
) -> None:
    """Fails where the picture (h, w, 3) is not the approved one; it is left at `drawn` to be looked at.

    colour_count: of an approved picture with few colours, which is kept with no more: a smaller file.
    """
    if os.environ.get(RENEW):
        approved.parent.mkdir(parents=True, exist_ok=True)
        kept = Image.fromarray(picture)
        if colour_count is not None:
            kept = kept.quantize(colour_count, dither=Image.Dither.NONE)
        kept.save(approved, optimize=True)
    Image.fromarray(picture).save(drawn)
    assert approved.exists(), f"{approved.name} was never approved; {drawn} is what is drawn ({RENEW}=1)"
    expected = np.asarray(Image.open(approved).convert("RGB"))
    assert picture.shape == expected.shape, f"{drawn} has another size than {approved}"
    apart = np.abs(picture.astype(int) - expected)
    far_share = float((apart.max(axis=-1) > tolerance.far_levels).mean())
    message = f"{drawn} is not {approved}: {apart.mean():.2f} levels on average, {far_share:.2%} far off"
    assert apart.mean() <= tolerance.mean, message
    assert far_share <= tolerance.far_share, message
