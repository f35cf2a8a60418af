"""`MaskDesk`: applies the events about the mask as a whole."""

from __future__ import annotations

from app import events
from app.editor import Editor
from app.mask_brush import MaskBrush
from app.mask_file import load_mask, save_mask
from app.state import AppState, Status


class MaskDesk:
    """Between the mask's buttons, its files and the brush that owns it."""

    def __init__(self, state: AppState, editor: Editor, brush: MaskBrush) -> None:
        self._state = state
        self._editor = editor
        self._brush = brush

    def apply(self, event: events.MaskEvent) -> None:
        """Applies one event. Raises EditError for a file that cannot be read or written."""
        match event:
            case events.SaveMask():
                save_mask(event.path, self._brush.mask)
                self._state.status = Status(f"Saved the mask to {event.path}")
                return
            case events.LoadMask():
                self._brush.replace(load_mask(event.path, self._state.picture_size))
                label = "load mask"
            case events.InvertMask():
                self._brush.invert()
                label = "invert mask"
            case events.ClearMask():
                self._brush.clear()
                label = "clear mask"
        self._editor.begin(label)
        self._editor.send_mask()
