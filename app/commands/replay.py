"""`livedrag replay`: performs a saved session again, step for step."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.arguments import add_model_arguments, add_output_arguments, device_of, movie_options
from app.commands.interrupt import INTERRUPTED, Interrupted, interrupt_flag
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
    from app.commands.outputs import check_folder, check_video
    from app.commands.report import print_report
    from app.session.document import load_document

    check_folder(arguments.out)
    check_video(arguments.video)
    document = load_document(arguments.session, on_damage=_warn)
    generator = generator_of(document, getattr(arguments, "model", None), device_of(arguments))
    options = movie_options(arguments)
    report, is_whole = perform(
        document, generator, arguments.out, arguments.video, options, arguments.picture
    )
    print_report(report, arguments.json)
    if not is_whole:
        without = ", without the video" if arguments.video else ""
        _warn(
            f"interrupted after {report.steps} of {document.step_count()} steps; '{arguments.out}' holds "
            f"the edit up to there{without}; the session is as it was"
        )
    return 0 if is_whole else INTERRUPTED


def generator_of(document: SessionDocument, model: Path | None, device: str) -> Generator:
    """The session's generator: the file given, else where the session says it was. Raises LiveDragError."""
    from app.session.document import model_path, require_model
    from gan import load_generator

    path = model if model is not None else model_path(document)
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
) -> tuple[EditReport, bool]:
    """Replays `document` and writes the edit's files to `folder`, which is created. Raises LiveDragError.

    video: "mp4", "webm", "gif", "webp", "png" or None. options: how it looks. picture: kind of the pictures.
    False: Ctrl+C was pressed; the files hold the edit up to there, without the video.
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
    with progress("replaying", step_count) as advance, interrupt_flag() as check:
        stopped: EditSession | None = None

        def before_step(session: EditSession) -> None:
            nonlocal began, stopped
            stopped = session
            check()
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

        is_whole = True
        try:
            session = replay(document, generator, after_step, before_step, on_damage=_warn, tell=_warn)
        except Interrupted:
            assert stopped is not None
            session, is_whole = stopped, False
            session.end_here()
    files = write_edit(folder, session, options.mark, f".{picture}")
    notes: list[str] = []
    if path is not None and video is not None and is_whole:
        path.note_end(session)
        files["video"], notes = write_movie(folder, video, session, path, options)
    step_ms = stepping_s * 1000 / session.session.iteration if last else None
    return report_of("replay", session, last[0] if last else None, step_ms, files, notes), is_whole


def _warn(text: str) -> None:
    from app.cli import print_error

    print_error(text)
