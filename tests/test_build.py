"""The zips that people install: what is in them, and whether Blender's own tool takes them."""

import hashlib
import json
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import build_extension
import release as release_tool
import reproducible
import sbom
from cache import ROOT, bpy_python
from wheels import PLATFORMS, RELEASE_PYTHONS, wheels

NOT_SHIPPED = {"tests", "docs", "tools", "benchmarks", "examples", "requirements", "build", "dist", "changes"}
RUNS = {".py", ".toml", ".whl"}
"""Endings of what is in a zip, the license aside."""


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
    assert {parts[-1] for parts in paths if Path(parts[-1]).suffix not in RUNS} == {"LICENSE"}
    assert not {("setup.py",), ("pyproject.toml",)} & set(paths)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_compiled_wheels_are_there_for_the_pythons_of_blenders_releases_alone(
    platform: str, release: dict[str, Path]
) -> None:
    compiled = [name for name in wheels_in(release[platform]) if not name.endswith("-none-any.whl")]
    assert sorted(name.split("-")[3] for name in compiled) == ["abi3", "cp311", "cp313"]
    assert not [name for name in compiled if "musllinux" in name]


def test_the_test_zip_adds_the_python_of_debians_blender(built_zip: Path) -> None:
    compiled = [name for name in wheels_in(built_zip) if not name.endswith("-none-any.whl")]
    assert sorted(name.split("-")[3] for name in compiled) == ["abi3", "cp311", "cp313", "cp314"]


def test_the_tracked_manifest_is_valid_by_itself() -> None:
    assert build_extension.validate(ROOT) is None


def test_the_oldest_and_the_newest_blender_build_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    for version in ("4.2.23", "5.3.0"):
        if not bpy_python(version).exists():
            pytest.skip(f"bpy {version} is not here: run `make blender`")
        monkeypatch.setenv("BLENDER", str(bpy_python(version)))
        built.append(build_extension.build_test(tmp_path / version).read_bytes())
    assert built[0] == built[1]


def test_the_package_has_the_version_of_the_manifest() -> None:
    assert metadata.version("farmhand") == build_extension.manifest()["version"]


def test_the_bill_of_materials_names_every_wheel_with_its_hash(release: dict[str, Path], tmp_path: Path) -> None:
    bundled = {wheel.name: wheel for platform in PLATFORMS for wheel in wheels(platform, RELEASE_PYTHONS)}
    sbom.write(tmp_path / "bill.json", "Farmhand", "1.0.0", bundled.values())
    bill = json.loads((tmp_path / "bill.json").read_text(encoding="utf-8"))
    named = {one["bom-ref"]: one["hashes"][0]["content"] for one in bill["components"]}
    shipped = {}
    for file in release.values():
        with zipfile.ZipFile(file) as archive:
            names = [name for name in archive.namelist() if name.startswith("wheels/")]
            shipped |= {Path(name).name: hashlib.sha256(archive.read(name)).hexdigest() for name in names}
    assert named == shipped
    assert [one["name"] for one in bill["components"] if not one.get("licenses")] == []


def test_the_notes_of_a_release_have_the_changelog_and_the_fragments() -> None:
    notes = release_tool.notes(str(build_extension.manifest()["version"]))
    fragments = [file.read_text(encoding="utf-8").strip() for file in (ROOT / "changes").glob("+*.md")]
    assert [fragment for fragment in fragments if fragment not in notes] == []
    assert "**This Computer** needs no account" in notes


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_release_zip_is_at_most_7_mib(platform: str, release: dict[str, Path]) -> None:
    assert release[platform].stat().st_size <= 7 * 1024 * 1024


def test_a_packed_zip_has_the_content_of_the_builders_zip(tmp_path: Path) -> None:
    content = {"a.txt": b"text " * 999, "b/c.txt": "ä".encode(), "d.bin": hashlib.sha256(b"").digest(), "ü": b""}
    file = tmp_path / "some.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in reversed(content.items()):
            archive.writestr(name, data)
    reproducible.repack(file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == content
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert archive.getinfo("a.txt").compress_size < 100
