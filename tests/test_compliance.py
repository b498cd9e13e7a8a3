"""docs/compliance.md names every requirement and only tests that exist."""

import ast
import re

from tests.norms import ROOT

TEXT = (ROOT / "docs/compliance.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| ([A-Z]+-\d\d) \|(.*)\|$", re.MULTILINE)
GROUPS = {"GAM": 20, "RNG": 6, "LED": 11, "LOG": 13, "ACC": 14, "SES": 8}
"""Groups that are owned here, and how many requirements each has."""


def names_in(path: str) -> set[str]:
    """Names of a file's test functions; none when there is no such file."""
    file = ROOT / path
    if not file.exists():
        return set()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, kinds)}


def test_every_requirement_has_its_line():
    listed = [id_ for id_, _ in ROW.findall(TEXT)]
    for group, count in GROUPS.items():
        wanted = [f"{group}-{number:02d}" for number in range(1, count + 1)]
        assert [id_ for id_ in listed if id_.startswith(f"{group}-")] == wanted


def test_every_test_that_is_named_exists():
    named = NAMED.findall(TEXT)

    assert len(named) > 30
    assert [] == [f"{path}::{name}" for path, name in named if name not in names_in(path)]


def test_a_line_without_tests_says_what_is_missing():
    bare = [id_ for id_, rest in ROW.findall(TEXT) if not NAMED.search(rest) and "**" not in rest]

    assert [] == bare


def test_a_test_that_does_not_exist_would_be_seen():
    assert "test_that_is_not_there" not in names_in("tests/test_compliance.py")
    assert set() == names_in("tests/no_such_file.py")
