"""What the farm keeps of a worker's answers and files: a scene that has taken the worker over may have written them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from farmhand.farm import plain_json
from farmhand.farm.render.backend import WorkFailed
from farmhand.farm.render.blender import deleted_files, load_report, worker_answers
from farmhand.farm.render.blender.process_folder import ProcessFolder


def test_of_a_record_that_is_too_large_the_largest_members_are_cut_and_small_ones_kept() -> None:
    frames = {"frameStart": 1, "frameEnd": 9, "frameStep": 1}
    small = {**frames, "scene": "Scene", "fps": 24.0, "resolution": [1920, 1080], "camera": None}
    files = [{"path": f"//textures/{number}.png", "kind": "image"} for number in range(10_000)]
    kept = worker_answers.analysis({"analysis": {**small, "missingFiles": files, "deep": {"a": files}}})
    assert len(json.dumps(kept)) <= 256 * 1024
    assert {name: kept[name] for name in small} == small
    assert kept["missingFiles"] == files[: len(kept["missingFiles"])] and len(kept["missingFiles"]) > 1000
    assert "deep" not in kept or kept["deep"] is None


@pytest.mark.parametrize(
    "changed",
    [{"frameEnd": 2**62}, {"frameStart": None}, {"frameStep": -1}, {"frameEnd": "9"}, {"frameEnd": 1e300}, {}],
)
def test_a_scene_with_more_frames_than_blender_has_is_a_wrong_answer(changed: dict[str, Any]) -> None:
    told = {"frameStart": 1, "frameEnd": 9, "frameStep": 1, **changed}
    if not changed:
        told.pop("frameEnd")
    with pytest.raises(WorkFailed, match="could not be understood"):
        worker_answers.analysis({"analysis": told})


@pytest.mark.parametrize("fps", ["x", 0, -1, [], {}])
def test_a_frame_rate_that_is_none_is_a_wrong_answer(fps: Any) -> None:
    with pytest.raises(WorkFailed, match="could not be understood"):
        worker_answers.final_config({"finalConfig": {"fps": fps}})
    assert worker_answers.final_config({"finalConfig": {"fps": 24000 / 1001}})


def test_a_text_is_cut_to_the_room_that_is_left() -> None:
    kept = plain_json.shrunk({"a": "é" * 4000, "b": 1}, 1000)
    assert kept["b"] == 1 and set(kept["a"]) == {"é"} and 900 < len(json.dumps(kept)) <= 1000


def test_a_name_of_the_scene_is_kept_without_what_a_terminal_or_page_would_act_on() -> None:
    told = {"relativePath": "a.png", "fileName": "\u202egpj.exe\x85", "view": "\x1b[2J\n", "node": "Wärme \u2028é"}
    (kept,) = worker_answers.frame({"files": [told], "seconds": 1, "unreadable": ["a\x9b2J"]}).files
    assert (kept.file_name, kept.view, kept.node) == ("_gpj.exe_", "_[2J_", "Wärme _é")


@pytest.mark.parametrize("part", ["\u202egnp", "a\u2028b", "a\x9b", "a\u2066", "\udc80"])
def test_a_path_with_such_characters_is_refused(part: str) -> None:
    with pytest.raises(WorkFailed):
        worker_answers.frame({"files": [{"relativePath": f"frames/{part}.png"}], "seconds": 1})


def test_a_failure_is_one_line_without_folders_of_the_farm() -> None:
    told = {
        "name": "No camera in /srv/farm/w/p/a.blend.\n2026-11-29 INFO Job 1 is completed \x1b[2J",
        "type": "no_\ncamera",
    }
    failed = worker_answers.failure(told)
    assert failed.name == "No camera in a.blend. 2026-11-29 INFO Job 1 is completed [2J"
    assert failed.type == "no_ camera"


def test_what_blender_lost_is_told_in_one_printable_line_each() -> None:
    log = "Error: Engine 'A\x1b[2J\u202e' not available for scene 'S' (an add-on)\nError: b\x1b]0;x\x07\x9b2J\n"
    report = load_report.read(log + "".join(f"Error: {number}\n" for number in range(50)), "S")
    assert all(text.isprintable() for text in (*report.notices, report.missing_engine))
    assert report.missing_engine.startswith("A") and len(report.notices) == 21
    assert report.notices[-1] == "Blender reported 32 more."


MOST = 10 * 1024**2
KEEPING = """
import os, sys
file = open(sys.argv[1], "wb")
file.write(b"x" * 3_000_000)
file.flush()
os.remove(sys.argv[1])
print(flush=True)
sys.stdin.read()
"""


def test_what_a_worker_has_written_counts_in_every_folder_where_it_may_write(tmp_path: Path) -> None:
    folder = ProcessFolder(tmp_path / "b")
    folder.create()
    for place in (folder.output, folder.temporary, folder.home, folder.cache):
        (place / "deep").mkdir()
        (place / "deep" / "file").write_bytes(b"x" * 1_000_000)
    assert 4_000_000 <= folder.used_bytes(MOST) < 5_000_000


@pytest.mark.posix("opens a folder by a descriptor")
@pytest.mark.parametrize("kind", ["deep", "unreadable"])
def test_a_folder_that_hides_its_files_counts_as_too_much(tmp_path: Path, kind: str) -> None:
    if kind == "unreadable" and os.geteuid() == 0:
        pytest.skip("the administrator reads every folder")
    folder = ProcessFolder(tmp_path / "b")
    folder.create()
    inner = os.open(folder.temporary, os.O_RDONLY)
    for _ in range(3000 if kind == "deep" else 1):
        os.mkdir("deep", dir_fd=inner)
        outer, inner = inner, os.open("deep", os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    if kind == "unreadable":
        os.fchmod(inner, 0o300)
    assert folder.used_bytes(MOST) > MOST
    os.fchmod(inner, 0o700)
    os.close(inner)
    folder.remove()


@pytest.mark.posix("a program that keeps a deleted file open")
@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_a_deleted_file_that_is_still_open_counts(tmp_path: Path) -> None:
    keeping = [sys.executable, "-c", KEEPING, str(tmp_path / "file")]
    with subprocess.Popen(keeping, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert 3_000_000 <= deleted_files.held_bytes(process.pid, tmp_path) < 4_000_000
        assert deleted_files.held_bytes(os.getpid(), tmp_path) >= 3_000_000
        process.kill()
