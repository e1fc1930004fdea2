"""Which part may know which other part, and what may run in Blender's own process. Read from the source, by AST."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import draw_architecture
from cache import ROOT
from layers import FILES, LAYERS, TREES, imports, layer_of, run_at_import

# Two of these packages know less than their layer allows: each is used on its own.
LIMITS = {
    "farm": {
        *(
            "client.network.http_server",
            "client.network.bounded_response",
            "client.models",
            "client.webhooks",
            "client.frame_ranges",
            "client.network.http_clients",
            "client.network.link_targets",
            "client.network.loopback",
            "client.cancellation",
            "client.files",
            "client.errors",
            "client.message",
            "client.redaction",
            "client.plain_text",
        ),
        *(
            "jobs.version",
            "jobs.process.file_lock",
            "jobs.process.lock_holder",
            "jobs.process.open_files",
            "jobs.process.parent_watch",
            "jobs.folder.device_names",
            "jobs.folder.hidden_characters",
            "jobs.folder.path_limits",
            "jobs.folder.zip_records",
            "jobs.process.blender_command",
            "jobs.process.child_process",
            "jobs.private_folder",
            "jobs.process.blender_log",
            "jobs.help_files",
            "jobs.process.process_ids",
            "jobs.process.landlock",
        ),
    },
    "scene": {"client.errors", "client.files", "client.frame_ranges", "client.message", "jobs"},
    "launch": set[str](),
}
MAY_USE_BPY = ("operators", "panels", "ui", "scene", "farm.worker", "registration", "")

# What Blender's process imports: everything that these reach.
IN_BLENDER = ("", "cli", "operators", "panels", "ui", "scene", "registration")
WITHOUT_LIBRARIES = (
    *("client.errors", "client.files", "client.frame_ranges", "client.network.loopback", "client.message"),
    *("client.redaction", "client.statuses"),
    *("courier.process.launcher", "courier.servers.local_farm"),
    *("jobs", "cli", "launch"),
)
BLENDERS_OWN = {"bpy", "bpy_extras", "bl_ui", "bl_operators", "bl_i18n_utils", "addon_utils", "mathutils", "gpu", "blf"}
BLENDERS_OWN |= {"idprop", "imbuf", "bmesh", "numpy", "rna_prop_ui", "bl_math"}
WORKSHOP = [file for folder in ("tests", "tools", "benchmarks", "examples") for file in (ROOT / folder).rglob("*.py")]


def within(name: str, areas: object) -> bool:
    """Whether the module is one of the areas or lies below one."""
    return any(name == area or (area and name.startswith(f"{area}.")) for area in areas)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", FILES)
def test_imports_point_down_the_layers(name: str) -> None:
    package = name.split(".")[0]
    ours = {target for target, is_ours in imports(name, ast.walk(TREES[name])) if is_ours}
    others = {target for target in ours if target.split(".")[0] != package}
    above = sorted(target for target in others if layer_of(target.split(".")[0]) >= layer_of(package))
    assert not above, f"{name} must not import {', '.join(above)}: it is not below {package} in {LAYERS}"
    beyond = sorted(target for target in others if package in LIMITS and not within(target, LIMITS[package]))
    assert not beyond, f"{name} must not import {', '.join(beyond)}"


def test_modules_import_each_other_in_no_circle() -> None:
    at_import = {
        name: {target for target, ours in imports(name, run_at_import(TREES[name])) if ours and target != name}
        for name in FILES
    }
    done: set[str] = set()
    while ready := {name for name, needs in at_import.items() if name not in done and needs <= done}:
        done |= ready
    assert not sorted(FILES.keys() - done), "these modules are part of a circle of imports, or import one"


@pytest.mark.parametrize("name", FILES)
def test_imports_of_our_own_are_relative(name: str) -> None:
    theirs = {target for target, is_ours in imports(name, ast.walk(TREES[name])) if not is_ours}
    assert not [target for target in theirs if target.split(".")[0] == "farmhand"]


@pytest.mark.parametrize("name", FILES)
def test_bpy_is_used_where_a_blender_is_and_nowhere_else(name: str) -> None:
    theirs = {target.split(".")[0] for target, is_ours in imports(name, ast.walk(TREES[name])) if not is_ours}
    assert "bpy" not in theirs or within(name, MAY_USE_BPY)


@pytest.mark.parametrize("name", [name for name in FILES if name != "launch"])
def test_nobody_edits_the_search_path_or_runs_text_as_code(name: str) -> None:
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("eval", "exec")
            assert not called.startswith(("sys.path.", "site.addsitedir"))
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            assert not any(ast.unparse(target).startswith("sys.path") for target in targets)


@pytest.mark.parametrize("name", FILES)
def test_a_module_holds_nothing_but_definitions(name: str) -> None:
    definitions = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign)
    for node in TREES[name].body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_choice = isinstance(node, ast.If) and ast.unparse(node.test).startswith("sys.platform ==")
        is_guard = isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
        allowed = is_text or is_choice or is_guard or isinstance(node, (*definitions, ast.AnnAssign))
        assert allowed, f"line {node.lineno} runs when {name} is imported"


def test_what_blender_imports_reaches_no_third_party_library() -> None:
    waiting = [name for name in FILES if within(name, IN_BLENDER)]
    seen: set[str] = set()
    foreign = []
    while waiting:
        name = waiting.pop()
        if name in seen or name not in FILES:
            continue
        seen.add(name)
        for target, is_ours in imports(name, run_at_import(TREES[name])):
            if is_ours:
                parts = target.split(".")
                waiting += [".".join(parts[: n + 1]) for n in range(len(parts))]
            elif target.split(".")[0] not in sys.stdlib_module_names | BLENDERS_OWN:
                foreign.append(f"{name} imports {target}")
    assert not foreign


@pytest.mark.parametrize("name", [name for name in FILES if within(name, WITHOUT_LIBRARIES)])
def test_a_module_for_blenders_process_imports_without_site_packages(name: str, tmp_path: Path) -> None:
    (tmp_path / "farmhand").symlink_to(ROOT, target_is_directory=True)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import farmhand.{name}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_picture_of_the_layers_is_that_of_todays_imports() -> None:
    assert draw_architecture.main(["--check"]) == 0, "run `make architecture`"


@pytest.mark.parametrize("file", WORKSHOP, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_what_tests_tools_and_benchmarks_import_of_ours_is_there(file: Path) -> None:
    """Also in the programs that they hold as text, which no checker reads."""
    text = file.read_text(encoding="utf-8")
    modules = set(re.findall(r"\bimport farmhand\.([\w.]+)", text))
    for package, names in re.findall(r"\bfrom farmhand\.?([\w.]*) import ([\w, ]+)", text):
        modules.add(package)
        if package in FILES and FILES[package].name == "__init__.py":
            offered = FILES[package].read_text(encoding="utf-8")
            each = [name.split(" as ")[0].strip() for name in names.split(",")]
            modules |= {f"{package}.{name}".strip(".") for name in each if name and name not in offered}
    assert not sorted(modules - FILES.keys())
