"""People with keys of their own at a farm that runs already."""

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from running_farm import API, RunningFarm

from farmhand.farm import keys_command


def manage(data: Path, *words: str) -> Any:
    """`farmhand farm keys …` or `workspaces …`: what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "farmhand.farm", *words, "--data", str(data), "--json"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Person(RunningFarm):
    """Somebody with a key of their own at a farm that runs already."""

    def __init__(self, farm: RunningFarm, name: str, *words: str) -> None:
        created = _created(farm.data, name, *words)
        self.data, self.url, self.token, self.id = farm.data, farm.url, created["key"], created["id"]
        headers = {"Authorization": f"Bearer {self.token}"}
        self.api = httpx.Client(base_url=farm.url + API, headers=headers, timeout=30, trust_env=False)


def _created(data: Path, *words: str) -> Any:
    """As `manage` does it, but in this process, because a start of Python takes a second."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert keys_command.main(["keys", "create", *words, "--data", str(data), "--json"]) == 0
    return json.loads(printed.getvalue())
