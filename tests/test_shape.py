"""Limits that keep the code readable: the length of files and functions, and names that say something."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cache import ROOT
from layers import FILES, TREES

MOST_LINES = 350
MOST_FUNCTION_LINES = 45


WORKSHOP = [file for folder in ("tests", "tools", "benchmarks", "examples") for file in (ROOT / folder).rglob("*.py")]


def lines_of(name: str) -> int:
    file = ROOT.joinpath(*name.split("."))
    path = file / "__init__.py" if file.is_dir() else Path(f"{file}.py")
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("translations.")])
def test_a_file_is_about_one_subject_and_short(name: str) -> None:
    assert lines_of(name) <= MOST_LINES


@pytest.mark.parametrize("name", FILES)
def test_functions_are_short_and_their_names_say_something(name: str) -> None:
    check_functions(TREES[name])


@pytest.mark.parametrize("file", WORKSHOP, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_tests_and_tools_keep_to_the_same_limits(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= MOST_LINES
    check_functions(ast.parse(source))


def check_functions(tree: ast.Module) -> None:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [each.name for each in functions if (each.end_lineno or 0) - each.lineno >= MOST_FUNCTION_LINES]
    assert not long, f"over {MOST_FUNCTION_LINES} lines: {', '.join(long)}"
    assert "of" not in [each.name for each in functions]


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_what_a_page_for_developers_names_is_there(page: str) -> None:
    named = re.findall(r"`([a-z_]+/[\w/.]*)`", (ROOT / page).read_text(encoding="utf-8"))
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing
    assert len(named) > 10


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return [each.arg for each in given if each.arg not in ("self", "cls")]


def public_functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


@pytest.mark.parametrize("name", [name for name in FILES if name.split(".")[0] in ("client", "jobs")])
def test_what_scripts_may_call_tells_its_arguments(name: str) -> None:
    """`client` and `jobs` are what others import: a public function of more than two parameters has a section Args."""
    many = [each for each in public_functions(TREES[name].body) if len(parameters_of(each)) > 2]
    assert [each.name for each in many if "Args:\n" not in (ast.get_docstring(each) or "")] == []
