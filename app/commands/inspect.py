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
    parser.add_argument("file", type=Path, metavar="FILE", help="model (.safetensors) or session (.json)")
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
    """Architecture and provenance of a model file, as JSON-able values. Raises ModelFileError."""
    from gan.model_file import read_model_file, sha256_of

    tensors, architecture, provenance = read_model_file(path)
    return {
        "kind": "model",
        "file": str(path),
        "sha256": sha256_of(path),
        "name": provenance.name,
        "licence": provenance.licence,
        "training_data": provenance.training_data,
        "note": provenance.note,
        "architecture": asdict(architecture),
        "num_ws": architecture.num_ws,
        "feature_resolution": architecture.default_feature_resolution,
        "tensor_count": len(tensors),
        "number_count": sum(tensor.numel() for tensor in tensors.values()),
    }


def session_facts(path: Path) -> dict[str, Any]:
    """Model, start and edits of a session file, as JSON-able values. Raises EditError."""
    import msgspec

    from app.session.document import load_document
    from app.session.edits import Unit

    document = load_document(path)
    start = document.edits[0]
    return {
        "kind": "session",
        "file": str(path),
        "version": document.version,
        "created": document.created,
        "device": document.device,
        "model": msgspec.to_builtins(document.model),
        "start": msgspec.to_builtins(start),
        "params": asdict(document.initial_params()),
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
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        label = f"{indent}{name.replace('_', ' '):<{width}}"
        if isinstance(value, dict) and name != "channels":
            print(label.rstrip())
            _print_lines(value, indent + "  ")
        elif value is not None:
            print(f"{label}  {_in_words(value)}")


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {entry}" for key, entry in value.items())
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value)
    text = str(value)
    return text if len(text) <= 200 else f"{text[:60]}... ({len(text)} characters)"
