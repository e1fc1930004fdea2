"""What the README promises a newcomer: from `git clone` to a frame that a click in a real window rendered."""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from journey import open_stage

from cache import ROOT

WRITE = "FARMHAND_WRITE_TIMES"
"""When set, the table in CONTRIBUTING.md is renewed."""
PAGE = ROOT / "CONTRIBUTING.md"
_WITH_PYTHON_3_14 = (
    "import sys; sys.path.insert(0, 'tools'); import build_extension; build_extension.build_test(build_extension.DIST)"
)


class Steps:
    """What was done, and how many seconds each took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started
        print(f"{name}: {self.seconds[name]:.0f} s", flush=True)

    def table(self, version: str) -> str:
        rows = [f"| {name} | {seconds:.0f} |" for name, seconds in self.seconds.items()]
        day = datetime.datetime.now(datetime.UTC).date()
        head = f"In all {sum(self.seconds.values()) / 60:.1f} minutes with Blender {version} ({day}, two cores)."
        return "\n".join([head, "", "| step | seconds |", "| --- | --- |", *rows])


def call(words: Sequence[str | Path], **options: object) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_from_a_clone_to_a_frame(window_blender: list[str], display: str, tmp_path: Path) -> None:
    steps, clone = Steps(), tmp_path / "farmhand"
    version = Path(window_blender[0]).name.rpartition("-")[2]
    with steps.step("`git clone`"):
        call(["git", "clone", "-q", ROOT, clone])
    with steps.step("`make setup`"):
        call(["make", "setup"], cwd=clone)
    with steps.step("`make build`"):
        if version.startswith("4."):
            call(["make", "build"], cwd=clone)
        else:  # Debian's 5.2 has Python 3.14, which Blender's own releases do not
            call([clone / ".venv/bin/python", "-c", _WITH_PYTHON_3_14], cwd=clone)
    pattern = "farmhand-*linux*.zip" if version.startswith("4.") else "*.zip"
    package = next(each for each in sorted((clone / "dist").rglob(pattern)) if "node" not in each.name)
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "profile")}
    with steps.step("installed from the zip"):
        extension = ["--command", "extension", "install-file", "-r", "user_default", "-e", str(package)]
        call([*window_blender, *extension], env=environment)
    (tmp_path / "stage").mkdir()
    with (
        steps.step("Blender's window, and a frame by a click"),
        open_stage(window_blender, display, environment, tmp_path / "stage") as on,
    ):
        on.window.run("give_properties_the_column()")
        on.prepare(frames=1)
        on.submit("FRAME")
        on.over()
        assert on.frames() == ["shot_0001.png"]
    print(steps.table(version), file=sys.stderr)
    if os.environ.get(WRITE):
        begin, end = f"<!-- from a clone, {version} -->", "<!-- /from a clone -->"
        text = re.sub(rf"(?s){begin}.*?{end}", f"{begin}\n{steps.table(version)}\n{end}", PAGE.read_text("utf-8"))
        PAGE.write_text(text, "utf-8")
