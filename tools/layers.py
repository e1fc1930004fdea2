"""The layers of Farmhand, and who imports whom: read from the source, nothing is imported.

`tests/test_imports.py` holds the code to the layers; `tools/draw_architecture.py` draws them.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from cache import ROOT

# Lowest first. A package may import from layers below its own, never from its own layer or above.
LAYERS = (
    ("client",),
    ("jobs",),
    ("scene", "courier", "farm", "translations"),
    ("cli", "ui"),
    ("operators", "panels"),
    ("registration",),
    ("",),
)
FOLDERS = [name for layer in LAYERS for name in layer if (ROOT / name).is_dir() and name]
MODULES = sorted([*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))])


def name_of(file: Path) -> str:
    """`farm/worker/loop.py` → `farm.worker.loop`; the root package is the empty name."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(file): file for file in MODULES}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in FILES.items()}


def layer_of(package: str) -> int:
    """The place of a package among the layers; `launch` starts child processes and imports nothing."""
    return next((place for place, layer in enumerate(LAYERS) if package in layer), 0)


def imports(name: str, nodes: Iterable[ast.AST]) -> Iterator[tuple[str, bool]]:
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
