"""What Blender loses when it opens a file is told in the check and on the farm, and a studio's colors can be packed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import studio_colors
from in_blender import run_in_blender
from needed_blender import needed_blender
from PIL import Image
from running_farm import RunningFarm

from farmhand.cli.find_blender import run_headless
from farmhand.jobs.folder import job_folder, manifest
from farmhand.jobs.folder.zip_stream import ZipStream

MAKE = Path(__file__).parents[1] / "support" / "loss_scenes.py"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", params=["4.2.23", "4.5.15", "5.0.1"])
def python(request: pytest.FixtureRequest) -> Path:
    return needed_blender(request.param)


@pytest.fixture(scope="module")
def config(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return studio_colors.make(python, tmp_path_factory.mktemp("studio") / "colors")


@pytest.fixture(scope="module")
def scenes(python: Path, config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of loss_scenes.py."""
    folder = tmp_path_factory.mktemp("losses")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCIO", str(config))
        run_in_blender([str(python)], MAKE, str(folder))
    return folder


@pytest.fixture(scope="module")
def farm(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    farm = RunningFarm(tmp_path_factory.mktemp("farm"), [str(python)])
    yield farm
    farm.stop()


@pytest.fixture
def checked(python: Path, scenes: Path, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Call with a scene's name: what the command line's background Blender answers."""

    def run(name: str, command: str = "check", **members: Any) -> dict[str, Any]:
        order = {"command": command, "file": str(scenes / f"{name}.blend"), "jobs": str(tmp_path / "jobs"), **members}
        return run_headless([str(python)], order, tmp_path / "log.txt", lambda *_: None)

    return run


def codes(answer: dict[str, Any]) -> list[str]:
    return [f"{one['severity']} {one['code']}" for one in answer["check"]["findings"]]


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("whole", None),
        ("engine", "error engine_missing"),
        ("node", "warning node_undefined"),
        ("driver", "warning driver_source_missing"),
        ("color", "warning color_replaced"),
    ],
)
def test_each_loss_is_a_finding(checked: Callable[..., dict[str, Any]], name: str, finding: str | None) -> None:
    assert codes(checked(name)) == ([finding] if finding else [])


def test_a_config_that_blender_has_built_in_is_named_and_one_that_is_not_there_is_not(
    checked: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCIO", "ocio://default")
    found = [one for one in checked("whole")["check"]["findings"] if one["code"] == "color_config"]
    assert ["ocio://default" in one["message"] and "cannot be packed" in one["message"] for one in found] == [True]
    monkeypatch.setenv("OCIO", "/nowhere/config.ocio")  # Blender takes its own
    assert codes(checked("whole")) == []


def test_colors_of_a_blender_that_could_load_no_config_are_a_finding(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = needed_blender("5.3.0")
    (whole,) = python.parents[1].glob("lib/python3*/site-packages/bpy")
    without = shutil.ignore_patterns("colormanagement")
    shutil.copytree(whole, tmp_path / "lib" / "bpy", copy_function=os.symlink, ignore=without)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    order = {"command": "check", "file": str(scenes / "whole.blend"), "jobs": str(tmp_path / "jobs")}
    assert "warning color_config_fallback" in codes(
        run_headless([str(python)], order, tmp_path / "log.txt", lambda *_: None)
    )


def test_another_engine_may_be_asked_for(
    checked: Callable[..., dict[str, Any]], farm: RunningFarm, scenes: Path
) -> None:
    config = {"renderEngine": "CYCLES"}
    assert codes(checked("engine", overrides=config)) == []
    assert farm.rendered(scenes / "engine.blend", **config)["status"] == "completed"


def test_the_farm_renders_nothing_with_eevee_instead(farm: RunningFarm, scenes: Path) -> None:
    job = farm.rendered(scenes / "engine.blend")
    assert (job["status"], job["failedReason"]["type"]) == ("failed", "engine_missing")
    assert "SHINY" in job["failedReason"]["name"]


@pytest.mark.parametrize(
    ("name", "notice"),
    [("whole", ""), ("node", "Shiny Node"), ("color", 'scene view "Show Look" not found')],
)
def test_the_farm_notes_what_its_blender_lost(farm: RunningFarm, scenes: Path, name: str, notice: str) -> None:
    notices = farm.rendered(scenes / f"{name}.blend")["finalConfig"]["notices"]
    assert any(notice in one for one in notices) if notice else notices == []


def test_a_packer_in_the_background_refuses_a_missing_engine(checked: Callable[..., dict[str, Any]]) -> None:
    """An artist's own Blender cannot tell: it shows EEVEE."""
    answer = checked("engine", "submit")
    assert "SHINY" in answer["problem"]["what"]


def test_a_studios_config_is_named_and_packed_on_request(
    checked: Callable[..., dict[str, Any]],
    farm: RunningFarm,
    config: Path,
    python: Path,
    scenes: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OCIO", str(config))
    answer = checked("color")
    assert codes(answer) == ["warning color_config"]
    assert str(config) in answer["check"]["findings"][0]["message"]
    packed = checked("color", "submit", pack_color_config=True)
    assert codes(packed) == ["info color_config_packed"]
    folder = Path(packed["folder"])
    job = job_folder.read(folder)
    archive = tmp_path / "package.zip"
    stream = ZipStream(job.package.name, folder, manifest.read(folder))
    archive.write_bytes(b"".join(stream.chunks()))
    done = farm.rendered(archive)
    assert done["finalConfig"]["notices"] == []
    (frame,) = farm.frames(done["id"]).values()
    (tmp_path / "farm.png").write_bytes(frame)
    here = _rendered_here(python, scenes / "color.blend", tmp_path / "here.png", str(config))
    assert Image.open(tmp_path / "farm.png").tobytes() == Image.open(here).tobytes()
    monkeypatch.delenv("OCIO")
    other = _rendered_here(python, scenes / "color.blend", tmp_path / "other.png", "")
    assert Image.open(other).tobytes() != Image.open(here).tobytes()


def _rendered_here(python: Path, blend: Path, target: Path, config: str) -> Path:
    code = (
        f"import bpy, os; bpy.ops.wm.open_mainfile(filepath={str(blend)!r}); "
        f"bpy.context.scene.render.filepath = {str(target)!r}; bpy.ops.render.render(write_still=True); os._exit(0)"
    )
    environment = {**os.environ, **({"OCIO": config} if config else {})}
    subprocess.run([str(python), "-c", code], check=True, capture_output=True, env=environment)
    return target


def test_a_config_that_is_larger_than_any_is_not_read(tmp_path: Path) -> None:
    """A zip of some megabytes can hold one that fills the farm's memory."""
    from farmhand.farm.render.packages.color_config import config_of

    (tmp_path / "ocio").mkdir()
    with (tmp_path / "ocio/config.ocio").open("wb") as file:
        file.write(b"ocio_profile_version: 2\n")
        file.truncate(17 * 1024 * 1024)
    assert config_of(tmp_path) is None


def test_a_config_of_a_package_reads_nothing_outside_it(tmp_path: Path) -> None:
    from farmhand.farm.render.packages.color_config import config_of

    folder = tmp_path / "ocio"
    folder.mkdir()
    for text, is_taken in (
        ('search_path: .\nsrc: "1-dim.spi1d"\n', True),
        ("search_path: /etc\n", False),
        ("search_path: .\nsrc: ../../secret.cube\n", False),
        ("search_path: .\nsrc: $HOME/x.cube\n", False),
        ("search_path: luts:tables\nroles: {}\n", True),
        ("search_path:\n  - luts # ours\n\n  - 'show tables'\nroles: {}\n", True),
        ('search_path: [luts, "a b"]\nroles: {}\n', True),
        ("search_path:\n  - luts\n  - /etc\n", False),
        ("search_path: [luts, /etc]\n", False),
        ("search_path: luts:/etc\n", False),
        ("search_path: luts\n  :/etc\n", False),
        ('search_path: "luts:\n/etc"\n', False),
        ('"search_path": /etc\n', False),
        ('"search\\x5fpath": /etc\n', False),
        ("resource_path: /etc\n", False),
        ("? search_path # here\n: /etc\n", False),
        ("name: &k search_path\n*k : /etc\n", False),
        ("name: &k src\n*k : /etc/x\n", False),
        ("{ocio_profile_version: 2, search_path: /etc}\n", False),
        ("search_path: &a /etc\n", False),
        ("search_path: >\n  /etc\n", False),
        ('search_path: "luts/\\x2e\\x2e/\\x2e\\x2e/etc"\n', False),
        ('search_path: .\nfrom: !<FileTransform> {"src":"/etc/x"}\n', False),
        ("search_path: .\nfrom: !<FileTransform> {src:\n # a\n /etc/x}\n", False),
        ("search_path: .\nsrc: a\n   /../../etc/x\n", False),
        ("search_path: .\nsrc: !!str /etc/x\n", False),
        ("search_path: .\nsrc: C:/x\n", False),
        ("search_path: .\nsrc: lin to log.spi1d # curve\nfamily: Input/Log\n", True),
    ):
        (folder / "config.ocio").write_text(text)
        assert (config_of(tmp_path) is not None) == is_taken, json.dumps(text)
    (folder / "config.ocio").write_text("search_path: /etc\n", encoding="utf-16-le")
    assert config_of(tmp_path) is None


@pytest.mark.parametrize("version", ["4.2.23", "4.5.15", "5.0.1", "5.3.0"])
def test_configs_of_blender_are_taken(version: str, tmp_path: Path) -> None:
    from farmhand.farm.render.packages.color_config import config_of

    studio_colors.make(needed_blender(version), tmp_path / "ocio")
    config = tmp_path / "ocio" / "config.ocio"
    config.write_text(config.read_text(encoding="utf-8").replace("${SHOW}", "show"), encoding="utf-8")
    assert config_of(tmp_path) == config
