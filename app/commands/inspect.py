"""`livedrag inspect`: what a model file or a session file holds. Nothing in the file is executed."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Adds `inspect` to argparse's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "inspect",
        help="say what a model or session file holds; runs nothing of it",
        description="Says what a model or session file holds, or why it is refused.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="model (any format) or session (.json)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the file's facts. Raises LiveDragError, saying what was refused, for anything else."""
    import msgspec

    facts = session_facts(arguments.file) if _is_json(arguments.file) else model_facts(arguments.file)
    if arguments.json:
        print(msgspec.json.encode(facts).decode())
    else:
        _print_lines(facts)
    return 0


def model_facts(path: Path) -> dict[str, Any]:
    """What a model file of any format holds, as JSON-able values. Raises ModelFileError where it is refused.

    A generator that was read but cannot be dragged is no error: 'draggable' is False, 'obstacle' says why.
    """
    from gan.errors import ModelFileError
    from gan.formats.read_model import read_model
    from gan.model_file import sha256_of

    contents = read_model(path)
    architecture, obstacle = contents.architecture, contents.obstacle
    try:
        contents.load(path.name)
    except ModelFileError as error:
        obstacle = obstacle or str(error)
    said = contents.provenance
    facts: dict[str, Any] = {
        "kind": "model",
        "file": str(path),
        "format": contents.format,
        "draggable": obstacle is None,
        "obstacle": obstacle,
        "name": said.name or path.stem,
        "licence": said.licence,
        "training_data": said.training_data,
        "note": said.note,
        "converted_from": said.source_format,
        "converted_from_sha256": said.source_sha256,
        "sha256": sha256_of(path),
        "tensor_count": len(contents.tensors),
        "parameter_count": contents.parameter_count,
        "discriminator_tensor_count": len(contents.discriminator),
        "training_hints": dict(contents.training_hints),
        "ignored": list(contents.ignored),
    }
    if architecture is not None:
        height, width = architecture.block_size(architecture.resolution)
        facts |= {
            "architecture": asdict(architecture),
            "picture_width": width,
            "picture_height": height,
            "num_ws": architecture.num_ws,
            "feature_resolution": architecture.default_feature_resolution,
        }
    return facts


def session_facts(path: Path) -> dict[str, Any]:
    """Model, start and edits of a session file, as JSON-able values. Raises EditError."""
    import msgspec

    from app.session.document import load_document
    from app.session.edits import Unit

    document = load_document(path)
    start, initial = document.edits[0], document.initial_params()
    return {
        "kind": "session",
        "file": str(path),
        "version": document.version,
        "created": document.created,
        "device": document.device,
        "model": msgspec.to_builtins(document.model),
        "start": msgspec.to_builtins(start),
        "params": None if initial is None else asdict(initial.asked),
        "edit_count": sum(not isinstance(edit, Unit) for edit in document.edits),
        "step_count": document.step_count(),
        "units": [edit.label for edit in document.edits if isinstance(edit, Unit)],
    }


def _is_json(path: Path) -> bool:
    """Whether the file begins like JSON. A file that cannot be opened is left to the reader's error."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except OSError:
        return False


def _print_lines(facts: dict[str, Any], indent: str = "") -> None:
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        label = f"{indent}{name.replace('_', ' '):<{width}}"
        if isinstance(value, dict) and name != "channels":
            if value:
                print(label.rstrip())
                _print_lines(value, indent + "  ")
        elif value is not None and value != []:
            print(f"{label}  {_in_words(value)}")


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {entry}" for key, entry in value.items())
    if isinstance(value, list):
        return ", ".join(_in_words(entry) for entry in value)
    text = str(value)
    return text if len(text) <= 300 else f"{text[:60]}... ({len(text)} characters)"
