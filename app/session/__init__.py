"""Sessions: edits as data, undo and redo, files, replay, autosave. Knows no window."""
