"""`make build`: the zips of both extensions, one per platform and one for tests, built and validated by Blender's tool.

Farmhand is the checkout, but for what its manifest leaves out; Farmhand Node is a manifest and its wheels.
"""

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
from cache import ROOT, bpy_python
from find_blender import find_blender
from zips import extension_tool, reproducible
from zips.wheels import FARMHAND, NODE, PLATFORMS, RELEASE_PYTHONS, TEST_PYTHONS, Bundle, wheels

DIST = ROOT / "dist"
VALIDATORS = ("4.2.23", "5.3.0")
MANIFEST = "blender_manifest.toml"
NODE_FOLDER = ROOT / "node_extension"
_SOURCES = {FARMHAND: ROOT, NODE: NODE_FOLDER}


def main() -> int:
    """Build and validate every zip; name each with its size."""
    try:
        zips = [file for bundle in _SOURCES for file in (*build_release(DIST, bundle), build_test(DIST, bundle=bundle))]
        for file in zips:
            validate(file)
            print(f"{file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.1f} MB")
    except subprocess.CalledProcessError as problem:
        print(f"The build stopped at: {' '.join(map(str, problem.cmd))}\n{problem.stdout or ''}", file=sys.stderr)
        return 1
    return 0


def build_release(target: Path, bundle: Bundle = FARMHAND) -> list[Path]:
    """One zip per platform, each with the wheels of that platform alone; the same bytes wherever it is built."""
    stem = f"{manifest(bundle)['id']}-{manifest(bundle)['version']}"
    return [
        _build(target / f"{stem}-{platform}.zip", platform, wheels(platform, RELEASE_PYTHONS, bundle), bundle)
        for platform in PLATFORMS
    ]


def build_test(target: Path, version: str = "", bundle: Bundle = FARMHAND) -> Path:
    """A zip for this project's own tests: Debian's Blenders bring Pythons that no release of Blender has.

    version: to call itself so, for a test of updates.
    """
    bundled = wheels("linux-x64", TEST_PYTHONS, bundle)
    return _build(test_zip(target, bundle), "linux-x64", bundled, bundle, version)


def build_tests(target: Path) -> list[Path]:
    """The zips of both extensions for this project's own tests."""
    return [build_test(target, bundle=bundle) for bundle in _SOURCES]


def _build(file: Path, platform: str, bundled: list[Path], bundle: Bundle, version: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with _staged(platform, bundled, bundle) as stage:
        if version:
            text = (stage / MANIFEST).read_text(encoding="utf-8")
            text = text.replace(f'version = "{manifest(bundle)["version"]}"', f'version = "{version}"', 1)
            (stage / MANIFEST).write_text(text, encoding="utf-8")
        extension_tool.run(find_blender(), "build", "--source-dir", stage, "--output-filepath", file)
    reproducible.repack(file)
    return file


def test_zip(target: Path = DIST, bundle: Bundle = FARMHAND) -> Path:
    """Where the zip for this project's own tests is, or will be."""
    return target / f"{manifest(bundle)['id']}-{manifest(bundle)['version']}-test-linux-x64.zip"


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
def _staged(platform: str, bundled: list[Path], bundle: Bundle) -> Iterator[Path]:
    """Lay out what the builder packs: the tracked files, the wheels, and a manifest that names them."""
    with tempfile.TemporaryDirectory(prefix="farmhand-build-") as folder:
        stage = Path(folder)
        _copy_tracked(_SOURCES[bundle], stage)
        shutil.copy2(ROOT / "LICENSE", stage)
        _add_wheels(stage, platform, bundled)
        yield stage


def _copy_tracked(source: Path, stage: Path) -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(listed, cwd=source, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (source / name).is_file():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, stage / name)


def _add_wheels(stage: Path, platform: str, bundled: list[Path]) -> None:
    (stage / "wheels").mkdir()
    for wheel in bundled:
        shutil.copy2(wheel, stage / "wheels" / wheel.name)
    paths = json.dumps(sorted(f"./wheels/{wheel.name}" for wheel in bundled), indent=4)
    generated = f"platforms = {json.dumps([platform])}\nwheels = {paths}\n\n[permissions]"
    text = (stage / MANIFEST).read_text(encoding="utf-8").replace("[permissions]", generated, 1)
    (stage / MANIFEST).write_text(text, encoding="utf-8")


def manifest(bundle: Bundle = FARMHAND) -> dict[str, object]:
    """The tracked manifest; Farmhand's has the version of everything."""
    return tomllib.loads((_SOURCES[bundle] / MANIFEST).read_text(encoding="utf-8"))


if __name__ == "__main__":
    raise SystemExit(main())
