"""The timeline under the picture: every picture of the session; press and pull along it to look at any.

Bright is what led to the present picture, dim what was undone or left behind; flags are bookmarks. The text
is about the picture that is shown, where the knob is; the one under the mouse is named at the mouse.
"""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from app import events
from app.colours import Colours
from app.history_state import HistoryView
from app.panels.panel import Emit, Enabled, Shown, action_button, tooltip
from app.panels.timeline_tip import TimelineTip
from app.panels.timeline_track import Track
from app.state import AppState
from app.ui.containers import inside
from app.ui.scale import px, shortened
from app.ui.theme import Themes

PADDING_PX = 16  # of the container, left and right
TRACK_HEIGHT_PX = 26
BUTTONS_WIDTH_PX = 366
TOP_PX = 5
SNAP_PX = 5
GAP_PX = 12  # between the text and the buttons
EMPTY = "Every picture of your edit will be here, to go back to"


class Timeline:
    """Text and buttons over a track; the track is drawn anew only when something in it has changed."""

    title = "Timeline"

    def __init__(self, emit: Emit, themes: Themes) -> None:
        self._emit = emit
        self._themes = themes
        self._width = 1
        self._said: tuple[str, int] | None = None
        self._drawn: tuple[HistoryView, int, int | None, Colours] | None = None
        self._is_held = False
        self._was_down = False
        self._sent: int | None = None

    def build(self) -> None:
        """Adds text, buttons and the track."""
        emit, themes = self._emit, self._themes
        with inside(dpg.group(horizontal=True)):
            self._text = Shown(dpg.add_text(EMPTY))
        tooltip(
            self._text.tag,
            "Press and pull along the line below to look at any picture of this session"
            f"{themes.keys.hint('look_back', 'look_on')}",
        )
        dpg.bind_item_theme(self._text.tag, self._themes.dim)
        with inside(dpg.group(horizontal=True, pos=(0, 4))) as self._buttons:
            action_button("bookmark", "Bookmark", emit, themes, width=96)
            back = action_button("back_to_now", "Back to now", emit, themes, width=116)
            go_on = action_button("go_on_from_here", "Go on from here", emit, themes, width=138)
            self._back, self._go_on = Enabled(back), Enabled(go_on)
            self._go_on_tag, self._go_on_primary = go_on, False
        height = px(TRACK_HEIGHT_PX)
        self._area = dpg.add_drawlist(100, height)
        self._tip = TimelineTip()
        self._track = Track(self._area, height, self._themes)

    def place(self, width: int) -> None:
        """The timeline has this width, px."""
        padding = px(PADDING_PX)
        self._width = max(width - 2 * padding, 50)
        dpg.configure_item(self._area, width=self._width)
        left = max(width - padding - px(BUTTONS_WIDTH_PX), padding)
        dpg.set_item_pos(self._buttons, [float(left), float(px(TOP_PX))])
        self._drawn = None

    def sync(self, state: AppState) -> None:
        """Shows the state, and reads the mouse."""
        view = state.history.view
        hovered = self._read_mouse(view)
        looking = view.viewed is not None
        self._back.set(looking)
        self._go_on.set(looking)
        if looking != self._go_on_primary:
            self._go_on_primary = looking
            dpg.bind_item_theme(self._go_on_tag, self._themes.primary if looking else 0)
        self._say(_describe(view))
        self._point_out(view, hovered)
        look = (view, self._width, hovered, self._themes.colours)
        if look != self._drawn:
            self._drawn = look
            self._track.draw(view, self._width, hovered)

    def _say(self, text: str) -> None:
        """As much as there is room for beside the buttons."""
        if (text, self._width) != self._said:
            self._said = (text, self._width)
            self._text.set(shortened(text, self._width - px(BUTTONS_WIDTH_PX + GAP_PX)))

    def close(self) -> None:
        """Takes out what lies over the window; the rest goes with it."""
        self._tip.close()

    def _point_out(self, view: HistoryView, hovered: int | None) -> None:
        if hovered is None or hovered == view.at or self._is_held:
            self._tip.hide()
            return
        left, top = dpg.get_item_rect_min(self._area)
        x, y = self._track.place_of(hovered, view, self._width)
        self._tip.show(_name(view, hovered), left + x, top + y, left, left + self._width)

    def _read_mouse(self, view: HistoryView) -> int | None:
        """Emits what the mouse asks for; the position under it."""
        down = bool(dpg.is_mouse_button_down(dpg.mvMouseButton_Left))
        over = bool(dpg.is_item_hovered(self._area))
        if down and not self._was_down and over and view.count > 1:
            self._is_held, self._sent = True, None
        self._was_down = down
        is_held, self._is_held = self._is_held, self._is_held and down
        if not (over or is_held) or view.count < 2:
            return None
        x = dpg.get_mouse_pos(local=False)[0] - dpg.get_item_rect_min(self._area)[0]
        position = self._track.position_at(x, view, self._width, px(SNAP_PX))
        # also in the frame in which it is let go: that has the last of its moves
        if is_held and position != self._sent:
            self._sent = position
            self._emit(events.ViewPicture(None if position == view.now else position))
        return position


def _describe(view: HistoryView) -> str:
    if view.count < 2:
        return EMPTY
    text = _name(view, view.at)
    if view.viewed is not None and view.shown != view.viewed:
        return f"{text} (being made again; {view.shown} is shown)"
    return f"{text} (looking back)" if view.viewed is not None else text


def _name(view: HistoryView, position: int) -> str:
    names = [bookmark.name for bookmark in view.bookmarks if bookmark.position == position]
    return f"Picture {position} of {view.count - 1}: {', '.join(names) or view.label_at(position)}"
