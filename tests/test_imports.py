"""Which part may know which other part, and what may run in Blender's own process.  Read from the source, by AST."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cache import ROOT

FOLDERS = ("client", "courier", "farm", "scene", "operators", "panels", "translations")
MODULES = sorted([*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))])

# Where an arrow may point: areas, or single modules of an area.
ALLOWED = {
    "client": {"client"},
    "courier": {"courier", "client"},
    "farm": {"farm", "client.models", "client.frame_ranges", "client.webhooks", "client.signature"},
    # What scene packs, the courier carries: the shape of the job folder is written once, in the courier.
    "scene": {"scene", "client.frame_ranges", "client.errors", "jobs.job_folder", "jobs.submission"}
    | {"jobs.manifest", "jobs.zip_stream", "jobs.frame_names"},
    "translations": {"translations"},
    "sentences": {"translations"},
    "launch": set(),
}
# The root modules and the buttons stand above: they may use everything but the service and the command line's inside.
ABOVE = {*FOLDERS} - {"farm"}
MAY_USE_BPY = ("operators", "panels", "scene", "farm.worker", "preferences", "properties", "registration", "")

# What Blender's process imports: everything that these reach.
IN_BLENDER = ("", "cli", "operators", "panels", "scene", "preferences", "properties", "registration")
PLAIN_IN_BLENDER = ("client.errors", "client.frame_ranges", "jobs.submission", "jobs.journal")
PLAIN_IN_BLENDER += (
    "client.loopback",
    "jobs.server_address",
    "jobs.frame_names",
    "jobs.job_folder",
    "courier.process.launcher",
    "jobs.manifest",
    "jobs.zip_stream",
    "cli",
    "launch",
)
BLENDERS_OWN = {"bpy", "bpy_extras", "bl_ui", "bl_operators", "bl_i18n_utils", "addon_utils", "mathutils", "gpu", "blf"}
BLENDERS_OWN |= {"idprop", "imbuf", "bmesh", "numpy", "rna_prop_ui", "bl_math"}


def name_of(file: Path) -> str:
    """`farm/worker/loop.py` → `farm.worker.loop`; the root package is the empty name."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(file): file for file in MODULES}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in FILES.items()}


def within(name: str, areas: object) -> bool:
    """Whether the module is one of the areas or lies below one."""
    return any(name == area or (area and name.startswith(f"{area}.")) for area in areas)  # type: ignore[attr-defined]


def imports(name: str, nodes: Iterator[ast.AST]) -> Iterator[tuple[str, bool]]:
    """What the nodes import: (module, whether it is ours)."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or "", False
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".") if name else []
            if FILES[name].name != "__init__.py":
                package = package[:-1]
            base = package[: len(package) - node.level + 1]
            base += node.module.split(".") if node.module else []
            for alias in node.names:
                deeper = ".".join([*base, alias.name])
                yield (deeper if deeper in FILES else ".".join(base)), True


def run_at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: no bodies of functions, nothing for type checkers alone."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting.extend(node.orelse)
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("name", FILES)
def test_arrows_point_the_way_that_the_design_draws(name: str) -> None:
    area = name.split(".")[0]
    allowed = ALLOWED.get(area, {*FILES} if area == "cli" else ABOVE | {n for n in FILES if "." not in n})
    ours = {target for target, is_ours in imports(name, ast.walk(TREES[name])) if is_ours}
    wrong = sorted(target for target in ours if not within(target, allowed) and target != name)
    assert not wrong, f"{name} must not import {', '.join(wrong)}"


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


@pytest.mark.parametrize("name", PLAIN_IN_BLENDER)
def test_a_module_for_blenders_process_imports_without_site_packages(name: str, tmp_path: Path) -> None:
    (tmp_path / "farmhand").symlink_to(ROOT, target_is_directory=True)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import farmhand.{name}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
