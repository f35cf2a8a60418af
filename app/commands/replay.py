"""`livedrag replay`: performs a saved session again, step for step."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.arguments import add_model_arguments, add_output_arguments, device_of, movie_options
from app.movie.options import MovieOptions

if TYPE_CHECKING:  # torch and PyAV take seconds to import: only when the command runs
    from app.commands.report import EditReport
    from app.session.document import SessionDocument
    from app.session.edit_session import EditSession
    from gan.generator import Generator
    from gan.step_result import HostStepResult, StepResult


def add_parser(subparsers: Any) -> None:
    """Adds `replay` to argparse's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "replay", help="perform a saved session again, step for step", description="Performs a session again."
    )
    parser.add_argument("session", type=Path, metavar="SESSION", help="session file (.json)")
    add_model_arguments(parser)
    add_output_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Replays the session into the folder. Raises LiveDragError."""
    from app.commands.outputs import check_folder
    from app.commands.report import print_report
    from app.session.document import load_document

    check_folder(arguments.out)
    document = load_document(arguments.session)
    generator = generator_of(document, getattr(arguments, "model", None), device_of(arguments))
    options = movie_options(arguments)
    report = perform(document, generator, arguments.out, arguments.video, options, arguments.picture)
    print_report(report, arguments.json)
    return 0


def generator_of(document: SessionDocument, model: Path | None, device: str) -> Generator:
    """The session's generator: the file given, else where the session says it was. Raises LiveDragError."""
    from app.session.document import require_model
    from gan import load_generator

    path = model if model is not None else document.model.path
    generator = load_generator(path, device)
    require_model(document, generator)
    return generator


def perform(
    document: SessionDocument,
    generator: Generator,
    folder: Path,
    video: str | None,
    options: MovieOptions,
    picture: str = "png",
) -> EditReport:
    """Replays `document` and writes the edit's files to `folder`, which is created. Raises LiveDragError.

    video: "mp4", "webm", "gif", "webp", "png" or None. options: how it looks. picture: kind of the pictures.
    """
    from app.commands.outputs import make_folder, write_edit, write_movie
    from app.commands.progress import progress
    from app.commands.report import report_of
    from app.movie.edit_path import EditPath
    from app.session.replay import replay

    make_folder(folder)
    step_count = document.step_count()
    path = EditPath(step_count, generator.num_ws * generator.architecture.w_dim * 4) if video else None
    last: list[HostStepResult] = []  # of the last step, once there was one
    began = stepping_s = 0.0
    with progress("replaying", step_count) as advance:

        def before_step(session: EditSession) -> None:
            nonlocal began
            if path is not None:
                path.note_before(session)
            began = time.perf_counter()

        def after_step(session: EditSession, result: StepResult) -> None:
            nonlocal stepping_s
            last[:] = [result.to_host()]  # sync: waits for the step, so that its time is known
            stepping_s += time.perf_counter() - began
            advance()
            if path is not None:
                path.note_step(session)

        session = replay(document, generator, after_step, before_step)
    files = write_edit(folder, session, options.mark, f".{picture}")
    notes: list[str] = []
    if path is not None and video is not None:
        path.note_end(session)
        files["video"], notes = write_movie(folder, video, session, path, options)
    step_ms = stepping_s * 1000 / step_count if step_count else None
    return report_of("replay", session, last[0] if last else None, step_ms, files, notes)
