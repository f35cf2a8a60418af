"""What tests share is in modules whose names say what they are: no test module imports from another.

Else a test that is renamed, split or thrown away takes others along, and pytest reads its module twice.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent


def modules_imported(source: str) -> Iterator[str]:
    """Every module that is imported, and every name that may be one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module or ''}.{name.name}" for name in node.names)


def imported_tests(source: str) -> list[str]:
    """Those of them that are test modules of ours."""
    parts = (module.split(".") for module in modules_imported(source))
    return [".".join(names) for names in parts if names[0] == "tests" and is_test(names[-1])]


def is_test(name: str) -> bool:
    """As pytest tells them."""
    return name.startswith("test_") and any(TESTS.rglob(f"{name}.py"))


def test_no_test_imports_from_another() -> None:
    found = {
        str(path.relative_to(TESTS)): imported
        for path in sorted(TESTS.rglob("*.py"))
        if (imported := imported_tests(path.read_text(encoding="utf-8")))
    }
    assert not found, f"move what they share into a module of its own: {found}"


@pytest.mark.parametrize(
    "line",
    [
        "from tests.test_imports import is_test",
        "from tests import test_imports",
        "import tests.test_imports",
        "def f():\n    from tests.test_imports import is_test as so",
    ],
)
def test_the_check_notices(line: str) -> None:
    assert imported_tests(line) == ["tests.test_imports"]


def test_what_is_no_test_may_be_imported() -> None:
    assert imported_tests("from tests.approved import check_approved\nimport app.test_pattern") == []
