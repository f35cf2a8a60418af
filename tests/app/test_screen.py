"""What scale the desktop asks for."""

from __future__ import annotations

import pytest

from app import screen


@pytest.fixture(autouse=True)
def _no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GDK_SCALE", "QT_SCALE_FACTOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("resources", "scale"),
    [
        ("", 1.0),
        ("Xcursor.size:\t24\nXft.dpi:\t192\n", 2.0),
        ("Xft.dpi: 144.0", 1.5),
        ("Xft.dpi: 40", 1.0),
        ("Xft.dpi: 960", 2.5),
        ("Xft.dpi: 1.2.3", 1.0),
        ("Xft.dpi: 0", 1.0),
    ],
)
def test_the_x_servers_dpi_gives_the_scale(
    monkeypatch: pytest.MonkeyPatch, resources: str, scale: float
) -> None:
    monkeypatch.setattr(screen, "_ask_x", lambda: (resources, (100, 50)))
    assert screen.ask_screen() == screen.Screen(scale, (100, 50))


@pytest.mark.parametrize(("value", "scale"), [("2", 2.0), ("1.25", 1.25), ("much", 1.5), ("nan", 1.0)])
def test_gdk_scale_comes_first_where_it_is_a_number(
    monkeypatch: pytest.MonkeyPatch, value: str, scale: float
) -> None:
    monkeypatch.setattr(screen, "_ask_x", lambda: ("Xft.dpi: 144", None))
    monkeypatch.setenv("GDK_SCALE", value)
    assert screen.ask_screen().scale == scale


def test_no_display_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert screen.ask_screen() == screen.Screen()
