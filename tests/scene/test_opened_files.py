"""What Blender really opens while it renders is part of what the scan found: read from the system, not from Blender."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import FRAMES, Projects
from kinds import KINDS

STRACE = ["strace", "-f", "--seccomp-bpf", "-e", "trace=openat", "-s", "4096", "-o"]
MARK = "/farmhand-now-renders/"
_OPENED = re.compile(r'openat\(AT_FDCWD, "((?:[^"\\]|\\.)*)", ([A-Z_|]+)[^=]*= (-?\d+)')


pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here"),
]


@dataclass(frozen=True)
class Opened:
    """For each kind, the files of its project that were opened for reading while its frames were rendered."""

    files: dict[str, set[str]]


@pytest.fixture(scope="session")
def opened(projects: Projects, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    work = tmp_path_factory.mktemp("opened")
    log = work / "strace.log"
    steps = [
        ["render_marked", one["blend"], FRAMES, f"{work}/{kind}_", MARK + kind]
        for kind, one in projects.expected.items()
    ]
    projects.blender.do(work, *steps, under=[*STRACE, str(log)])
    for compiled in projects.folder.rglob("*.oso"):  # no part of the projects
        compiled.unlink()
    found: dict[str, set[str]] = {}
    kind = ""
    for path, flags, result in _OPENED.findall(log.read_text(errors="replace")):
        if path.startswith(MARK):
            kind = path.removeprefix(MARK)
            kind = "" if kind.endswith("/end") else kind
            found.setdefault(kind, set())
        elif kind and int(result) >= 0 and "O_DIRECTORY" not in flags and not re.search("O_WRONLY|O_RDWR", flags):
            found[kind].add(_unescaped(path))
    inside = f"{projects.folder}/"
    return Opened(
        {kind: {os.path.normpath(one) for one in files if one.startswith(inside)} for kind, files in found.items()}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_render_opens_no_file_that_the_scan_did_not_find(
    kind: str, projects: Projects, scans: dict[str, Any], opened: Opened
) -> None:
    blend = projects.blend(kind)
    files = scans[kind]["files"]
    # Blender compiles a script beside its source when that is not there.
    compiled = [str(Path(file).with_suffix(".oso")) for file in files if file.endswith(".osl")]
    assert sorted(opened.files[kind] - {blend, *files, *compiled}) == []


def test_the_system_tells_what_was_opened(projects: Projects, opened: Opened) -> None:
    """Or else the comparison above would say nothing."""
    seen = [kind for kind, one in projects.expected.items() if opened.files[kind] & set(one["files"])]
    assert len(seen) > len(projects.expected) / 2


def _unescaped(path: str) -> str:
    """strace writes bytes that are no ASCII in octal."""
    raw = re.sub(rb"\\([0-7]{1,3})", lambda match: bytes([int(match[1], 8)]), path.encode())
    return os.path.normpath(raw.replace(rb"\"", b'"').decode(errors="surrogateescape"))
