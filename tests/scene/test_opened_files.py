"""What Blender really opens while it renders is part of what the scan found: read from the system, not from Blender."""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from blenders_of_scenes import FRAMES, Blender, Projects
from kinds import KINDS

STRACE = ["strace", "-f", "--seccomp-bpf", "-e", "trace=openat", "-s", "4096", "-o"]
MARK = "/farmhand-now-renders/"
MADE_BY: dict[str, tuple[str, ...]] = {
    "edge_scenes": (),
    "session_scenes": (),
    "output_scenes": (),
    "hostile_scenes": (),
    "pack_trees": ("20", "0", "trees"),
    "../farm/hostile_scenes": ("{folder}/outside", "9"),
}
"""Scripts of other tests, and what they are told after the folder; nobody listens at that port."""
CRASHES = ("fluid_cache",)
"""Blender itself ends with an error of its fluid library while it renders this one."""
NAMED_BY_CODE = {"path_in_script": ["own.png"]}
"""What is not sent, as a finding says."""
_CALLED = re.compile(r'(\d+) +openat\(AT_FDCWD, "((?:[^"\\]|\\.)*)", ([A-Z_|]+)')
_RESUMED = re.compile(r"(\d+) +<\.\.\. openat resumed>")
_RESULT = re.compile(r"\) += (-?\d+)")


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
    return _opened(projects, tmp_path_factory.mktemp("opened"))


def _opened(projects: Projects, work: Path) -> Opened:
    """Render each project under strace."""
    log = work / "strace.log"
    steps = [
        ["render_marked", one["blend"], FRAMES, f"{work}/{kind}_", MARK + kind]
        for kind, one in projects.expected.items()
    ]
    projects.blender.do(work, *steps, under=[*STRACE, str(log)])
    for compiled in projects.folder.rglob("*.oso"):  # no part of the projects
        compiled.unlink()
    found = _opened_by_kind(log.read_text(errors="replace").splitlines())
    inside = f"{projects.folder}/"
    return Opened(
        {kind: {os.path.normpath(one) for one in files if one.startswith(inside)} for kind, files in found.items()}
    )


def test_a_call_that_another_thread_interrupts_counts_where_it_began() -> None:
    lines = [
        f'7 openat(AT_FDCWD, "{MARK}clip", O_RDONLY) = -1 ENOENT',
        '7 openat(AT_FDCWD, "/seen.png", O_RDONLY <unfinished ...>',
        '8 openat(AT_FDCWD, "/written.png", O_RDWR|O_CREAT, 0666) = 4',
        f'8 openat(AT_FDCWD, "{MARK}clip/end", O_RDONLY <unfinished ...>',
        "7 <... openat resumed>) = 3",
        '7 openat(AT_FDCWD, "/after.png", O_RDONLY) = 5',
        "8 <... openat resumed>) = -1 ENOENT",
    ]
    assert _opened_by_kind(lines) == {"clip": {"/seen.png"}, "": set()}


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_a_render_opens_no_file_that_the_scan_did_not_find(
    kind: str, projects: Projects, scans: dict[str, Any], opened: Opened
) -> None:
    blend = projects.blend(kind)
    files = scans[kind]["files"]
    # Blender compiles a script beside its source when that is not there.
    compiled = [str(Path(file).with_suffix(".oso")) for file in files if file.endswith(".osl")]
    assert sorted(opened.files[kind] - {blend, *files, *compiled}) == []


@pytest.mark.soak
def test_a_render_of_what_is_broken_opens_no_other_file(blender: Blender, tmp_path: Path) -> None:
    """The scenes of the checks: files that are missing, caches in parts, add-ons that are not there."""
    folder, work = tmp_path / "scenes", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    blender.run(Path(__file__).with_name("save_broken.py"), str(folder))
    scenes = Projects(blender, folder, json.loads((folder / "expected.json").read_text()))
    answers = blender.do(work, *[["scan", one["blend"], FRAMES] for one in scenes.expected.values()])
    files = {kind: answer["files"] for kind, answer in zip(scenes.expected, answers, strict=True)}
    opened = _opened(scenes, work).files
    known = {kind: {scenes.blend(kind), *files[kind]} for kind in files}
    unseen = {kind: [Path(one) for one in sorted(opened[kind] - known[kind])] for kind in files}
    names = {kind: [one.name for one in some if one.suffix != ".oso"] for kind, some in unseen.items() if some}
    assert names == NAMED_BY_CODE
    assert sum(bool(opened[kind] & set(files[kind])) for kind in files) > 10


@pytest.mark.soak
@pytest.mark.parametrize("made_by", [*MADE_BY, *filter(None, [os.environ.get("FARMHAND_SCENES", "")])])
def test_a_render_of_other_scenes_opens_no_other_file(made_by: str, blender: Blender, tmp_path: Path) -> None:
    """The scenes of other tests, and those in the folder FARMHAND_SCENES: files that somebody has made."""
    folder, work = tmp_path / "scenes", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    if made_by in MADE_BY:
        (folder / "outside").mkdir()
        told = [one.format(folder=folder) for one in MADE_BY[made_by]]
        blender.run(Path(__file__).parent / f"{made_by}.py", str(folder), *told)
    else:
        folder = Path(made_by)
    blends = [blend for blend in sorted(folder.rglob("*.blend")) if not blend.is_symlink()]
    blends = [blend for blend in blends if blend.stem not in CRASHES]
    found = blender.do(work, *[["opens", str(one)] for one in blends])
    blends = [blend for blend, opens in zip(blends, found, strict=True) if opens]
    scenes = Projects(blender, folder, {str(number): {"blend": str(one)} for number, one in enumerate(blends)})
    answers = blender.do(work, *[["scan", str(blend), FRAMES] for blend in blends])
    files = [answer["files"] for answer in answers]
    opened = _opened(scenes, work).files
    unseen = {
        str(blend): sorted(opened[str(number)] - {str(blend), *files[number]}) for number, blend in enumerate(blends)
    }
    assert blends
    assert {blend: some for blend, some in unseen.items() if some} == {}


@pytest.mark.soak
def test_the_system_tells_what_was_opened(projects: Projects, opened: Opened) -> None:
    """Or else the comparison above would say nothing."""
    seen = [kind for kind, one in projects.expected.items() if opened.files[kind] & set(one["files"])]
    assert len(seen) > len(projects.expected) / 2


def _opened_by_kind(lines: list[str]) -> dict[str, set[str]]:
    """The files that were opened for reading between the two marks of each kind; strace splits a call that waits."""
    found: dict[str, set[str]] = {}
    waiting: dict[str, tuple[str, str]] = {}  # by thread: the kind that was rendered when it called, and the path
    kind = ""
    for line in lines:
        if called := _CALLED.match(line):
            thread, path, flags = called.groups()
            if path.startswith(MARK):
                kind = path.removeprefix(MARK)
                kind = "" if kind.endswith("/end") else kind
                found.setdefault(kind, set())
            elif kind and "O_DIRECTORY" not in flags and not re.search("O_WRONLY|O_RDWR", flags):
                waiting[thread] = (kind, path)
        elif resumed := _RESUMED.match(line):
            thread = resumed[1]
        else:
            continue
        if (result := _RESULT.search(line)) and (call := waiting.pop(thread, None)) and int(result[1]) >= 0:
            found[call[0]].add(_unescaped(call[1]))
    return found


def _unescaped(path: str) -> str:
    """strace writes bytes that are no ASCII in octal."""
    raw = re.sub(rb"\\([0-7]{1,3})", lambda match: bytes([int(match[1], 8)]), path.encode())
    return os.path.normpath(raw.replace(rb"\"", b'"').decode(errors="surrogateescape"))
