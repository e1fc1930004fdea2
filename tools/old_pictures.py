"""Which pictures of the guide are older than the code that they show. `make release` names them.

.venv/bin/python tools/old_pictures.py
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from cache import ROOT

IMAGES = Path("docs", "images")
SHOWN = {"farm-page": ("farm/web",), "architecture": (), "never-freezes": (), "windmill": ("examples",)}
"""Beginning of a picture's name → the folders whose looks it shows. The plots have tests or commands of their own."""
_PANELS = ("panels",)


def main() -> int:
    """Print one line for each; returns 1 if there are any."""
    old = old_pictures(ROOT)
    for name in old:
        print(f"{name} is older than the code that it shows.")
    return 1 if old else 0


def old_pictures(root: Path) -> list[str]:
    """Their names, sorted. A picture that was never committed is new; in a clone without history none is old."""
    names = sorted(file.name for file in (root / IMAGES).iterdir())
    return [name for name in names if _committed(root, [str(IMAGES / name)]) < _committed(root, _shown(name))]


def _shown(name: str) -> Sequence[str]:
    return next((folders for start, folders in SHOWN.items() if name.startswith(start)), _PANELS)


def _committed(root: Path, paths: Sequence[str]) -> float:
    """When one of these files was last changed by a commit, in seconds; never, for no paths, is long ago."""
    if not paths:
        return 0.0
    command = ["git", "log", "-1", "--format=%ct", "--", *paths]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        return 0.0  # no clone: nothing is known
    return float(done.stdout) if done.stdout.strip() else float("inf")


if __name__ == "__main__":
    raise SystemExit(main())
