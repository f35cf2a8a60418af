"""Every keyboard shortcut, once: the input reads this table, the help window prints it."""

from __future__ import annotations

from dataclasses import dataclass

from app import events
from app.overlays import COMPARE_KEY, OVERLAYS


@dataclass(frozen=True)
class KeyBinding:
    """key: Dear PyGui's name without `mvKey_`. shown: what the help window calls it; "" = an alias. released:
    what happens when the key comes up again.
    """

    key: str
    event: events.Event
    shown: str
    text: str
    ctrl: bool = False
    shift: bool = False
    released: events.Event | None = None


_FIRST_OVERLAY, _LAST_OVERLAY = OVERLAYS[0], OVERLAYS[-1]
_OVERLAY_KEYS = tuple(  # one line of the help window for all of them: the panel says which is which
    KeyBinding(
        overlay.key,
        events.ToggleOverlay(overlay.name),
        f"{_FIRST_OVERLAY.key} to {_LAST_OVERLAY.key}" if overlay is _FIRST_OVERLAY else "",
        "Show or hide, in this order: " + ", ".join(o.label.lower() for o in OVERLAYS),
    )
    for overlay in OVERLAYS
)

KEY_BINDINGS: tuple[KeyBinding, ...] = (
    KeyBinding("G", events.ChooseTool("grab"), "G", "Grab and pull"),
    KeyBinding("P", events.ChooseTool("place"), "P", "Place handles and targets"),
    KeyBinding("B", events.ChooseTool("movable"), "B", "Paint what may move"),
    KeyBinding("N", events.ChooseTool("fixed"), "N", "Paint what stays fixed"),
    KeyBinding("E", events.ChooseTool("erase"), "E", "Erase the mask"),
    KeyBinding("Spacebar", events.ToggleRun(), "Space", "Start or stop the drag"),
    KeyBinding("Period", events.StepOnce(), ".", "One drag step"),
    KeyBinding("Escape", events.CancelDrag(), "Esc", "Cancel the drag in hand and restore the picture"),
    KeyBinding("Delete", events.RemoveHandle(), "Delete", "Remove the handle under the cursor"),
    KeyBinding("Back", events.RemoveHandle(), "", ""),
    KeyBinding("Left", events.ViewNext(-1), "Ctrl+Left", "Look at the picture before", ctrl=True),
    KeyBinding("Right", events.ViewNext(1), "Ctrl+Right", "Look at the picture after", ctrl=True),
    KeyBinding("End", events.ViewPicture(None), "End", "The present picture again"),
    KeyBinding("Return", events.GoOnFromHere(), "Enter", "Go on from the picture that is looked at"),
    KeyBinding("M", events.AddBookmark(), "M", "Bookmark the picture"),
    KeyBinding("Z", events.Undo(), "Ctrl+Z", "Undo", ctrl=True),
    KeyBinding("Z", events.Redo(), "Ctrl+Shift+Z", "Redo (also Ctrl+Y)", ctrl=True, shift=True),
    KeyBinding("Y", events.Redo(), "", "", ctrl=True),
    KeyBinding("R", events.SetSeed(None), "R", "A random picture"),
    KeyBinding("Right", events.ChangeSeed(1), "Right", "Next seed"),
    KeyBinding("Left", events.ChangeSeed(-1), "Left", "Previous seed"),
    KeyBinding("I", events.InvertMask(), "I", "Invert the mask"),
    KeyBinding("Close_Brace", events.ScaleBrush(1.2), "]", "Larger brush"),
    KeyBinding("Open_Brace", events.ScaleBrush(1 / 1.2), "[", "Smaller brush"),
    KeyBinding("F", events.FitView(), "F or 0", "Fit the picture to the window"),
    KeyBinding("0", events.FitView(), "", ""),
    KeyBinding("Plus", events.ZoomView(1.25), "+", "Zoom in"),
    KeyBinding("Minus", events.ZoomView(0.8), "-", "Zoom out"),
    KeyBinding("H", events.ToggleMarkers(), "H", "Hide or show handles and mask"),
    *_OVERLAY_KEYS,
    KeyBinding(
        COMPARE_KEY,
        events.CompareWithStart(True),
        f"{COMPARE_KEY}, held",
        "Compare with the start",
        released=events.CompareWithStart(False),
    ),
    KeyBinding("S", events.SaveSession(), "Ctrl+S", "Save the session", ctrl=True),
    KeyBinding(
        "S",
        events.SaveSessionAs(),
        "Ctrl+Shift+S",
        "Save the session under another name",
        ctrl=True,
        shift=True,
    ),
    KeyBinding("C", events.CopySession(), "Ctrl+C", "Copy the session as text", ctrl=True),
    KeyBinding("V", events.AskPaste(), "Ctrl+V", "Open the session whose text was copied", ctrl=True),
    KeyBinding("E", events.ExportPicture(), "Ctrl+E", "Export the picture as PNG", ctrl=True),
    KeyBinding("F1", events.ToggleHelp(), "F1 or ?", "This list"),
    KeyBinding("Slash", events.ToggleHelp(), "", "", shift=True),
    KeyBinding("Q", events.CloseWindow(), "Ctrl+Q", "Close", ctrl=True),
)

MOUSE_HELP: tuple[tuple[str, str], ...] = (
    ("Press and pull", "Grab: the point under the cursor follows"),
    ("Shift + press", "Grab another point; the last one stays as a pin"),
    ("Click, click", "Place: a handle, then its target"),
    ("Drag a point", "Place: move a handle or a target"),
    ("Right click", "Remove the handle under the cursor"),
    ("Wheel", "Zoom about the cursor"),
    ("Ctrl + wheel", "Brush size"),
    ("Middle drag, Space + drag", "Move the picture"),
)


def find_binding(key: str, ctrl: bool, shift: bool) -> KeyBinding | None:
    """The binding of a chord; None if there is none."""
    for binding in KEY_BINDINGS:
        if (binding.key, binding.ctrl, binding.shift) == (key, ctrl, shift):
            return binding
    return None
