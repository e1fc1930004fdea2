"""A render Blender that runs hostile Python on purpose, and what an ordinary one can still do."""

import asyncio
import io
import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import FARMHAND
from needed_blender import needed_blender
from PIL import Image
from running_farm import RunningFarm

from farmhand.farm.confine import bubblewrap, confinement, places
from farmhand.farm.confine.environment import scrubbed
from farmhand.farm.render.blender.launcher import Launcher
from farmhand.farm.render.blender.process_folder import ProcessFolder
from farmhand.farm.render.blender.worker_answers import WorkFailed, frame
from farmhand.farm.render.taken_files import NotAFile, copy, take
from farmhand.farm.settings import FarmSettings
from farmhand.jobs.process import landlock

_ATTACK = Path(__file__).with_name("attack_from_inside.py")
WAYS = [
    pytest.param("bubblewrap", marks=pytest.mark.skipif(not bubblewrap.is_usable(), reason="no bubblewrap here")),
    pytest.param("landlock", marks=pytest.mark.skipif(not landlock.version(), reason="no Landlock here")),
]


def run_confined(data: Path, python: str, way: str, script: str) -> dict[str, Any]:
    path = data.parent / "attack.py"
    path.write_text(script)
    done = subprocess.run(
        [*FARMHAND, "farm", "--data", str(data), "--confine", way, "--run-confined", str(path)],
        env={**os.environ, "BLENDER": python, "FARMHAND_API_KEY": "FH-secret", "AWS_SECRET_ACCESS_KEY": "secret"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text("TOP SECRET")
    (folder / "project.blend").write_text("of somebody else")
    return folder


@pytest.mark.parametrize("version", ["4.2.23", "4.5.15", "5.0.1", "5.3.0"])
@pytest.mark.parametrize("way", WAYS)
def test_hostile_python_reads_no_file_opens_no_socket_and_starts_nothing(
    way: str, version: str, outside: Path, tmp_path: Path
) -> None:
    python = needed_blender(version)
    names = f"OUTSIDE, STRANGER = {str(outside)!r}, {os.getpid()}"
    found = run_confined(tmp_path / "farm", str(python), way, f"{names}\n{_ATTACK.read_text()}")
    assert found == {"reached": {}, "secrets": [], "temporary": "works"}
    assert not (outside / "written").exists()


def test_the_same_is_reached_where_confinement_is_off(
    blender_command: list[str], outside: Path, tmp_path: Path
) -> None:
    """Else the test above would show nothing."""
    script = (
        f"import json, socket\nsecret = open({str(outside / 'secret.txt')!r}).read()\nsocket.socket().close()\n"
        "print(json.dumps({'secret': secret}))"
    )
    assert run_confined(tmp_path / "farm", blender_command[0], "off", script) == {"secret": "TOP SECRET"}


def test_a_farm_says_how_its_blenders_are_confined(start_farm: Callable[..., RunningFarm]) -> None:
    for wanted, words in (
        ("auto", "are confined by"),
        ("off", "are not confined: a render Blender can read every file"),
    ):
        farm = start_farm("--confine", wanted)
        farm.wait_until_confinement_is_known()
        farm.stop()
        assert words in (farm.data / "logs" / "farm.log").read_text()


def test_a_farm_that_must_confine_does_not_start_where_nothing_can(
    start_farm: Callable[..., RunningFarm], tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="cannot be confined here"):
        start_farm("--confine", "required", command=[str(tmp_path / "no-blender")])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("engine", ["CYCLES", "BLENDER_WORKBENCH"])
def test_a_confined_blender_renders(
    way: str, engine: str, start_farm: Callable[..., RunningFarm], scene_file: Callable[..., Path]
) -> None:
    farm = start_farm("--confine", way)
    job = farm.rendered(scene_file("animated"), frameRanges=["1-2"], renderEngine=engine)
    assert (job["status"], len(farm.frames(job["id"]))) == ("completed", 2)


def test_a_script_that_is_compiled_beside_itself_and_includes_another_renders(
    start_farm: Callable[..., RunningFarm], scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    package = tmp_path / "leaf.zip"
    with zipfile.ZipFile(package, "w") as file:
        file.write(scene_file("osl_script"), "leaf.blend")
        file.writestr("osl/leaf.osl", '#include "../lib/palette.h"\nshader leaf(output color C = 0) { C = LEAF; }\n')
        file.writestr("lib/palette.h", "#define LEAF color(0, 1, 0)\n")
    farm = start_farm()
    job = farm.rendered(package, frameRanges=["1"])
    (picture,) = farm.frames(job["id"]).values()
    red, green, blue = Image.open(io.BytesIO(picture)).convert("RGB").getpixel((32, 18))
    assert green > 150 and green > red + 30 and green > blue + 30


def test_the_environment_keeps_graphics_and_drops_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "FARMHAND_API_KEY", "SSH_AUTH_SOCK", "CUDA_API_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    kept = scrubbed(tmp_path, tmp_path, tmp_path)
    assert "x" not in kept.values()
    assert kept["CUDA_VISIBLE_DEVICES"] == "0"


def test_the_strongest_way_comes_first_and_required_never_ends_with_none() -> None:
    assert confinement.candidates("auto")[-1].name == "off"
    assert "off" not in [each.name for each in confinement.candidates("required")]


# What of a confinement works, as a worker says at its start


def test_what_a_worker_lacks_of_its_confinement_is_known() -> None:
    every, alone = ["limits", "system calls", "alone"], ["limits", "alone"]
    assert confinement.Level("bubblewrap").unprotected(every) == ""
    assert "could not be filtered" in confinement.Level("bubblewrap").unprotected(alone)
    assert "with exec" in confinement.Level("bubblewrap").unprotected(every[:2])
    assert confinement.Level("landlock").unprotected(every[:2]) == ""
    assert "could not be filtered" in confinement.Level("landlock").unprotected(alone)
    assert confinement.Level("off").unprotected(()) == ""


@pytest.mark.skipif(not bubblewrap.is_usable() or not landlock.version(), reason="not both ways are here")
def test_a_program_that_stays_between_is_named_and_refused_where_confinement_is_required(
    blender_command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is process 1 of the namespace, without a filter, and could be changed by the worker below it."""
    wrapper = tmp_path / "python-wrapper"
    wrapper.write_text(f'#!/bin/sh\n{blender_command[0]} "$@"\nexit $?\n')
    wrapper.chmod(0o755)

    async def level(wanted: str) -> str:
        settings = FarmSettings(data=tmp_path, blender=(str(wrapper),), confine=wanted)
        launcher = Launcher(settings, tmp_path / wanted)
        try:
            return (await launcher.choice()).level.name
        finally:
            await launcher.stop()

    assert asyncio.run(level("bubblewrap")) == "bubblewrap"
    assert "start Blender with exec" in capsys.readouterr().err
    assert asyncio.run(level("required")) == "landlock"
    assert "exec" not in capsys.readouterr().err


@pytest.mark.skipif(not landlock.version(), reason="no Landlock here")
def test_without_the_filter_a_farm_says_so_and_required_confinement_does_not_start(
    blender_command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(confinement.Level, "filters_calls", False)  # so the worker sets none
    unprotected = confinement.Level.unprotected

    def seen_as_filtered(level: confinement.Level, limited: list[str]) -> str:
        with monkeypatch.context() as patch:
            patch.setattr(confinement.Level, "filters_calls", True)
            return unprotected(level, limited)

    monkeypatch.setattr(confinement.Level, "unprotected", seen_as_filtered)

    async def started(wanted: str) -> str:
        launcher = Launcher(FarmSettings(data=tmp_path, blender=tuple(blender_command), confine=wanted), tmp_path)
        try:
            return (await launcher.choice()).level.name
        finally:
            await launcher.stop()

    assert asyncio.run(started("landlock")) == "landlock"
    assert "system calls could not be filtered" in capsys.readouterr().err
    with pytest.raises(WorkFailed, match="could not be filtered"):
        asyncio.run(started("required"))


# What a hostile worker tells the farm


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "", "a//b", "./a", "a\\b", "a\nb", "a\x1b"])
def test_a_worker_names_no_file_outside_of_its_folder(path: str) -> None:
    with pytest.raises(WorkFailed):
        frame({"files": [{"relativePath": path}], "seconds": 1.0})


def test_only_plain_files_are_taken_from_a_worker(tmp_path: Path, outside: Path) -> None:
    folder = tmp_path / "o"
    (folder / "frames").mkdir(parents=True)
    (folder / "frames" / "good.png").write_text("good")
    (folder / "frames" / "link.png").symlink_to(outside / "secret.txt")
    (folder / "frames" / "twin.png").hardlink_to(outside / "project.blend")
    (folder / "out").symlink_to(outside)
    os.mkfifo(folder / "frames" / "pipe.png")
    (folder / "frames" / "folder.png" / "x").mkdir(parents=True)
    take(folder, "frames/good.png", tmp_path / "taken" / "good.png")
    assert (tmp_path / "taken" / "good.png").read_text() == "good"
    bad = ("link.png", "twin.png", "pipe.png", "folder.png", "none.png", f"{'n' * 300}.png", "good.png/x")
    for name in (*(f"frames/{each}" for each in bad), "out/secret.txt"):
        with pytest.raises(NotAFile):
            take(folder, name, tmp_path / "taken" / "bad.png")
        assert [each.name for each in (tmp_path / "taken").iterdir()] == ["good.png"]
    assert (outside / "secret.txt").read_text() == "TOP SECRET"


def test_a_worker_that_keeps_a_file_open_cannot_change_what_was_taken(tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    target = tmp_path / "taken" / "1.png"
    with (tmp_path / "o" / "1.png").open("wb", buffering=0) as kept:
        kept.write(b"small")
        take(tmp_path / "o", "1.png", target)
        kept.write(b"x" * 1_000_000)
        kept.seek(0)
        kept.write(b"other")
    assert target.read_bytes() == b"small"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list((tmp_path / "o").iterdir()) == [] and list(target.parent.iterdir()) == [target]


def test_a_large_file_is_copied_whole(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(os.urandom(3_000_001))
    copy(source, target, 3_000_001)
    assert target.read_bytes() == source.read_bytes()
    copy(source, target, 1_500_000)
    assert target.read_bytes() == source.read_bytes()[:1_500_000]


def test_a_package_is_shown_without_a_copy(tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "textures").mkdir(parents=True)
    (package / "textures" / "a.png").write_bytes(b"x" * 1000)
    folder = ProcessFolder(tmp_path / "process")
    folder.create()
    folder.lay_out(package)
    assert (folder.package / "textures" / "a.png").stat().st_ino == (package / "textures" / "a.png").stat().st_ino


@pytest.mark.parametrize(
    ("kind", "device", "level", "words"),
    [
        ({"own_files": True}, True, "off", "because GPU drivers may need more"),
        ({"own_files": True}, False, "confined", ""),
        ({"own_files": True, "allow_add_ons": True}, False, "off", "because scripts and add-ons"),
        ({}, True, "confined", "not tried on a GPU"),
        ({}, False, "confined", ""),
    ],
)
def test_a_gpu_is_used_unconfined_for_files_of_the_user_alone(
    kind: dict[str, bool],
    device: bool,
    level: str,
    words: str,
    blender_command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not bubblewrap.is_usable() and not landlock.version():
        pytest.skip("nothing here confines")
    devices = [Path("/dev/null")] if device else []
    monkeypatch.setattr(places, "graphics_devices", lambda: iter(devices))
    launcher = Launcher(FarmSettings(data=tmp_path, blender=tuple(blender_command), **kind), tmp_path)

    async def started() -> str:
        try:
            return (await launcher.choice()).level.name
        finally:
            await launcher.stop()

    found = asyncio.run(started())
    assert found == "off" if level == "off" else found in ("bubblewrap", "landlock")
    said = capsys.readouterr().err
    assert words in said
    assert ("GPU" in said) is ("GPU" in words)
    assert launcher.trusts_names()
