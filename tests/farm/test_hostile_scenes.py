"""Scenes that try to run code, to write or read elsewhere, or to call somebody, in each Blender."""

import io
import math
import shutil
import socket
import struct
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from in_blender import run_in_blender
from needed_blender import needed_blender
from PIL import Image
from running_farm import RunningFarm

pytestmark = pytest.mark.timeout(300)
_MAKE = (Path(__file__).with_name("hostile_scenes.py"), Path(__file__).with_name("hostile_hidden.py"))
_PLAYLISTS = {"hls", "dash", "tag", "tag and footer", "tag of letters", "imf", "sdp"}


@dataclass
class Lab:
    """A farm, scenes for its Blender, a folder that nobody may touch, and what was heard at a port."""

    farm: RunningFarm
    scenes: Path
    outside: Path
    heard: list[bytes]
    before: frozenset[Path]
    port: int
    blender: str

    def render(self, kind: str) -> dict[str, Any]:
        """Render the kind's scene. Nothing may have been written outside or called."""
        job = self.farm.rendered(self.scenes / f"{kind}.blend", frameRanges=["1"])
        assert not self.traces()
        assert not self.heard
        return job

    def missing(self, kind: str) -> list[str]:
        job = self.render(kind)
        assert job["status"] == "completed", job["failedReason"]
        return [each["path"] for each in job["analysis"]["missingFiles"]]

    def traces(self) -> frozenset[Path]:
        return frozenset(self.outside.rglob("*")) - self.before


@pytest.fixture(scope="module", params=["4.2.23", "4.5.15", "5.0.1"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    python = needed_blender(request.param)
    folder = tmp_path_factory.mktemp("hostile")
    scenes, outside = folder / "scenes", folder / "outside"
    scenes.mkdir()
    outside.mkdir()
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_listen, args=(listener, heard), daemon=True).start()
        port = listener.getsockname()[1]
        for script in _MAKE:
            run_in_blender([str(python)], script, str(scenes), str(outside), str(port))
        shutil.rmtree(outside / "fluid", ignore_errors=True)  # of the making itself
        (outside / "python-ran").unlink(missing_ok=True)
        heard.clear()
        farm = RunningFarm(folder / "farm", [str(python)])
        yield Lab(farm, scenes, outside, heard, frozenset(outside.rglob("*")), port, str(python))
        farm.stop()


@pytest.fixture(scope="module")
def bare_lab(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """As `lab`, but no confinement hides what a scene reaches."""
    farm = RunningFarm(tmp_path_factory.mktemp("bare"), [lab.blender], "--confine", "off")
    yield replace(lab, farm=farm)
    farm.stop()


def _listen(listener: socket.socket, heard: list[bytes]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(1)
            heard.append(connection.recv(300))
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def test_a_freestyle_module_does_not_run_and_is_told(lab: Lab) -> None:
    job = lab.render("freestyle_module")
    assert job["status"] == "completed"
    assert any("Freestyle" in notice for notice in job["finalConfig"]["notices"])


@pytest.mark.parametrize("kind", ["registered_text", "driver"])
def test_python_in_a_file_does_not_run(lab: Lab, kind: str) -> None:
    assert lab.render(kind)["status"] == "completed"


@pytest.mark.parametrize("kind", ["strip_of_text", "strip_over_the_network"])
def test_an_address_for_ffmpeg_is_a_missing_file(lab: Lab, kind: str) -> None:
    (path,) = lab.missing(kind)
    assert path.startswith(("concat:", "http:"))


def test_playlists_in_the_package_call_nobody(lab: Lab, tmp_path: Path) -> None:
    names = [each.name for each in lab.scenes.iterdir() if each.stem in _PLAYLISTS]
    job = lab.farm.rendered(_package(lab, tmp_path, "strips_of_playlists", names), frameRanges=["1"])
    assert sorted(each["path"] for each in job["analysis"]["missingFiles"]) == sorted(f"//{name}" for name in names)
    assert len(names) == 7
    assert not lab.heard


def test_images_call_nobody(lab: Lab) -> None:
    assert len(lab.missing("images_over_the_network")) == 2


@pytest.mark.parametrize("kind", ["views_of_the_server", "views_that_are_off"])
def test_an_image_has_the_views_of_its_own_path(bare_lab: Lab, tmp_path: Path, kind: str) -> None:
    package = _package(bare_lab, tmp_path, kind, ["view_L.png", "view_R.png"])
    job = bare_lab.farm.rendered(package, frameRanges=["1"])
    assert job["analysis"]["missingFiles"] == []
    seen = {Path(name).stem[-1]: _color(content) for name, content in bare_lab.farm.frames(job["id"]).items()}
    # Blender 4.5 and 5.0 show the left view of any image to both eyes.
    shows_right = "4.2" in bare_lab.blender and kind == "views_of_the_server"
    assert seen == {"L": "green", "R": "blue" if shows_right else "green"}


def _color(image: bytes) -> str:
    """What the middle of a frame mostly is."""
    values: Any = Image.open(io.BytesIO(image)).convert("RGB").getpixel((16, 9))
    return ("red", "green", "blue")[values.index(max(values))]


def test_stored_views_call_nobody(bare_lab: Lab, tmp_path: Path) -> None:
    scene = (bare_lab.scenes / "views_over_the_network.blend").read_bytes()
    for view in "LR":
        old = f"{bare_lab.outside}/view_{view}.png".encode()
        assert old in scene
        address = f"http://127.0.0.1:{bare_lab.port}/{view}.mkv".encode()
        scene = scene.replace(old, address.ljust(len(old), b"\0"))
    path = tmp_path / "scene.blend"
    path.write_bytes(scene)
    job = bare_lab.farm.rendered(path, frameRanges=["1"])
    assert [each["path"] for each in job["analysis"]["missingFiles"]] == ["//movie.mkv"]
    assert not bare_lab.heard


@pytest.mark.parametrize("is_bare", [False, True])
@pytest.mark.parametrize("kind", ["text_by_a_constant_name", "text_by_a_computed_name", "text_of_the_package"])
def test_nodes_read_only_files_of_the_package(
    lab: Lab, bare_lab: Lab, tmp_path: Path, kind: str, is_bare: bool
) -> None:
    """Confined or not: a confined Blender sees files of the system."""
    here = bare_lab if is_bare else lab
    if "4.2" in here.blender:
        pytest.skip("no nodes that read files")
    job = here.farm.rendered(_package(here, tmp_path, kind, ["note.txt"]), frameRanges=["1"])
    (image,) = here.farm.frames(job["id"]).values()
    assert _color(image) == ("red" if kind == "text_of_the_package" else "green")
    missing = [each["path"] for each in job["analysis"]["missingFiles"]]
    assert missing == (["/usr/lib/os-release"] if kind == "text_by_a_constant_name" else [])
    told = [notice for notice in job["finalConfig"].get("notices") or [] if "computed" in notice]
    assert len(told) == (kind == "text_by_a_computed_name")


def test_a_movie_with_a_playlist_beside_it_is_a_missing_file(bare_lab: Lab, tmp_path: Path) -> None:
    names = ["eye_L.mkv", "eye_R.mkv", "clip.mkv", "BL_proxy/clip.mkv/proxy_50.avi"]
    job = bare_lab.farm.rendered(
        _package(bare_lab, tmp_path, "movie_with_a_playlist_beside_it", names), frameRanges=["1"]
    )
    assert sorted(each["path"] for each in job["analysis"]["missingFiles"]) == ["//clip.mkv", "//eye_L.mkv"]
    assert not bare_lab.heard


def _package(lab: Lab, folder: Path, kind: str, names: list[str]) -> Path:
    package = folder / "package.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(lab.scenes / f"{kind}.blend", "scene.blend")
        for name in names:
            archive.write(lab.scenes / name, name)
    return package


@pytest.mark.parametrize(
    "kind", ["image_of_the_server", "image_by_steps_up", "library_of_the_server", "library_by_steps_up"]
)
def test_a_file_of_the_server_is_a_missing_file(lab: Lab, kind: str) -> None:
    assert len(lab.missing(kind)) == 1


def test_no_file_of_the_system_is_read_as_anything(lab: Lab) -> None:
    began = time.monotonic()
    assert len(lab.missing("files_of_the_system")) == 7
    assert time.monotonic() - began < 60


def test_a_file_output_node_steps_up_to_no_folder_of_the_server(lab: Lab) -> None:
    assert lab.render("file_output_by_steps_up")["status"] == "completed"


def test_a_view_suffix_is_no_path(lab: Lab) -> None:
    job = lab.render("view_suffix")
    assert job["status"] == "completed"
    (name,) = lab.farm.frames(job["id"])
    assert name.startswith("frames/0001") and name.count("/") == 1


def test_file_output_of_another_scene_comes_back_with_the_frames(lab: Lab) -> None:
    job = lab.render("file_output_of_another_scene")
    assert job["status"] == "completed"
    assert lab.farm.downloads(job["id"])["compositeNodeOutputs"]


def test_a_simulation_writes_into_no_folder_of_the_server(lab: Lab) -> None:
    lab.render("fluid_cache")


def test_a_cache_steps_up_to_no_folder_of_the_server(bare_lab: Lab, tmp_path: Path) -> None:
    """Blender writes disk caches if the package has a folder for them."""
    target = Path(tempfile.mkdtemp(prefix="fh", dir="/tmp"))  # in a path that a cache's name has room for
    scene = (bare_lab.scenes / "cache_by_steps_up.blend").read_bytes()
    assert b"n" * 60 in scene
    name = b"../" * 12 + f"{target}/c"[1:].encode()
    assert len(name) <= 60
    package = tmp_path / "package.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("scene.blend", scene.replace(b"n" * 60, name.ljust(60, b"\0")))
        archive.writestr("blendcache_scene/note.txt", "")
    assert bare_lab.farm.rendered(package, frameRanges=["1-2"])["status"] == "completed"
    assert not list(target.iterdir())
    target.rmdir()


@pytest.mark.parametrize("kind", ["latin_1_path", "path_longer_than_a_name_may_be"])
def test_a_path_that_cannot_be_written_as_text_spoils_no_list(lab: Lab, kind: str) -> None:
    assert len(lab.missing(kind)) == 1
    lab.farm.api.get("/jobs").raise_for_status()


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0])
def test_a_frame_rate_that_is_no_number_spoils_no_list(lab: Lab, tmp_path: Path, value: float) -> None:
    whole = (lab.scenes / "frame_rate_base.blend").read_bytes()
    mark = struct.pack("<f", 1.2345)
    assert mark in whole
    path = tmp_path / "scene.blend"
    path.write_bytes(whole.replace(mark, struct.pack("<f", value)))
    assert lab.farm.validated(path)["status"] in ("validated", "failed")
    lab.farm.api.get("/jobs").raise_for_status()
