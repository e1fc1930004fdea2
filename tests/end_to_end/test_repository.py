"""Users get Farmhand from an online repository: they install it, update it while a job runs, and remove it."""

import functools
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from needed_blender import needed_blender

import build_extension
import left_running
import repository
from find_blender import as_executable

SCRIPT = Path(__file__).with_name("use_repository.py")
OLDER, NEWER = "0.0.1", "0.0.2"
FRAMES = 20


class Quiet(SimpleHTTPRequestHandler):
    """Shows a folder and says nothing."""

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Version → the folder of a repository that has this version."""
    made = {}
    for version in (OLDER, NEWER):
        folder = tmp_path_factory.mktemp("repository")
        package = build_extension.build_test(tmp_path_factory.mktemp("built"), version)
        named = package.rename(package.with_name(f"farmhand-{version}.zip"))
        repository.with_packages(folder, [named])
        made[version] = folder
    return made


@pytest.fixture
def site(repositories: dict[str, Path], tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of the older repository on a real server, and the folder that it shows."""
    shown = shutil.copytree(repositories[OLDER], tmp_path / "site")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(shown)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.json", shown
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["4.2.23", "5.2.2"])
def blender(request: pytest.FixtureRequest) -> list[str]:
    """The oldest Blender, and the newest that is a whole program."""
    return [str(needed_blender(request.param))]


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_an_update_from_a_repository_leaves_the_running_job_and_removal_leaves_its_frames_alone(
    blender: list[str],
    site: tuple[str, Path],
    repositories: dict[str, Path],
    scene_file: Callable[..., Path],
    home: Path,
    tmp_path: Path,
) -> None:
    address, shown = site
    order = {"url": address, "shown": str(shown), "next": str(repositories[NEWER])}
    order |= {"file": str(scene_file("steady", blender)), "output": str(tmp_path / "frames")}
    order |= {"journal": str(home / "journal.sqlite3"), "answer": str(tmp_path / "answer.json")}
    found = use(blender, order, tmp_path / "profile", home)
    assert found["steps"] == {
        "synced": ["", False],
        "installed": [OLDER, True],
        "updated": [NEWER, True],
        "disabled": [NEWER, False],
        "removed": ["", False],
    }
    assert (found["after_update"], found["at_the_end"]) == ("active", "done")
    assert (found["left"], found["loaded"]) == ([], [])
    assert len(list((tmp_path / "frames").glob("*.png"))) == FRAMES


def use(blender: list[str], order: dict[str, str], profile: Path, home: Path) -> dict[str, Any]:
    """Let the script run in the Blender; what it found."""
    command = [*as_executable(blender), "-b", "--online-mode", "--python-exit-code", "1", "--python", str(SCRIPT)]
    environment = {"BLENDER_USER_RESOURCES": str(profile), "FARMHAND_HOME": str(home)}
    try:
        done = subprocess.run(
            [*command, "--", json.dumps(order)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    finally:
        left_running.end_all(home)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return dict(json.loads(Path(order["answer"]).read_text(encoding="utf-8")))
