"""Writes the seeds of the corpus: one tiny file of each format, and the hostile ones that are short.

Run as a program after a format or a hostile file was added: python -m tests.fuzz.make_corpus
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.gan.formats.hostile_files import hostile_files
from tests.gan.formats.model_files import (
    nvidia_value,
    rosinality_value,
    small,
    tensorflow_value,
    tensors_of,
    torch_bytes,
)
from tests.gan.formats.stand_ins import dump

CORPUS = Path(__file__).with_name("corpus")
LARGEST_SEED_BYTES = 1_500


def seeds() -> list[bytes]:
    """Whole files of the smallest generator, and short hostile ones."""
    tensors = tensors_of(small(8, z_dim=1, w_dim=1, mapping_layers=1, widths={4: 1, 8: 1}, base=(1, 1)))
    whole = [
        *(dump(nvidia_value(tensors), protocol) for protocol in (0, 2, 4)),
        dump(tensorflow_value(tensors), 4),
        torch_bytes(rosinality_value(tensors)),
        torch_bytes(rosinality_value(tensors), legacy=True),
    ]
    return whole + [content for content in hostile_files().values() if len(content) <= LARGEST_SEED_BYTES]


def main() -> None:
    """Writes what is not there yet, named by content, as libFuzzer names them."""
    CORPUS.mkdir(exist_ok=True)
    for seed in seeds():
        (CORPUS / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main()
