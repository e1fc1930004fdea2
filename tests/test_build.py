"""The zips that people install: what is in them, and whether Blender's own tool takes them."""

import base64
import csv
import hashlib
import io
import json
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from needed_blender import needed_blender

import build_extension
import release as release_tool
from cache import ROOT
from zips import reproducible, sbom
from zips.wheels import NODE, PLATFORMS, RELEASE_PYTHONS, wheels

NOT_SHIPPED = {
    "tests",
    "docs",
    "tools",
    "benchmarks",
    "examples",
    "requirements",
    "build",
    "dist",
    "changes",
    "node_extension",
}
RUNS = {".py", ".toml", ".whl"}
"""Endings of what is in a zip, the license aside."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    files = build_extension.build_release(tmp_path_factory.mktemp("release"))
    return dict(zip(PLATFORMS, files, strict=True))


@pytest.fixture(scope="module")
def node_release(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    files = build_extension.build_release(tmp_path_factory.mktemp("release"), NODE)
    return dict(zip(PLATFORMS, files, strict=True))


def wheels_in(file: Path) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        return [Path(name).name for name in archive.namelist() if name.startswith("wheels/")]


def _digest(content: bytes) -> str:
    return f"sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()}"


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
        monkeypatch.setenv("BLENDER", str(needed_blender(version)))
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
def test_a_release_zip_is_at_most_7_mb(platform: str, release: dict[str, Path]) -> None:
    assert release[platform].stat().st_size <= 7_000_000


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_bundled_wheel_holds_what_its_own_record_says(platform: str, release: dict[str, Path]) -> None:
    with zipfile.ZipFile(release[platform]) as archive:
        bundled = [archive.read(name) for name in archive.namelist() if name.startswith("wheels/")]
    assert bundled
    for wheel in bundled:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            (record,) = (name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
            rows = list(csv.reader(archive.read(record).decode().splitlines()))
            assert sorted(row[0] for row in rows) == sorted(archive.namelist())
            assert [name for name, digest, _ in rows if name != record and _digest(archive.read(name)) != digest] == []


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


@pytest.mark.parametrize("is_alike", [True, False])
def test_a_zip_for_another_one_is_compressed_only_if_that_makes_the_other_one_smaller(
    is_alike: bool, tmp_path: Path
) -> None:
    text = "".join(chr(33 + byte % 90) for byte in hashlib.shake_128(b"").digest(4000))
    content = {f"{number}.txt": text[number:] if is_alike else text[number::9] * 500 for number in range(9)}
    file = tmp_path / "some.whl"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in content.items():
            archive.writestr(name, words)
    reproducible.repack_for_a_zip(file)
    with zipfile.ZipFile(file) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == content
        assert {entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist()} == {is_alike}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_farmhand_node_is_valid_small_and_holds_wheels_alone(platform: str, node_release: dict[str, Path]) -> None:
    assert build_extension.validate(node_release[platform]) is None
    assert node_release[platform].stat().st_size <= 8 * 1000 * 1000
    with zipfile.ZipFile(node_release[platform]) as archive:
        names = [name for name in archive.namelist() if not name.startswith("wheels/")]
    assert sorted(names) == ["LICENSE", "__init__.py", "blender_manifest.toml"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_two_extensions_bring_no_library_twice_and_together_what_a_node_imports(
    platform: str, release: dict[str, Path], node_release: dict[str, Path]
) -> None:
    own, others = wheels_in(node_release[platform]), wheels_in(release[platform])
    projects = {name.split("-")[0].lower().replace("_", "-") for name in own}
    assert not projects & {name.split("-")[0].lower().replace("_", "-") for name in others}
    assert {"distributed", "dask", "tornado", "msgpack", "cloudpickle", "ecdsa", "importlib-metadata"} <= projects
    tags = {
        (name.split("-")[0], name.split("-")[2]) for name in own if "-none-any" not in name and "-abi3-" not in name
    }
    assert {project for project, _ in tags} == {"markupsafe", "msgpack", "pyyaml"}
    assert {tag for _, tag in tags} == {"cp311", "cp313"}
    assert len(tags) == 6


def test_both_extensions_have_one_version() -> None:
    farmhand, node = build_extension.manifest(), build_extension.manifest(NODE)
    alike = ("version", "maintainer", "blender_version_min", "license")
    assert [node[name] for name in alike] == [farmhand[name] for name in alike]
