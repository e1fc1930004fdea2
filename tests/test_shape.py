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
TOLD = ("client", "jobs", "farm", "scene", "courier", "cli", "ui", "operators", "panels")
BLENDERS = ("layout", "context")
"""Parameters that mean the same in all of Blender's own functions."""
OF_A_LIBRARY = {"draw_item", "filter_items", "transition"}
"""Blender's and Dask's documents say what these are called with."""

WORKSHOP = [file for folder in ("tests", "tools", "benchmarks", "examples") for file in (ROOT / folder).rglob("*.py")]


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks" / "README.md"]


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_code_that_a_page_names_is_there(page: Path) -> None:
    """Files of Python, wherever a page names one with its folder, and what a file is said to hold."""
    text = page.read_text(encoding="utf-8")
    named = {name.removeprefix("farmhand/") for name in re.findall(r"`([a-z_]+/[\w/]+\.py)`", text)}
    assert not [name for name in named if not (ROOT / name).is_file()]
    held = re.findall(r"`(\w+)`,? (?:in|of) `([a-z_]+/[\w/]+\.py)`", text)
    assert not [f"{file}: {word}" for word, file in held if not defines(ROOT / file, word)]


def defines(file: Path, word: str) -> bool:
    text = file.read_text(encoding="utf-8")
    return bool(re.search(rf"^ *(?:(?:async )?def|class) {word}\b|^{word}\b", text, re.MULTILINE))


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return [each.arg for each in given if each.arg not in ("self", "cls", *BLENDERS)]


def public_functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def is_protocol(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases)


def many_parameters(body: list[ast.stmt]) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [each for each in public_functions(body) if len(parameters_of(each)) > 2 and each.name not in OF_A_LIBRARY]


def signature_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    return function.name, *parameters_of(function)


OF_A_PROTOCOL = {
    signature_of(function)
    for tree in TREES.values()
    for each in tree.body
    if is_protocol(each)
    for function in many_parameters([each])
}
"""What keeps a protocol is explained once, at the protocol."""


@pytest.mark.parametrize("name", [name for name in FILES if name.split(".")[0] in TOLD])
def test_a_public_function_tells_its_arguments(name: str) -> None:
    """A public function of more than two parameters has a section Args, which names no parameter that it has not."""
    for function in many_parameters(TREES[name].body):
        told = ast.get_docstring(function) or ""
        keeps = not is_protocol_of(TREES[name], function) and signature_of(function) in OF_A_PROTOCOL
        assert "Args:\n" in told or keeps, function.name
        extra = [each.arg for each in (function.args.vararg, function.args.kwarg) if each]
        assert set(told_arguments(told)) <= {*parameters_of(function), *extra}, function.name


def is_protocol_of(tree: ast.Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(function in each.body for each in tree.body if isinstance(each, ast.ClassDef) and is_protocol(each))


def told_arguments(docstring: str) -> list[str]:
    section = docstring.partition("Args:\n")[2].partition("\n\n")[0]
    return [
        name for names in re.findall(r"^ {4}(\w+(?:, \w+)*): ", section, re.MULTILINE) for name in names.split(", ")
    ]
