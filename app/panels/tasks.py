"""Long work in the status line: what it does, how far it is, how long it takes yet, and Cancel."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.panels.panel import Emit, Shown, button, tooltip
from app.state import AppState
from app.task_board import TaskView, time_left
from app.ui.containers import inside
from app.ui.scale import px, shortened, text_width
from app.ui.theme import Themes

BAR_WIDTH_PX = 130
BAR_HEIGHT_PX = 8
TOP_PX = 2
CANCEL = "Cancel"
SPACING_PX, BUTTON_PADDING_PX = 8, 10  # of the theme
LEAST_TEXT_PX = 60  # where it has less beside the bar, there is no bar
SWEEP_FRAMES = 90  # of the bar where nobody can know how far it is


class TaskLine:
    """One bar: of the work that began last. How many more there are is said beside it."""

    title = "Tasks"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._task: TaskView | None = None
        self._frame = 0
        self._shown = ""
        self._has_bar = True

    def build(self) -> None:
        """Adds the widgets, hidden, to the open horizontal group."""
        with inside(dpg.group(horizontal=True, show=False)) as self._group:
            self._text = Shown(dpg.add_text(""))
            self._whole = Shown(tooltip(self._text.tag, ""))
            with inside(dpg.group()) as self._bar_group:
                dpg.add_spacer(height=px(TOP_PX))  # and the spacing: in the middle of the line
                self._bar = int(dpg.add_progress_bar(width=px(BAR_WIDTH_PX), height=px(BAR_HEIGHT_PX)))
                tooltip(self._bar, "How much is done. The edit goes on meanwhile")
            self._cancel = button(CANCEL, self._give_up, "Gives this work up; nothing else changes")
            dpg.bind_item_theme(self._cancel, self._themes.quiet)
        dpg.bind_item_theme(self._text.tag, self._themes.dim)

    @property
    def width(self) -> int:
        """What it takes of the line, px; 0 while nothing goes on."""
        return 0 if self._task is None else text_width(self._shown) + self._rest_width

    @property
    def _rest_width(self) -> int:
        button_px = text_width(CANCEL) + px(2 * BUTTON_PADDING_PX)
        bar_px = px(BAR_WIDTH_PX + SPACING_PX) if self._has_bar else 0
        return bar_px + button_px + px(SPACING_PX)

    def sync(self, state: AppState, room: int) -> None:
        """Shows the state in so many px at most."""
        tasks = state.window.tasks
        task = tasks[-1] if tasks else None
        if task is None and self._task is None:
            return
        if (task is None) != (self._task is None):
            dpg.configure_item(self._group, show=task is not None)
        self._task = task
        if task is None:
            return
        more = f"+{len(tasks) - 1}" if len(tasks) > 1 else ""
        title = "" if task.title == state.status.text else task.title  # said already, beside it
        self._show_bar(room)
        share = "" if self._has_bar or task.share is None else f"{task.share:.0%}"
        parts = (share, title, task.stage, time_left(task.left_s), more)
        text = "   ".join(part for part in parts if part)
        self._shown = shortened(text, room - self._rest_width)
        self._text.set(self._shown)
        self._whole.set(text)
        dpg.set_value(self._bar, self._share(task))
        dpg.configure_item(self._cancel, show=task.can_cancel)

    def _show_bar(self, room: int) -> None:
        had_bar, self._has_bar = self._has_bar, True
        self._has_bar = room - self._rest_width >= px(LEAST_TEXT_PX)
        if self._has_bar != had_bar:
            dpg.configure_item(self._bar_group, show=self._has_bar)

    def _share(self, task: TaskView) -> float:
        self._frame += 1
        return self._frame % SWEEP_FRAMES / SWEEP_FRAMES if task.share is None else task.share

    def _give_up(self) -> None:
        if self._task is not None:
            self._emit(events.CancelTask(self._task.id))
