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
from cache import ROOT, bl_pkg_cli, bl_pkg_tags, bpy_python
from wheels import PLATFORMS, RELEASE_PYTHONS, TEST_PYTHONS, wheels

DIST = ROOT / "dist"
BUILDER = "5.0.1"
VALIDATORS = ("4.2.23", "5.0.1")
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
    """One zip per platform, each with the wheels of that platform alone."""
    target.mkdir(parents=True, exist_ok=True)
    with _staged({platform: wheels(platform, RELEASE_PYTHONS) for platform in PLATFORMS}) as stage:
        _blender_ext(BUILDER, "build", "--source-dir", stage, "--output-dir", target, "--split-platforms")
    stem = f"{_manifest()['id']}-{_manifest()['version']}"
    # Blender's tool writes linux_x64; the platform's own name is linux-x64.
    return [
        (target / f"{stem}-{platform.replace('-', '_')}.zip").rename(target / f"{stem}-{platform}.zip")
        for platform in PLATFORMS
    ]


def build_test(target: Path) -> Path:
    """A zip for this project's own tests: Debian's Blenders bring Pythons that no release of Blender has."""
    target.mkdir(parents=True, exist_ok=True)
    file = test_zip(target)
    with _staged({"linux-x64": wheels("linux-x64", TEST_PYTHONS)}) as stage:
        _blender_ext(BUILDER, "build", "--source-dir", stage, "--output-filepath", file)
    return file


def test_zip(target: Path = DIST) -> Path:
    """Where the zip for this project's own tests is, or will be."""
    return target / f"{_manifest()['id']}-{_manifest()['version']}-test-linux-x64.zip"


def validate(file: Path) -> None:
    """Ask the oldest and a new Blender's tool, tags included; raises CalledProcessError with what they found."""
    for version in VALIDATORS:
        _blender_ext(version, "validate", file)


@contextlib.contextmanager
def _staged(bundled: dict[str, list[Path]]) -> Iterator[Path]:
    """Lay out what the builder packs: the checkout's files, the wheels, and a manifest that names them."""
    with tempfile.TemporaryDirectory(prefix="farmhand-build-") as folder:
        stage = Path(folder)
        _copy_checkout(stage)
        _add_wheels(stage, bundled)
        yield stage


def _copy_checkout(stage: Path) -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, stage / name)


def _add_wheels(stage: Path, bundled: dict[str, list[Path]]) -> None:
    names = sorted({wheel.name: wheel for platform in bundled.values() for wheel in platform}.items())
    (stage / "wheels").mkdir()
    for name, wheel in names:
        shutil.copy2(wheel, stage / "wheels" / name)
    paths = json.dumps([f"./wheels/{name}" for name, _ in names], indent=4)
    generated = f"platforms = {json.dumps(list(bundled))}\nwheels = {paths}\n\n[permissions]"
    text = (ROOT / MANIFEST).read_text(encoding="utf-8").replace("[permissions]", generated, 1)
    (stage / MANIFEST).write_text(text, encoding="utf-8")


def _manifest() -> dict[str, object]:
    return tomllib.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))


def _blender_ext(version: str, command: str, *arguments: object) -> None:
    """Run the extension tool of one Blender; it needs no Blender itself."""
    blenders.prepare_bpy(version)
    python = bpy_python(version)
    call = [python, bl_pkg_cli(python), command, "--valid-tags", bl_pkg_tags(python), *arguments]
    subprocess.run(
        [str(part) for part in call], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


if __name__ == "__main__":
    raise SystemExit(main())
