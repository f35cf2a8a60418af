"""`QuestionWindow`: a small window over the picture that asks something; the panels own what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dearpygui.dearpygui as dpg

from app.ui.containers import inside
from app.ui.layout import SIDE_WIDTH_PX, TOOLBAR_HEIGHT_PX
from app.ui.scale import px

MARGIN_PX = 32


class QuestionWindow:
    """Hidden until it is shown. on_close: it was closed without an answer."""

    def __init__(self, title: str, width_px: int, on_close: Callable[[], None]) -> None:
        self._title = title
        self._width_px = width_px
        self._on_close = on_close
        self._window: int | str = 0

    @contextmanager
    def building(self) -> Iterator[None]:
        """Makes the window; the widgets that are added meanwhile are in it."""
        with inside(
            dpg.window(
                label=self._title,
                width=px(self._width_px),
                autosize=True,
                show=False,
                no_resize=True,
                no_collapse=True,
                on_close=self._on_close,
            )
        ) as self._window:
            yield

    @property
    def wrap(self) -> int:
        """Where its texts break, screen px."""
        return px(self._width_px - MARGIN_PX)

    def show(self, shown: bool) -> None:
        """Shows it in the middle over the picture, or hides it."""
        width = dpg.get_viewport_client_width()
        left = max((width - px(SIDE_WIDTH_PX + self._width_px)) // 2, 0)
        dpg.configure_item(self._window, show=shown, pos=[left, px(TOOLBAR_HEIGHT_PX + 24)])
