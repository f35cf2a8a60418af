"""Dear PyGui's own file dialogs, with a callback that gets a path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from app.ui.containers import inside
from app.ui.scale import px

DIALOG_SIZE_PX = (720, 460)  # at 100 %


def is_asking() -> bool:
    """Whether a file dialog is open."""
    return any(str(dpg.get_item_type(window)).endswith("mvFileDialog") for window in dpg.get_windows())


def ask_for_folder(title: str, chosen: Callable[[Path], None]) -> None:
    """Opens a dialog for one folder; `chosen` is called with its path. Nothing happens on Cancel."""

    def picked(sender: int, data: dict[str, Any]) -> None:
        path = str(data.get("file_path_name", ""))
        dpg.delete_item(sender)
        if path:
            chosen(Path(path))

    dpg.add_file_dialog(
        label=title,
        width=_size()[0],
        height=_size()[1],
        default_path=str(Path.home()),
        directory_selector=True,
        modal=True,
        callback=picked,
        cancel_callback=lambda sender: dpg.delete_item(sender),
    )


def ask_for_file(
    title: str, extension: str, name: str, chosen: Callable[[Path], None], folder: Path | None = None
) -> None:
    """Opens a dialog for one file; `chosen` is called with its path. Nothing happens on Cancel.

    folder: where it starts, if that is there; else in the user's own.
    """

    def picked(sender: int, data: dict[str, Any]) -> None:
        path = str(data.get("file_path_name", ""))
        dpg.delete_item(sender)
        if path:
            # the dialog puts ".*" behind a name that was typed while all files are shown
            chosen(Path(path.removesuffix(".*")))

    def cancelled(sender: int) -> None:
        dpg.delete_item(sender)

    with inside(
        dpg.file_dialog(
            label=title,
            width=_size()[0],
            height=_size()[1],
            default_path=str(folder if folder is not None and folder.is_dir() else Path.home()),
            default_filename=name,
            modal=True,
            callback=picked,
            cancel_callback=cancelled,
        )
    ):
        dpg.add_file_extension(extension)
        dpg.add_file_extension(".*")


def _size() -> tuple[int, int]:
    """Screen px, inside of the window."""
    width, height = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
    return min(px(DIALOG_SIZE_PX[0]), width), min(px(DIALOG_SIZE_PX[1]), height)
