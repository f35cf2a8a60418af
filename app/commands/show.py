"""`livedrag show`: what a generator can do, as pictures: samples, a walk between seeds, edits on a poster."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.arguments import add_movie_arguments, device_of, movie_options, parse_psi, parse_seed
from app.commands.numbers import whole_number

if TYPE_CHECKING:  # torch takes seconds to import: only when the command runs
    from app.edit_choice import ShownEdit
    from app.edit_list import ListedEdit
    from app.export import Picture
    from gan.evaluate.landmark_reader import LandmarkReader
    from gan.generator import Generator

LIST_FILE = "edits.json"
DEFAULT_TRIES = 8
TRY_LIMIT = 1000
LANDMARK_RENDERS = 5000  # rendered where none are given


def add_parser(subparsers: Any) -> None:
    """Adds `show` to argparse's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "show",
        help="show what a generator can do: samples, a walk between seeds, edits on a poster",
        description="Writes pictures of a generator into a folder: a sheet of samples, a strip from seed to "
        "seed and, with --edits, a poster of edits before and after, the session of each, and the list with "
        "the pictures that were chosen. Where a list names landmarks, they are found by the landmark reader "
        "of 'livedrag evaluate', trained once on renders of critters and kept.",
    )
    parser.add_argument(
        "model", type=Path, nargs="?", metavar="MODEL", help="generator file; default: the embedded one"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder for what is written")
    parser.add_argument(
        "--strip",
        type=_parse_seeds,
        metavar="SEED,SEED,...",
        default=(0, 1, 2, 3),
        help="the seeds that the strip goes along; default: 0,1,2,3",
    )
    parser.add_argument(
        "--psi", type=parse_psi, metavar="P", default=0.7, help="truncation of the strip; default: 0.7"
    )
    parser.add_argument("--edits", type=Path, metavar="FILE", help="list of edits, such as assets/edits.json")
    parser.add_argument("--only", action="append", metavar="NAME", help="of the list; may be repeated")
    parser.add_argument(
        "--tries",
        type=whole_number(1, TRY_LIMIT),
        metavar="N",
        default=DEFAULT_TRIES,
        help=f"pictures of which the best is taken, for edits without a seed; default: {DEFAULT_TRIES}",
    )
    parser.add_argument(
        "--renders",
        type=Path,
        metavar="DIR",
        help="array of 'livedrag dataset' to learn landmarks from; default: rendered into the work folder",
    )
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="folder of the landmark reader; default: in the user's cache"
    )
    parser.add_argument(
        "--device",
        metavar="cpu|cuda|mps",
        default=argparse.SUPPRESS,
        help="where to compute; default: the best there is",
    )
    add_movie_arguments(parser)
    parser.add_argument(
        "--no-mark", dest="mark", action="store_false", help="leave out the small visible mark"
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Writes the pictures. Raises LiveDragError, before any work where it can be known."""
    from app.commands.outputs import check_folder, make_folder
    from app.edit_list import load_edits
    from app.errors import UsageError
    from app.evaluation_sheets import interpolation_strip, sample_sheet
    from gan import load_generator

    listed: Path | None = arguments.edits
    if listed is None and (arguments.only or arguments.video):
        raise UsageError("--only and --video are for --edits; give a list, such as assets/edits.json")
    if listed is not None and arguments.only and listed.resolve() == (arguments.out / LIST_FILE).resolve():
        raise UsageError(f"--only would shorten the list '{listed}' itself; give another --out")
    check_folder(arguments.out)
    edits = [] if listed is None else _chosen(load_edits(listed), arguments.only)
    generator = load_generator(arguments.model, device_of(arguments))
    reader = _reader(arguments) if any(edit.needs_landmarks for edit in edits) else None
    make_folder(arguments.out)
    files: dict[str, Path] = {}
    sheets = {
        "samples": sample_sheet(generator),
        "interpolation": interpolation_strip(generator, arguments.psi, arguments.strip),
    }
    for kind, sheet in sheets.items():
        files[kind] = _save(arguments, generator, kind, sheet)
    shown = _shown(arguments, generator, edits, reader)
    if shown:
        files |= _write_edits(arguments, generator, shown)
    _report(arguments, files, shown)
    return 0


def _chosen(edits: list[ListedEdit], only: list[str] | None) -> list[ListedEdit]:
    from app.errors import UsageError

    if only is None:
        return edits
    known = {edit.name: edit for edit in edits}
    for name in only:
        if name not in known:
            raise UsageError(f"the list has no edit '{name}'; it has {', '.join(known)}")
    return [known[name] for name in only]


def _reader(arguments: argparse.Namespace) -> LandmarkReader:
    """As `livedrag evaluate` trains it with its defaults; one that it has kept is taken."""
    from app.commands.outputs import check_folder
    from app.commands.progress import progress
    from gan.evaluate.kept_reader import LEAST_RENDERS, kept_reader
    from gan.evaluate.landmark_training import LandmarkTraining
    from gan.evaluate.renders import make_renders, open_renders
    from gan.evaluate.work_folder import default_work_folder

    work: Path = arguments.work or default_work_folder()
    check_folder(work)
    device = device_of(arguments)
    if arguments.renders is not None:
        renders = open_renders(arguments.renders, LEAST_RENDERS)
    else:
        renders = make_renders(work, LANDMARK_RENDERS, device, progress)
    on = device if device.startswith("cuda") else "cpu"
    return kept_reader(renders, LandmarkTraining(), work, progress, on)


def _shown(
    arguments: argparse.Namespace,
    generator: Generator,
    edits: list[ListedEdit],
    reader: LandmarkReader | None,
) -> list[ShownEdit]:
    """Every edit performed; each without a seed tries seeds of its own: the poster shows many heads."""
    from app.commands.progress import progress
    from app.edit_choice import perform_best

    tries = [arguments.tries if edit.seed is None else 1 for edit in edits]
    shown: list[ShownEdit] = []
    with progress("dragging", sum(tries)) as advance:
        for i, edit in enumerate(edits):
            seeds = range(i * arguments.tries, (i + 1) * arguments.tries)
            shown.append(perform_best(generator, edit, reader, seeds, advance))
    return shown


def _write_edits(
    arguments: argparse.Namespace, generator: Generator, shown: list[ShownEdit]
) -> dict[str, Path]:
    """The poster, the sessions, the list as it came out, and the movie; kind -> path."""
    from app.commands.outputs import make_folder
    from app.commands.progress import progress
    from app.edit_list import save_edits
    from app.edit_poster import edit_poster
    from app.movie.render import render_movie
    from app.movie.timeline import frame_count
    from app.session.document import save_document

    folder: Path = arguments.out
    files = {"edits": _save(arguments, generator, "edits", edit_poster(shown))}
    make_folder(folder / "sessions")
    for edit in shown:
        path = folder / "sessions" / f"{edit.edit.name}.json"
        save_document(path, edit.session.document())
        files[edit.edit.name] = path
    files["list"] = folder / LIST_FILE
    save_edits(files["list"], [edit.edit for edit in shown])
    if arguments.video is not None:
        scenes = tuple(scene for edit in shown for scene in edit.scenes)
        options = movie_options(arguments)
        movie = folder / f"edits.{arguments.video}"
        with progress("rendering", frame_count(scenes, options)) as advance:
            files["video"] = render_movie(movie, generator, scenes, options, advance).path
    return files


def _save(arguments: argparse.Namespace, generator: Generator, kind: str, sheet: Picture) -> Path:
    from app.export import save_picture
    from app.provenance import PictureProvenance

    path: Path = arguments.out / f"{kind}.png"
    provenance = PictureProvenance(generator.provenance.name, generator.provenance.sha256)
    save_picture(path, sheet, provenance, arguments.mark)
    return path


def _report(arguments: argparse.Namespace, files: dict[str, Path], shown: list[ShownEdit]) -> None:
    if arguments.json:
        edits = [
            {
                "name": edit.edit.name,
                "seed": edit.edit.seed,
                "arrived": edit.arrived,
                "iterations": edit.iterations,
            }
            for edit in shown
        ]
        print(json.dumps({"files": {kind: str(path) for kind, path in files.items()}, "edits": edits}))
        return
    for edit in shown:
        end = f"arrived in {edit.iterations}" if edit.arrived else f"not there after {edit.iterations}"
        print(f"{edit.edit.name}: seed {edit.edit.seed}, {end} steps")
    for path in files.values():
        print(path)


def _parse_seeds(text: str) -> tuple[int, ...]:
    seeds = tuple(parse_seed(part) for part in text.split(","))
    if len(seeds) < 2:
        raise argparse.ArgumentTypeError(f"'{text}' is one seed; give at least two, as 3,5,8")
    return seeds
