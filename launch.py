"""The entry of every child Python: finds the bundled libraries, names the package, runs one of its programs.

    python -I launch.py --wheels FOLDER ROLE [ARGUMENT …]

Blender calls the package bl_ext.<repository>.farmhand and keeps the wheels where only it looks. A child knows neither,
so it is told the folder and registers the package under one name, whatever its own folder is called. The search path
changes in the child alone, never in Blender.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGE = "farmhand"


def main(argv: Sequence[str]) -> int:
    """Run the program named by ROLE and return its exit code."""
    if len(argv) < 3 or argv[0] != "--wheels" or not argv[2].isidentifier():
        print("Usage: launch.py --wheels FOLDER ROLE [ARGUMENT …]", file=sys.stderr)
        return 2
    _, wheels, role, *arguments = argv
    sys.path.insert(0, wheels)
    _register_package(Path(__file__).resolve().parent)
    program = importlib.import_module(f"{PACKAGE}.{role}.__main__")
    return int(program.main(arguments) or 0)


def _register_package(root: Path) -> None:
    """Make the folder of this file importable as `farmhand`."""
    spec = importlib.util.spec_from_file_location(PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{root} is not a Python package")
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
