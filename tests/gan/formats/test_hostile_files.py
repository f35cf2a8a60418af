"""Every hostile file is refused with one clear line, fast, in little memory, and nothing of it happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.gan.formats.hostile_files import hostile_files
from tests.gan.formats.payloads import CANARY

ROOT = Path(__file__).resolve().parents[3]
SECONDS_LIMIT = 2.0
MEMORY_LIMIT_MB = 500

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork to watch each file alone")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What came of each file, by its name."""
    folder = tmp_path_factory.mktemp("hostile")
    names: dict[str, str] = {}
    (folder / "files").mkdir()
    for number, (name, content) in enumerate(hostile_files().items()):
        names[f"{number:03}.pkl"] = name
        (folder / "files" / f"{number:03}.pkl").write_bytes(content)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.gan.formats.read_watched", "files"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in folder.iterdir()) == ["files"]
    assert not list(folder.rglob(f"*{CANARY}*"))
    assert not (ROOT / CANARY).exists()
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {names[report["name"]]: report for report in lines}


NAMES = sorted(hostile_files())


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_it_is_refused(reports: dict[str, dict[str, Any]], name: str) -> None:
    report = reports[name]
    assert report["kind"] == "ModelFileError", report
    assert "\n" not in report["error"]
    assert 20 < len(report["error"]) < 400
    assert report["error"].isprintable()
    assert report["events"] == []
    assert report["seconds"] < SECONDS_LIMIT
    assert report["peak_mb"] < MEMORY_LIMIT_MB


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("calls ")])
def test_a_forbidden_global_is_named(reports: dict[str, dict[str, Any]], name: str) -> None:
    assert f"'{name.removeprefix('calls ')}'" in reports[name]["error"]
