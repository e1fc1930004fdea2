"""`make repo`: a static extension repository in dist/repository, for any web server or file host.

Blender takes the address of its index.json (Preferences > Get Extensions > Repositories > Add Remote Repository);
index.html is the page for people.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import build_extension
from find_blender import find_blender
from zips import extension_tool
from zips.wheels import FARMHAND, NODE

REPOSITORY = build_extension.DIST / "repository"


def main() -> int:
    """Build the zips, put them into the repository and list them."""
    shutil.rmtree(REPOSITORY, ignore_errors=True)
    try:
        zips = [zip_ for bundle in (FARMHAND, NODE) for zip_ in build_extension.build_release(REPOSITORY, bundle)]
        with_packages(REPOSITORY, zips)
    except subprocess.CalledProcessError as problem:
        print(f"The repository could not be made: {problem}\n{problem.stdout or ''}", file=sys.stderr)
        return 1
    for file in sorted(REPOSITORY.iterdir()):
        print(file.relative_to(build_extension.ROOT))
    return 0


def with_packages(folder: Path, packages: Iterable[Path]) -> Path:
    """Put the packages into the folder and list all that is there, for Blender and for people; the index."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        if package.parent != folder:
            shutil.copy2(package, folder)
    extension_tool.run(find_blender(), "server-generate", "--repo-dir", folder, "--html")
    return folder / "index.json"


if __name__ == "__main__":
    raise SystemExit(main())
