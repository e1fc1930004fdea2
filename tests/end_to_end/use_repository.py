"""Inside a Blender: what its user does with an extension repository, one step after the other, in one session.

ORDER (JSON): url of the repository's index, file to render, output folder, journal, and two folders: what the server
shows, and what it shows next. Writes ORDER["answer"]: what was found after each step.
"""

import importlib
import json
import os
import shutil
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import addon_utils
import bpy

ID, MODULE = "farmhand", "farmhand_online"
EXTENSION = f"bl_ext.{MODULE}.{ID}"


def main(order: dict[str, str]) -> dict[str, Any]:
    """Add the repository, install, submit, update while the job runs, disable, remove."""
    bpy.context.preferences.system.use_online_access = True
    repositories = bpy.context.preferences.extensions.repos
    repository = repositories.new(name="Online", module=MODULE, remote_url=order["url"])
    repository.enabled = repository.use_remote_url = True
    index = list(repositories).index(repository)
    files = Path(repository.directory)
    answer: dict[str, Any] = {"steps": {}}

    def step(name: str, do: Callable[[], Any]) -> None:
        do()
        manifest = files / ID / "blender_manifest.toml"
        text = manifest.read_text(encoding="utf-8") if manifest.exists() else ""
        version = text.partition('\nversion = "')[2].partition('"')[0]
        warnings = addon_utils._extensions_warnings_get()
        answer["steps"][name] = [version, addon_utils.check(EXTENSION)[1], *map(str, warnings)]

    step("synced", lambda: bpy.ops.extensions.repo_sync(repo_index=index))
    step("installed", lambda: bpy.ops.extensions.package_install(repo_index=index, pkg_id=ID, enable_on_install=True))
    command = importlib.import_module(f"{EXTENSION}.cli.main")
    assert command.main(["submit", order["file"], "--output", order["output"], "--server", "local"]) == 0
    _until(lambda: _job(order)[1] > 0, "the first frame is here")
    shutil.copytree(order["next"], order["shown"], dirs_exist_ok=True)
    bpy.ops.extensions.repo_sync(repo_index=index)
    step("updated", lambda: bpy.ops.extensions.package_upgrade_all())
    answer["after_update"] = _job(order)[0]
    _until(lambda: _job(order)[0] != "active", "the job ends")
    answer["at_the_end"] = _job(order)[0]
    step("disabled", lambda: bpy.ops.preferences.addon_disable(module=EXTENSION))
    step("removed", lambda: bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id=ID))
    answer["left"] = sorted(path.name for path in files.iterdir() if not path.name.startswith("."))
    answer["loaded"] = [name for name in bpy.context.preferences.addons.keys() if ID in name]  # noqa: SIM118
    return answer


def _job(order: dict[str, str]) -> tuple[str, int]:
    """State and frames of the one job, as the journal has them."""
    with sqlite3.connect(f"file:{order['journal']}?mode=ro", uri=True) as journal:
        state, frames = journal.execute("SELECT state, frames_done FROM submissions").fetchone()
    return str(state), int(frames)


def _until(is_true: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + 90
    while not is_true():
        assert time.monotonic() < limit, f"it never came true that {what}"
        time.sleep(0.1)


if __name__ == "__main__":
    order = json.loads(sys.argv[sys.argv.index("--") + 1])
    try:
        found = main(order)
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    Path(order["answer"]).write_text(json.dumps(found), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)
