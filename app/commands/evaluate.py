"""`livedrag evaluate`: judges generators against renders and by dragging them, side by side."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.drag_params import add_param_argument
from app.commands.numbers import whole_number

if TYPE_CHECKING:  # torch takes seconds to import: only when the command runs
    from gan.evaluate.evaluator import EvaluationSettings, Evaluator
    from gan.evaluate.renders import Renders
    from gan.evaluate.results import Evaluation, ModelResult
    from gan.generator import Generator

COUNT_LIMIT = 1_000_000
LEAST_SAMPLES = 50
MOVABLE_MARGIN = 1 / 6  # of the width
LEAST_LANDMARK_RENDERS = 5000  # rendered where none are given, also for fewer samples


def add_parser(subparsers: Any) -> None:
    """Adds `evaluate` to argparse's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "evaluate",
        help="judge generators: likeness to renders, sharpness, and whether drags arrive",
        description="Judges generators of critters, side by side: Fréchet distance, precision and recall"
        " between samples and renders in EfficientNet-Lite0 features, sharpness, and a suite of seeded drags"
        " at landmarks. What is finished is kept: run again to go on after Ctrl+C.",
    )
    parser.add_argument(
        "models",
        type=Path,
        nargs="*",
        metavar="MODEL",
        help="generator file of any format; default: the embedded one",
    )
    parser.add_argument(
        "--renders",
        type=Path,
        metavar="DIR",
        help="array of 'livedrag dataset' to compare with; default: rendered into the work folder",
    )
    parser.add_argument(
        "--no-renders",
        action="store_true",
        help="for generators of other things than critters: only what can be judged without renders",
    )
    parser.add_argument(
        "--samples",
        type=whole_number(LEAST_SAMPLES, COUNT_LIMIT),
        metavar="N",
        default=10_000,
        help="samples, and as many renders; default: 10000",
    )
    parser.add_argument(
        "--drags",
        type=whole_number(0, COUNT_LIMIT),
        metavar="N",
        default=200,
        help="drags of the suite, 0 = none; default: 200",
    )
    parser.add_argument(
        "--masked",
        action="store_true",
        help="each drag may move only what is around its way: a sixth of the width beyond both ends",
    )
    add_param_argument(parser)
    parser.add_argument(
        "--landmark-steps",
        type=whole_number(1, COUNT_LIMIT),
        metavar="N",
        help="how long the landmark reader learns; default: until it is good enough for the suite",
    )
    parser.add_argument(
        "--device",
        metavar="cpu|cuda|mps",
        default=argparse.SUPPRESS,
        help="where to compute; default: the best there is",
    )
    parser.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="write JSON to FILE, without FILE to stdout"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for picture sheets: samples, interpolation, drags"
    )
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="folder for what is finished; default: in the user's cache"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Judges, prints, writes. Raises LiveDragError before any work where it cannot be done."""
    from app.commands.outputs import check_folder, make_folder
    from app.commands.progress import progress
    from app.errors import UsageError
    from gan.edit_checks import check_feature_resolution
    from gan.evaluate.evaluator import Evaluator
    from gan.evaluate.work_folder import default_work_folder
    from gan.image_features import ImageFeatures

    if arguments.no_renders and arguments.renders is not None:
        raise UsageError("--renders and --no-renders do not go together; give one of them")
    work: Path = arguments.work or default_work_folder()
    check_folder(work)
    if arguments.out is not None:
        check_folder(arguments.out)
    if arguments.json not in (None, "-"):
        _check_file(Path(arguments.json))
    settings = _settings(arguments)
    generators = _load(arguments)
    for _, generator in generators:
        check_feature_resolution(settings.params.feature_resolution, generator)
    device = _judging_device(generators)
    extractor = ImageFeatures().to(device)  # before anything is rendered: its package may be missing
    try:
        renders = _renders(arguments, settings, work)
        evaluator = Evaluator(renders, settings, extractor, work, progress, device)
        results = [evaluator.judge(generator, file) for file, generator in generators]
        was_dragged = any(result.drags is not None for result in results)
        critters = evaluator.critters() if was_dragged and not arguments.masked else None
    except KeyboardInterrupt:
        print(
            f"livedrag: what is finished is in '{work}'; the same command goes on from there", file=sys.stderr
        )
        raise
    device_name = str(generators[0][1].device)
    evaluation = _evaluation(tuple(results), critters, evaluator, renders, settings, device_name)
    if arguments.json == "-":
        print(_as_json(evaluation))
    else:
        from app.evaluation_table import print_table

        print_table(evaluation)
    if arguments.json not in (None, "-"):
        _write(Path(arguments.json), _as_json(evaluation))
    if arguments.out is not None:
        make_folder(arguments.out)
        _write_sheets(arguments.out, evaluation, generators, evaluator)
    return 0


def _load(arguments: argparse.Namespace) -> list[tuple[str, Generator]]:
    from app.commands.arguments import device_of
    from gan import load_generator

    device = device_of(arguments)
    if not arguments.models:
        return [("the embedded generator", load_generator(None, device))]
    return [(str(file), load_generator(file, device)) for file in arguments.models]


def _judging_device(generators: list[tuple[str, Generator]]) -> str:
    """Where pictures are described and landmarks found: on CUDA with the generators, else on the processor,
    as torch's Apple backend cannot scale pictures as it must be."""
    return "cuda" if generators[0][1].device.type == "cuda" else "cpu"


def _settings(arguments: argparse.Namespace) -> EvaluationSettings:
    from app.commands.drag_params import changed_params
    from gan.evaluate.evaluator import EvaluationSettings

    settings = EvaluationSettings()
    margin = MOVABLE_MARGIN if arguments.masked else None
    suite = replace(settings.suite, drag_count=arguments.drags, movable_margin=margin)
    training = settings.training
    if arguments.landmark_steps is not None:
        training = replace(training, step_count=arguments.landmark_steps)
    params = changed_params(settings.params, arguments.set)
    return replace(settings, sample_count=arguments.samples, suite=suite, training=training, params=params)


def _renders(arguments: argparse.Namespace, settings: EvaluationSettings, work: Path) -> Renders | None:
    from app.commands.arguments import device_of
    from app.commands.progress import progress
    from gan.evaluate.renders import make_renders, open_renders

    if arguments.no_renders:
        return None
    if arguments.renders is not None:
        return open_renders(arguments.renders, settings.sample_count)
    count = max(settings.sample_count, LEAST_LANDMARK_RENDERS if settings.suite.drag_count else 0)
    return make_renders(work, count, device_of(arguments), progress)


def _evaluation(
    models: tuple[ModelResult, ...],
    critters: ModelResult | None,
    evaluator: Evaluator,
    renders: Renders | None,
    settings: EvaluationSettings,
    device: str,
) -> Evaluation:
    from gan.evaluate.common_scale import COMPARED_AT_PX
    from gan.evaluate.results import Evaluation

    dragged = any(model.sample_inconsistency is not None for model in models)
    return Evaluation(
        models=models,
        critters=critters,
        landmark_reader=evaluator.reader().held_out if dragged else None,
        compared_at_px=COMPARED_AT_PX,
        sample_count=settings.sample_count,
        suite=settings.suite,
        params=settings.params,
        device=device,
        render_count=0 if renders is None else len(renders),
        renders=None if renders is None else str(renders.folder),
        cpu_seconds=evaluator.cpu_seconds,
    )


def _write_sheets(
    folder: Path, evaluation: Evaluation, generators: list[tuple[str, Generator]], evaluator: Evaluator
) -> None:
    from app.commands.progress import progress
    from app.evaluation_sheets import write_sheets
    from app.evaluation_table import labels

    with progress("drawing sheets", len(generators)) as advance:
        for label, model, (_, generator) in zip(
            labels(evaluation.models), evaluation.models, generators, strict=True
        ):
            name = re.sub(r"[^\w.]+", "-", label).strip("-.") or "model"
            record = None if model.drags is None else evaluator.record(generator)
            for path in write_sheets(folder, name, generator, record, evaluation.suite.truncation_psi):
                print(path, file=sys.stderr)
            advance(label)


def _as_json(evaluation: Evaluation) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(evaluation)).decode()


def _check_file(file: Path) -> None:
    from app.commands.outputs import check_folder
    from app.errors import OutputError

    check_folder(file.absolute().parent)
    if file.is_dir():
        raise OutputError(f"cannot write to '{file}': it is a folder; give a file's name")


def _write(file: Path, text: str) -> None:
    from app.errors import OutputError

    try:
        file.absolute().parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write '{file}': {error.strerror}; choose another folder") from error
