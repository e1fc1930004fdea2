"""The script that a render Blender is started with; it turns the Blender into a worker.

    blender -b … --python main.py        or        python main.py        (a Python that has bpy)

The search path is unchanged: the folder of this file is registered as a package, so that its modules can import each
other in any Blender.
"""

import importlib
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path

PACKAGE = "farmhand_worker"


def main() -> None:
    """Serve until standard input closes, then exit at once, also after any problem.

    With os._exit: a normal exit of Blender sometimes crashes (4.2) or hangs (4.5), and there is nothing to save.
    """
    try:
        _serve()
    except BaseException:  # such as an answer to a farm that is gone
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _serve() -> None:
    folder = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    options = json.loads(sys.argv[sys.argv.index("--") + 1]) if "--" in sys.argv else {}
    # Before Blender, whose start takes a while.
    importlib.import_module(f"{PACKAGE}.farm_watch").end_with_the_farm(options.get("lifeline"))
    importlib.import_module(f"{PACKAGE}.loop").serve(options)


if __name__ == "__main__":
    main()
