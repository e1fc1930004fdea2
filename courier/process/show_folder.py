"""Shows a folder, or the nearest one above that exists, in the system's file browser, where it has one.

A program of its own, of the standard library: a network drive may take minutes to say whether a folder is there.

python -I show_folder.py FOLDER
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main(folder: str) -> int:
    """Returns 1 if the system has no file browser, or it shows nothing."""
    path = Path(folder)
    while not path.is_dir() and path != path.parent:
        path = path.parent
    try:
        if sys.platform == "win32":
            os.startfile(path)
        else:
            subprocess.run(["open" if sys.platform == "darwin" else "xdg-open", str(path)], check=True)
    except (OSError, subprocess.CalledProcessError):
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
