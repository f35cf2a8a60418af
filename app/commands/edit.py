"""`livedrag edit`: one drag without a window. Everything is checked before any work begins."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.arguments import (
    STEP_LIMIT,
    add_half_layers_argument,
    add_model_arguments,
    add_output_arguments,
    device_of,
    movie_options,
    parse_drag,
    parse_latent_space,
    parse_psi,
    parse_seed,
    parse_steps,
)
from app.commands.drag_params import add_param_argument, changed_params

if TYPE_CHECKING:  # torch and PyAV take seconds to import: only when the command runs
    from app.session.edit_session import EditSession
    from gan.step_result import HostStepResult

DEFAULT_STEPS = 300  # the most that the paper's tests take


def add_parser(subparsers: Any) -> None:
    """Adds `edit` to argparse's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "edit",
        help="drag points of a picture, leaving pictures, latent, session and video in a folder",
        description="Drags points of a seed's picture until all have arrived, at most --steps steps.",
    )
    add_model_arguments(parser)
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument("--seed", type=parse_seed, metavar="N", help="the picture to start from")
    start.add_argument(
        "--latent", type=Path, metavar="FILE", help="or a latent: .safetensors, .npy, .npz or .pt"
    )
    parser.add_argument("--psi", type=parse_psi, metavar="P", default=0.7, help="truncation; default: 0.7")
    parser.add_argument(
        "--drag",
        type=parse_drag,
        action="append",
        required=True,
        metavar="X0,Y0:X1,Y1",
        help="handle point and target point in pixels; may be repeated",
    )
    parser.add_argument(
        "--mask", type=Path, metavar="PNG", help="white may move, black is held; of the picture's size"
    )
    parser.add_argument(
        "--steps",
        type=parse_steps,
        metavar="N",
        default=DEFAULT_STEPS,
        help=f"at most this many, 1 to {STEP_LIMIT}; default: {DEFAULT_STEPS}",
    )
    parser.add_argument(
        "--params",
        choices=("default", "paper", "released"),
        default="default",
        help="preset of the drag loop",
    )
    parser.add_argument(
        "--space", type=parse_latent_space, metavar="w|w+", help="latent space; default: preset's"
    )
    add_half_layers_argument(parser)
    add_param_argument(parser)
    add_output_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Performs the edit that the arguments describe. Raises LiveDragError."""
    from app.commands.outputs import check_folder, check_video, make_folder, write_edit, write_movie
    from app.commands.progress import progress
    from app.commands.report import print_report, report_of
    from app.movie.edit_path import EditPath
    from app.session.step_outcomes import step_and_hear

    check_folder(arguments.out)
    check_video(arguments.video)
    session = prepare(arguments)
    make_folder(arguments.out)
    path = None
    if arguments.video is not None:
        path = EditPath(arguments.steps, session.session.w_plus.numel() * 4)
    with progress("dragging", arguments.steps) as advance:
        stepping_s = 0.0
        notes: list[str] = []
        last: HostStepResult | None = None
        for _ in range(arguments.steps):
            if path is not None:
                path.note_before(session)
            began = time.perf_counter()
            last = step_and_hear(session, notes.append)
            stepping_s += time.perf_counter() - began
            advance(f"{last.distances_px.max():.1f} px left")
            if path is not None and last.finite:  # else there was no step
                path.note_step(session)
            if last.done or not last.finite:
                break
        assert last is not None
        step_ms = stepping_s * 1000 / max(session.session.iteration, 1)
    files = write_edit(arguments.out, session, arguments.mark, f".{arguments.picture}")
    if path is not None and arguments.video is not None:
        path.note_end(session)
        files["video"], said = write_movie(
            arguments.out, arguments.video, session, path, movie_options(arguments)
        )
        notes += said
    print_report(report_of("edit", session, last, step_ms, files, notes), arguments.json)
    return 0


def prepare(arguments: argparse.Namespace) -> EditSession:
    """The session with its handles and mask set, ready to step. Raises LiveDragError."""
    from app.errors import UsageError
    from app.latent_file import start_from_file
    from app.mask_file import load_mask
    from app.session.edit_session import EditSession
    from app.session.edits import AddHandle, StartFromSeed, set_mask_edit
    from gan import load_generator
    from gan.drag_params import DragParams
    from gan.half_precision import HalfPrecision

    presets = {"default": DragParams, "paper": DragParams.paper, "released": DragParams.released}
    params = presets[arguments.params]()
    if arguments.space is not None:
        params = replace(params, latent_space=arguments.space)
    params = changed_params(params, arguments.set)
    generator = load_generator(getattr(arguments, "model", None), device_of(arguments))
    width, height = generator.width, generator.height
    for handle, target in arguments.drag:
        for name, (x, y) in (("handle", handle), ("target", target)):
            if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
                raise UsageError(
                    f"the {name} {x:g},{y:g} is outside the picture, which is {width}x{height}; "
                    f"give x 0 to {width - 1} and y 0 to {height - 1}"
                )
    painted = load_mask(arguments.mask, (width, height)) if arguments.mask else None
    if arguments.latent is not None:
        start = start_from_file(arguments.latent, generator)
    else:
        start = StartFromSeed(arguments.seed, arguments.psi)
    session = EditSession(generator, start, params)
    session.use_half(HalfPrecision() if arguments.half_layers else None)
    if painted is not None:
        session.begin("load mask")
        session.apply(set_mask_edit(painted))
    session.begin("place handles")
    for handle_id, (handle, target) in enumerate(arguments.drag):
        session.apply(AddHandle(handle_id, handle, target))
    session.begin("drag")
    return session
