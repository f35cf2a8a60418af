"""Every panel of the window against approved pictures: dark at 100 %, some light, some at 250 %.

`tests.approved` says how the pictures are renewed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.app.x_display import Hand, run_on, x_display
from tests.approved import RENEW, Tolerance, check_approved

APPROVED = Path(__file__).parents[1] / "approved" / "panels"
COLOUR_COUNT = 256  # a PNG with a palette; fewer lose the status line's dot
SCREEN = "2300x2800x24"

# Fonts are drawn by Dear PyGui itself; what differs between GPUs is the blending of their edges. A word that
# is another one, or stands elsewhere, is more than that.
TOLERANCE = Tolerance(mean=0.7, far_levels=40, far_share=0.0008)

SECTIONS = (
    *("picture", "models", "bookmarks", "drag", "handles", "mask"),
    *("overlays", "recording", "export", "parameters", "timing"),
)
BARS = ("toolbar", "timeline", "status", "status-task", "status-long")
FLOATING = (
    *("help", "resume", "wanted-model", "closing", "closing-many"),
    *("notices", "messages", "palette"),
)


@dataclass(frozen=True)
class Look:
    """One window, and what of it is looked at."""

    theme: str
    scale: float
    names: tuple[str, ...]

    def approved(self, name: str) -> Path:
        return APPROVED / f"{self}-{name}.png"

    def __str__(self) -> str:
        return f"{self.theme}-{self.scale:g}"


LOOKS = (
    Look("dark", 1.0, SECTIONS + BARS + FLOATING),
    Look(
        "light", 1.0, ("toolbar", "timeline", "status", "handles", "overlays", "export", "notices", "palette")
    ),
    Look("dark", 2.5, ("handles", "recording", "status-long", "wanted-model")),
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[Look, Path]:
    """The folder of each look's pictures."""
    folders = {look: tmp_path_factory.mktemp(str(look)) for look in LOOKS}
    with x_display(SCREEN) as display:
        Hand(display).do("mousemove", 0, 0)
        for look, folder in folders.items():
            draw(display, look, folder)
    return folders


def draw(display: str, look: Look, folder: Path) -> None:
    """Has a window drawn, in a process of its own."""
    arguments = (str(folder), look.theme, str(look.scale), *look.names)
    run_on(display, "tests.app.draw_panels", *arguments, config=folder)


@pytest.mark.window
@pytest.mark.parametrize(
    ("look", "name"),
    [pytest.param(look, name, id=f"{look}-{name}") for look in LOOKS for name in look.names],
)
def test_a_panel_is_as_it_was_approved(drawn: dict[Look, Path], look: Look, name: str) -> None:
    picture = np.asarray(Image.open(drawn[look] / f"{name}.png").convert("RGB"))
    check_approved(picture, look.approved(name), TOLERANCE, drawn[look] / f"{name}.png", COLOUR_COUNT)


def test_every_panel_has_an_approved_picture() -> None:
    from app.ui.window_contents import PANELS

    assert sorted(panel.title.lower() for panel, _ in PANELS) == sorted(SECTIONS)
    wanted = {look.approved(name).name for look in LOOKS for name in look.names}
    assert {path.name for path in APPROVED.glob("*.png")} == wanted


@pytest.mark.parametrize("change", ["word", "theme"])
def test_the_check_notices(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One word that is gone from a section, and a ground that is a little lighter."""
    monkeypatch.delenv(RENEW, raising=False)
    approved = LOOKS[0].approved("export")
    picture = np.asarray(Image.open(approved).convert("RGB")).copy()
    check_approved(picture, approved, TOLERANCE, tmp_path / "same.png")
    if change == "word":
        row = picture[40:62, :70]
        assert np.ptp(row) > 60, "there is the word"
        row[:] = row[0, 0]
    else:
        picture = picture + np.uint8(2)
    with pytest.raises(AssertionError, match="is not"):
        check_approved(picture, approved, TOLERANCE, tmp_path / "other.png")
