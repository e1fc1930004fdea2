"""What the command line prints is UTF-8, whatever code page Windows has."""

import json
import os
import subprocess
import time
from pathlib import Path

from command_line import FARMHAND

from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import Submission
from farmhand.jobs.user_folder import UserFolder


def test_names_outside_the_code_page_are_printed(home: Path) -> None:
    now = time.time()
    with Journal(UserFolder(home).journal) as journal:
        journal.add(Submission("one", "風景 é", "local", "/p/a.blend", "Scene", "/p/render", now, now))
    code_page = {"PYTHONIOENCODING": "cp1252"} if os.name == "nt" else {}
    environment = {**os.environ, **code_page, "FARMHAND_HOME": str(home)}
    for words in (("jobs",), ("jobs", "--json")):
        done = subprocess.run([*FARMHAND, *words], env=environment, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        printed = done.stdout.decode("utf-8")
        shown = json.loads(printed)["submissions"][0]["name"] if "--json" in words else printed
        assert "風景 é" in shown
