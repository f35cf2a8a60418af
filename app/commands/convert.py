"""`livedrag convert`: a generator file of any format as safetensors, with where it comes from in its
header."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Adds `convert` to argparse's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "convert",
        help="write a generator file of any format as .safetensors",
        description="Writes a generator file of any format as .safetensors, which loads at once and holds no"
        " code. The numbers stay exactly the same unless --half is given. Nothing of the file is run.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="generator file of any format")
    parser.add_argument("out", type=Path, metavar="OUT.safetensors", help="file to write")
    parser.add_argument("--name", help="the model's name; default: the file's")
    parser.add_argument("--licence", help="under which licence its makers gave it away")
    parser.add_argument("--training-data", help="what it was trained on")
    parser.add_argument("--half", action="store_true", help="round to 16 bits: half of the size")
    parser.add_argument("--force", action="store_true", help="replace OUT where it exists")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Writes the file and says what it holds now. Raises ModelFileError."""
    from gan.errors import ModelFileError
    from gan.model_file import convert_model_file

    source: Path = arguments.file
    out: Path = arguments.out
    if out.suffix != ".safetensors":
        raise ModelFileError(f"'{out}' does not end in .safetensors; give a name that does")
    if out.exists() and (not arguments.force or out.resolve() == source.resolve()):
        raise ModelFileError(f"'{out}' exists; give another name, or --force to replace it")
    given = {
        "name": arguments.name,
        "licence": arguments.licence,
        "training_data": arguments.training_data,
    }
    said = {name: value for name, value in given.items() if value is not None}
    architecture, header = convert_model_file(source, out, said, arguments.half)
    height, width = architecture.block_size(architecture.resolution)
    size = out.stat().st_size / 1e6
    print(f"{out}: {header.name}, {width} x {height}, from {header.source_format}, {size:.1f} MB")
    return 0
