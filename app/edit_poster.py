"""The poster of some edits: every one before and after, with what was pulled, and its title."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.edit_choice import ShownEdit
from app.export import Picture
from app.picture_sheets import HANDLE, TARGET, caption, enlarged, marked, paper

PICTURE_PX = 320
GAP_PX = 8  # between before and after
MARGIN_PX = 28
TITLE_PX = 40
TITLE_SIZE_PX = 19
COLUMNS = 2


def edit_poster(edits: Sequence[ShownEdit], columns: int = COLUMNS) -> Picture:
    """At least one edit; columns: pairs in a row, at most."""
    columns = min(columns, len(edits))
    width = max(PICTURE_PX, edits[0].before.shape[1])
    height = round(width * edits[0].before.shape[0] / edits[0].before.shape[1])
    across, down = 2 * width + GAP_PX + MARGIN_PX, height + TITLE_PX + MARGIN_PX // 2
    sheet = paper(columns * across + MARGIN_PX, -(-len(edits) // columns) * down + MARGIN_PX)
    for i, shown in enumerate(edits):
        x, y = MARGIN_PX + (i % columns) * across, MARGIN_PX + (i // columns) * down
        handle, target = shown.edit.handle({}), shown.edit.target({})
        before = marked(enlarged(shown.before, width), handle, [(target, TARGET), (handle, HANDLE)])
        sheet.paste(before, (x, y))
        sheet.paste(enlarged(shown.after, width), (x + width + GAP_PX, y))
        caption(sheet, x, y + height + 7, shown.edit.title, TITLE_SIZE_PX)
    return np.array(sheet)
