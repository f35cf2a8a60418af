"""The example edit off-screen: what `livedrag` does where there is no display to open a window on."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from platformdirs import user_data_path

from app.commands.outputs import check_folder
from app.commands.replay import generator_of, perform
from app.commands.report import print_report
from app.errors import OutputError
from app.session.document import load_document

EXAMPLE_SESSION = Path(__file__).resolve().parents[2] / "assets" / "example-session.json"
EXAMPLE_FOLDER = "livedrag-example"


def run_example(out_folder: Path | None = None, device: str = "cpu") -> int:
    """Says that there is no display, replays the embedded example, leaves pictures and a video; returns 0.

    out_folder: default ./livedrag-example, else (where that cannot be written) the user's data folder, else a
    temporary one. Raises LiveDragError where nothing can be written at all.
    """
    folder = _first_writable() if out_folder is None else out_folder
    check_folder(folder)
    print(
        "livedrag: there is no display for a window; performing the example edit into a folder instead",
        file=sys.stderr,
    )
    document = load_document(EXAMPLE_SESSION)
    report, _ = perform(document, generator_of(document, None, device), folder, video="mp4", mark=True)
    print_report(report, as_json=False)
    return 0


def _first_writable() -> Path:
    for folder in (Path.cwd() / EXAMPLE_FOLDER, user_data_path("livedrag", appauthor=False) / EXAMPLE_FOLDER):
        try:
            check_folder(folder)
        except OutputError:
            continue
        return folder
    return Path(tempfile.mkdtemp(prefix=f"{EXAMPLE_FOLDER}-"))
