"""What the README promises: its Python example runs as written, its files exist, its keys are the keys."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from app.actions import ACTIONS
from app.keys import KeyMap
from gan import DragParams, load_generator

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs_as_written_and_arrives() -> None:
    (example,) = (e for e in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "import" in e)
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    left = re.fullmatch(r"(\d+) steps, ([\d.]+) px left\n", done.stdout)
    assert left is not None, done.stdout
    (limit,) = re.findall(r"range\((\d+)\)", example)
    assert int(left[1]) < int(limit), "it has arrived"
    generator = load_generator()
    cells = generator.architecture.default_feature_resolution
    assert float(left[2]) <= DragParams().stop_distance_px(generator.width, cells, 1)


def test_every_linked_file_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) > 15
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_listed_keys_are_bound() -> None:
    keys = KeyMap()
    shown = " ".join(keys.shown(action.id) for action in ACTIONS).split()
    for key in (
        "G",
        "P",
        "B",
        "N",
        "E",
        "Space",
        ".",
        "Ctrl+Z",
        "Ctrl+Shift+Z",
        "R",
        "F",
        "F1",
        "Ctrl+S",
        "Ctrl+E",
    ):
        assert key in shown
        assert key in README
