"""The zips that people install: what is in them, and whether Blender's own tool takes them."""

import tomllib
import zipfile
from pathlib import Path

import pytest

import build_extension
from cache import ROOT
from wheels import PLATFORMS

NOT_SHIPPED = {"tests", "docs", "tools", "benchmarks", "examples", "requirements", "build", "dist"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    files = build_extension.build_release(tmp_path_factory.mktemp("release"))
    return dict(zip(PLATFORMS, files, strict=True))


def wheels_in(file: Path) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        return [Path(name).name for name in archive.namelist() if name.startswith("wheels/")]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_release_zip_passes_the_validation_of_an_old_and_a_new_blender(
    platform: str, release: dict[str, Path]
) -> None:
    assert build_extension.validate(release[platform]) is None


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_release_zip_holds_the_extension_and_nothing_of_the_workshop(platform: str, release: dict[str, Path]) -> None:
    with zipfile.ZipFile(release[platform]) as archive:
        paths = [Path(name).parts for name in archive.namelist()]
    assert {("__init__.py",), ("blender_manifest.toml",), ("launch.py",), ("LICENSE",)} <= set(paths)
    assert not [parts for parts in paths if parts[0] in NOT_SHIPPED]
    assert not [parts for parts in paths if any(part.startswith((".", "__pycache__")) for part in parts)]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_compiled_wheels_are_there_for_the_pythons_of_blenders_releases_alone(
    platform: str, release: dict[str, Path]
) -> None:
    compiled = [name for name in wheels_in(release[platform]) if not name.endswith("-none-any.whl")]
    assert sorted(name.split("-")[3] for name in compiled) == ["cp311", "cp313"]
    assert not [name for name in compiled if "musllinux" in name]


def test_the_test_zip_adds_the_python_of_debians_blender(built_zip: Path) -> None:
    compiled = [name for name in wheels_in(built_zip) if not name.endswith("-none-any.whl")]
    assert sorted(name.split("-")[3] for name in compiled) == ["cp311", "cp313", "cp314"]


def test_the_tracked_manifest_is_valid_by_itself() -> None:
    assert build_extension.validate(ROOT) is None


def test_the_manifest_and_the_package_tell_the_same_version() -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert manifest["version"] == project["project"]["version"]
