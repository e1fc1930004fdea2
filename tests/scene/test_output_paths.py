"""Frames go where Blender itself would write them, for the job's camera, size, frame rate, format and frame."""

import json
from pathlib import Path
from typing import Any

import pytest
from blenders_of_scenes import Blender, blender_of, versions

from farmhand.courier.frames import destinations
from farmhand.jobs.folder.frame_names import existing_in, free_pattern
from farmhand.jobs.folder.job_folder import Output

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", params=versions("4.2.23", "4.5.15", "5.0.1", "5.2.2", "5.3.0"))
def blender(request: pytest.FixtureRequest) -> Blender:
    return blender_of(request.param)


@pytest.fixture(scope="module")
def folder(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    blender.run(Path(__file__).parent / "output_scenes.py", str(folder))
    return folder


def test_the_path_is_blenders_own_for_the_job(folder: Path, blender: Blender) -> None:
    answers = json.loads((folder / "answers.json").read_text())
    assert len(answers) >= (50 if blender.version == "4.5.15" else 60)  # which knows fewer variables
    assert [one for one in answers if one[1] != one[2]] == []


def test_cameras_of_markers_name_their_own_frames(folder: Path, blender: Blender) -> None:
    answers: dict[str, Any] = json.loads((folder / "markers.json").read_text())
    for stretch in ("100", "150"):
        assert answers[stretch]["ours"] == answers[stretch]["theirs"]
        assert answers[stretch]["together"] == answers[stretch]["theirs"]
    if blender.version >= "5":
        assert len({Path(path).name.partition("_")[0] for path in answers["100"]["ours"]}) == 3


def test_a_folder_for_each_job_is_one_for_each_camera(folder: Path) -> None:
    assert json.loads((folder / "markers.json").read_text())["folders"] == ["A_v001", "B_v001", "C_v001"]


def test_frames_that_exist_are_counted_in_all_patterns(tmp_path: Path) -> None:
    output = Output(str(tmp_path), str(tmp_path / "A_####.png"), others={str(tmp_path / "B_####.png"): [2, 3]})
    for name in ("A_0001.png", "A_0002.png", "B_0003.png"):
        (tmp_path / name).touch()
    assert existing_in(output, [1, 2, 3]) == {1, 3}
    renamed = output.renamed(free_pattern, [1, 2, 3])
    assert [Path(one).name for one in renamed.patterns] == ["A_v2_####.png", "B_v2_####.png"]


@pytest.mark.parametrize(
    ("pattern", "is_exact", "name"),
    [
        ("f_####", True, "f_0007"),
        ("f_####.v2", True, "f_0007.v2"),
        ("f_####_v2", True, "f_0007_v2"),
        ("f_####.exr", True, "f_0007.exr"),
        ("f_####.png", False, "f_0007.png"),
    ],
)
def test_a_name_without_extension_stays_as_it_is(tmp_path: Path, pattern: str, is_exact: bool, name: str) -> None:
    path = destinations.numbered(str(tmp_path / pattern), 7, "" if is_exact else ".png")
    assert path.name == name
    path.touch()
    assert existing_in(Output(str(tmp_path), str(tmp_path / pattern), is_exact=is_exact), [7]) == {7}
