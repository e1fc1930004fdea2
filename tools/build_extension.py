"""`make build`: the extension's zips, one per platform and one for tests, built and validated by Blender's own tool."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import blenders
import extension_tool
import reproducible
from cache import ROOT, bpy_python
from find_blender import find_blender
from wheels import PLATFORMS, RELEASE_PYTHONS, TEST_PYTHONS, wheels

DIST = ROOT / "dist"
VALIDATORS = ("4.2.23", "5.3.0")
MANIFEST = "blender_manifest.toml"


def main() -> int:
    """Build and validate every zip; name each with its size."""
    try:
        zips = [*build_release(DIST), build_test(DIST)]
        for file in zips:
            validate(file)
            print(f"{file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.1f} MB")
    except subprocess.CalledProcessError as problem:
        print(f"The build stopped at: {' '.join(map(str, problem.cmd))}\n{problem.stdout or ''}", file=sys.stderr)
        return 1
    return 0


def build_release(target: Path) -> list[Path]:
    """One zip per platform, each with the wheels of that platform alone; the same bytes wherever it is built."""
    stem = f"{manifest()['id']}-{manifest()['version']}"
    return [
        _build(target / f"{stem}-{platform}.zip", platform, wheels(platform, RELEASE_PYTHONS)) for platform in PLATFORMS
    ]


def build_test(target: Path, version: str = "") -> Path:
    """A zip for this project's own tests: Debian's Blenders bring Pythons that no release of Blender has.

    version: to call itself so, for a test of updates.
    """
    return _build(test_zip(target), "linux-x64", wheels("linux-x64", TEST_PYTHONS), version)


def _build(file: Path, platform: str, bundled: list[Path], version: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with _staged(platform, bundled) as stage:
        if version:
            text = (stage / MANIFEST).read_text(encoding="utf-8")
            text = text.replace(f'version = "{manifest()["version"]}"', f'version = "{version}"', 1)
            (stage / MANIFEST).write_text(text, encoding="utf-8")
        extension_tool.run(find_blender(), "build", "--source-dir", stage, "--output-filepath", file)
    reproducible.repack(file)
    return file


def test_zip(target: Path = DIST) -> Path:
    """Where the zip for this project's own tests is, or will be."""
    return target / f"{manifest()['id']}-{manifest()['version']}-test-linux-x64.zip"


def validate(file: Path) -> None:
    """Ask the oldest and the newest Blender's tool, tags included; raises CalledProcessError with what they found."""
    for blender in validators().values():
        extension_tool.run(blender, "validate", file)


def validators() -> dict[str, list[str]]:
    """Version → a Blender whose tool looks at what was built; one that this machine has no Python for is left out."""
    found = {}
    for version in VALIDATORS:
        with contextlib.suppress(blenders.NoPython):
            blenders.prepare_bpy(version)
            found[version] = [str(bpy_python(version))]
    return found or {"of this machine": find_blender()}


@contextlib.contextmanager
def _staged(platform: str, bundled: list[Path]) -> Iterator[Path]:
    """Lay out what the builder packs: the checkout's files, the wheels, and a manifest that names them."""
    with tempfile.TemporaryDirectory(prefix="farmhand-build-") as folder:
        stage = Path(folder)
        _copy_checkout(stage)
        _add_wheels(stage, platform, bundled)
        yield stage


def _copy_checkout(stage: Path) -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, stage / name)


def _add_wheels(stage: Path, platform: str, bundled: list[Path]) -> None:
    (stage / "wheels").mkdir()
    for wheel in bundled:
        shutil.copy2(wheel, stage / "wheels" / wheel.name)
    paths = json.dumps(sorted(f"./wheels/{wheel.name}" for wheel in bundled), indent=4)
    generated = f"platforms = {json.dumps([platform])}\nwheels = {paths}\n\n[permissions]"
    text = (ROOT / MANIFEST).read_text(encoding="utf-8").replace("[permissions]", generated, 1)
    (stage / MANIFEST).write_text(text, encoding="utf-8")


def manifest() -> dict[str, object]:
    """The tracked manifest, which has the version of everything."""
    return tomllib.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))


if __name__ == "__main__":
    raise SystemExit(main())
