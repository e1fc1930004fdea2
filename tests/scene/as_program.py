"""Runs a test's helper as a program of its own inside a Blender, which ends with it."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn


def run(main: Callable[[Path], None]) -> NoReturn:
    """Give `main` the path after --, and end at once: 0, or 1 with a traceback. Blender's own exit may crash."""
    try:
        main(Path(sys.argv[sys.argv.index("--") + 1]))
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)
