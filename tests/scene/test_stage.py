"""The stage: paths of the user's file mean on it what they mean at home, and are no longer than they must be."""

import os
from pathlib import Path

import pytest

from farmhand.scene.packing.staging import StagingArea

BLEND = str(Path("/home/somebody/Documents/Projects of This Year/show/shots/010/shot.blend"))
LINKED = str(Path("/home/somebody/Documents/Projects of This Year/show/assets/tree.blend"))
ROOT = Path("/jobs/1/stage")


@pytest.mark.parametrize("path", [BLEND, LINKED, "/home/somebody/textures/a.png", "/elsewhere/b.png", "/files/d.blend"])
def test_a_path_on_the_stage_leads_back(path: str) -> None:
    stage = StagingArea(ROOT, BLEND, [LINKED])
    assert stage.original(stage.path(path)) == str(Path(path))


def test_a_relative_path_means_the_same_file_on_the_stage() -> None:
    stage = StagingArea(ROOT, BLEND, [LINKED])
    for relative in ("../../assets/tree.blend", "../../../../../textures/a.png", "tex/b.png"):
        home = os.path.normpath(Path(BLEND).parent / relative)
        there = os.path.normpath(Path(stage.path(BLEND)).parent / relative)
        assert stage.original(there) == home


def test_folders_above_all_that_is_shown_have_short_names() -> None:
    stage = StagingArea(ROOT, BLEND, [LINKED])
    assert Path(stage.path(BLEND)) == ROOT / "~/~/~/~/~/shots/010/shot.blend"


def test_a_file_that_was_never_saved_stands_on_the_stage_itself() -> None:
    assert Path(StagingArea(ROOT, "", [LINKED]).path("/copy.blend")) == ROOT / "copy.blend"


def test_linked_files_stand_where_relative_paths_find_them(tmp_path: Path) -> None:
    blend, linked = tmp_path / "show" / "shots" / "shot.blend", tmp_path / "show" / "assets" / "tree.blend"
    for file in (blend, linked):
        file.parent.mkdir(parents=True)
        file.write_text(file.name)
    stage = StagingArea(tmp_path / "stage", str(blend), [str(linked)])
    stage.show([str(linked), str(tmp_path / "gone.blend")])
    there = Path(stage.path(str(blend))).parent
    there.mkdir(parents=True)
    assert (there / "../assets/tree.blend").read_text() == "tree.blend"
    stage.clear()
    assert linked.exists() and not (tmp_path / "stage").exists()


@pytest.mark.skipif(os.name != "nt", reason="Windows alone has drives")
def test_a_drive_is_the_same_in_either_case() -> None:
    blend, linked = r"C:\show\shots\shot.blend", r"c:\Show\assets\tree.blend"
    stage = StagingArea(Path(r"C:\jobs\1\stage"), blend, [linked])
    assert stage.path(linked) == r"C:\jobs\1\stage\~\assets\tree.blend"
    assert stage.original(stage.path(linked)) == r"C:\show\assets\tree.blend"
    assert stage.original(r"c:/jobs/1/stage/~/shots/shot.blend") == blend
    assert stage.path("C:/show/shots/shot.blend") == stage.path(blend)


@pytest.mark.skipif(os.name != "nt", reason="Windows alone has drives")
def test_what_is_linked_by_a_drive_in_the_other_case_is_shown(tmp_path: Path) -> None:
    linked = tmp_path / "tree.blend"
    linked.write_text("tree")
    stage = StagingArea(tmp_path / "stage", str(tmp_path / "shot.blend"), [])
    other = str(linked)[0].swapcase() + str(linked)[1:]
    stage.show([other])
    assert Path(stage.path(other)).read_text() == "tree"
