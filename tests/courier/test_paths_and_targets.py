"""Names from a server never lead out of the output folder, and every file has one place of its own."""

import errno
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmhand.client.errors import LocalProblem
from farmhand.client.models import FrameOutput, NodeOutput
from farmhand.courier.frames import destinations, downloader, safe_paths
from farmhand.jobs.folder.job_folder import JobFile, Output, Package

OUT = Path("/project/render") if os.name != "nt" else Path("C:/project/render")


def job(pattern: str = "", frames: tuple[int, ...] = (1, 2, 3)) -> JobFile:
    package = Package("package.blend", "blend", "a.blend", 1, "")
    place = Output(str(OUT), pattern)
    return JobFile("id", "a", "local", "", "Scene", "", "", [], "5.0.1", package, place, {}, list(frames))


def output(name: str, **values: str) -> FrameOutput:
    return FrameOutput(url=f"http://farm/{name}", file_name=name, **values)


def node_output(name: str, **values: str) -> NodeOutput:
    return NodeOutput(url=f"http://farm/{name}", file_name=name, **values)


LEAVING = [
    "../a.png",
    "a/../../b.png",
    "/etc/passwd",
    "C:\\a.png",
    "C:a.png",
    "\\\\host\\share\\a.png",
    "..\\a.png",
    "",
    ".",
]
NO_FILE = ["con", "NUL.png", "com1.exr", "a/aux", "a\0b.png", "a:b.png", "what?.png", "a. ", "dot.", "x" * 300 + ".png"]


@pytest.mark.parametrize("name", [*LEAVING, *NO_FILE])
def test_a_name_that_leaves_the_folder_or_is_no_file_everywhere_is_refused(name: str) -> None:
    with pytest.raises(LocalProblem):
        safe_paths.inside(OUT, name)


@pytest.mark.parametrize(
    "name", ["shot/0001.png", "Ätzend/グラフ_0001.exr", "console.png", "a b/c..d.png", "nul_0001.png"]
)
def test_an_honest_name_is_taken_as_it_is(name: str) -> None:
    assert safe_paths.inside(OUT, name) == OUT / name


@given(st.text(max_size=60))
def test_no_name_whatever_leads_outside(name: str) -> None:
    try:
        path = safe_paths.inside(OUT, name)
    except LocalProblem:
        return
    assert OUT in path.parents
    assert os.path.normpath(path) == str(path)


@pytest.mark.posix("making links needs a right there that few users have")
def test_a_link_in_the_output_folder_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(LocalProblem):
        safe_paths.inside(tmp_path / "out", "link/0001.png")


@given(st.text(alphabet="abcäグ", min_size=1, max_size=250))
def test_a_temporary_name_is_never_too_long(stem: str) -> None:
    name = f"{stem}.png"
    if len(name.encode()) <= safe_paths.MAX_NAME_BYTES:
        assert (
            len((safe_paths.partial(OUT / name, "0123456789ab").name + ".version").encode())
            <= safe_paths.MAX_NAME_BYTES
        )


def test_a_frame_lands_where_blender_itself_would_write_it() -> None:
    one = destinations.plan_destinations([output("0002.png")], job(str(OUT / "shot_######.png")))[0]
    assert one.path == OUT / "shot_000002.png" and one.frame == 2


def test_another_format_keeps_its_own_suffix() -> None:
    assert (
        destinations.plan_destinations([output("0002.exr")], job(str(OUT / "shot_##.png")))[0].path
        == OUT / "shot_02.exr"
    )


def test_a_negative_frame_is_told_from_a_dash() -> None:
    asked = job(str(OUT / "####.png"), frames=(-1, 0, 1))
    assert [one.path for one in destinations.plan_destinations([output("-0001.png"), output("0001.png")], asked)] == [
        OUT / "-0001.png",
        OUT / "0001.png",
    ]


@pytest.mark.parametrize(
    ("name", "frames", "number"),
    [
        ("shot-0007", (7,), 7),
        ("shot-0007", (-7,), -7),
        ("shot_-0007", (-7, 7), -7),
        ("v2_0012", (), 12),
    ],
)
def test_the_number_of_a_frame_is_read_as_it_was_asked_for(name: str, frames: tuple[int, ...], number: int) -> None:
    assert destinations.number_in(name, frames) == number


@pytest.mark.parametrize("kept", ["shot_###_v02.png", "shot_v2_###_v02.png"])
def test_digits_that_the_scene_puts_behind_the_number_are_no_number(kept: str) -> None:
    listed = [output(f"shot_{frame:03d}_v02_{eye}.png", view=f"_{eye}") for frame in (1, 2) for eye in "LR"]
    planned = destinations.plan_destinations(listed, job(str(OUT / kept)))
    assert [one.frame for one in planned] == [1, 1, 2, 2]
    assert planned[3].path == OUT / kept.replace("###", "002").replace("_v02", "_v02_R")


@pytest.mark.parametrize(
    ("pattern", "first", "second"),
    [
        ("shot.####.png", "shot.0001.png", "shot.0002.png"),
        ("f.####.v2.png", "f.0001.v2.png", "f.0002.v2.png"),
    ],
)
def test_dots_in_a_name_are_no_extension(pattern: str, first: str, second: str) -> None:
    listed = [output(first, relative_path="frames/0001.png"), output(second, relative_path="frames/0002.png")]
    planned = destinations.plan_destinations(listed, job(str(OUT / pattern)))
    assert [(one.frame, one.path) for one in planned] == [(1, OUT / first), (2, OUT / second)]


def test_what_a_compositor_node_writes_keeps_its_folder() -> None:
    node = node_output("depth0001.exr", relative_path="Depth/depth0001.exr", composite_node_name="Depth")
    assert destinations.plan_destinations([node], job(str(OUT / "####.png")))[0].path == OUT / "Depth" / "depth0001.exr"


def test_the_views_of_a_frame_are_files_of_their_own() -> None:
    both = [output("0001.png", view="left"), output("0001.png", view="right")]
    assert {one.path for one in destinations.plan_destinations(both, job(str(OUT / "####.png")))} == {
        OUT / "0001_left.png",
        OUT / "0001_right.png",
    }


def test_names_that_differ_in_case_alone_do_not_overwrite_each_other() -> None:
    twins = destinations.plan_destinations([output("Shot.png"), output("shot.png")], job())
    assert len({safe_paths.collision_key(one.path) for one in twins if one.path}) == 2


def test_frames_come_in_the_order_in_which_they_are_watched() -> None:
    node = node_output("0001.png", relative_path="Pass/0001.png", composite_node_name="Pass")
    mixed = [node, output("0010.png"), output("0002.png")]
    assert [one.name for one in destinations.plan_destinations(mixed, job())] == [
        "0002.png",
        "0010.png",
        "compositor:Pass/Pass/0001.png",
    ]


def test_a_refused_name_says_why_and_stops_nothing_else() -> None:
    bad, good = destinations.plan_destinations([output("../x_0001.png"), output("0002.png")], job())
    assert bad.path is None and "outside the output folder" in bad.problem
    assert good.path == OUT / "0002.png"


LONG = "/".join(["d" * 250] * 17)
ODD = [
    output("0001.png", view="a/1"),
    output("0001.png", view="x\\1"),
    output("0001.png", view="x\0"),
    output("0001.png", relative_path=f"{LONG}/0001.png"),
    output("9" * 5000 + ".png"),
    output("x" * 300 + ".png"),
    FrameOutput(url="http://[::bad/0001.png"),
    FrameOutput(url="http://farm/"),
]


@pytest.mark.parametrize("odd", ODD)
def test_whatever_a_file_is_called_it_is_refused_in_words_and_all_others_have_their_place(odd: FrameOutput) -> None:
    good = output("0002.png")
    places = {one.output.url: one for one in destinations.plan_destinations([odd, good], job())}
    assert places[odd.url].path is None and "The server named a file" in places[odd.url].problem
    assert places[good.url].path == OUT / "0002.png"


def test_half_a_character_is_written_as_its_number() -> None:
    """A journal could not hold it."""
    (one,) = destinations.plan_destinations([output("\ud83d_0001.png")], job())
    assert one.path == OUT / "&#55357;_0001.png"


@pytest.mark.posix("a whole path has 259 characters at most there")
def test_twins_of_full_length_have_names_that_a_disk_can_hold() -> None:
    twins = destinations.plan_destinations([output("ß" * 125 + ".png"), output("SS" * 125 + ".png")], job())
    names = {one.path.name for one in twins if one.path}
    assert len(names) == 2 and all(len(name.encode()) <= safe_paths.MAX_NAME_BYTES for name in names)


@pytest.mark.parametrize("pattern", ["", "pattern"])
def test_a_path_that_its_temporary_name_makes_too_long_is_refused(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is on Windows; also where the name comes from the pattern of the scene."""
    name = "shot_name_0001.png"
    for room, fits in ((0, True), (-1, False)):
        monkeypatch.setattr(safe_paths, "MAX_PATH", len(f"{OUT}/.12345678.{name}.farmhand-part.version") + room)
        (one,) = destinations.plan_destinations([output(name)], job(str(OUT / "shot_name_####.png") if pattern else ""))
        assert (one.path is not None, "too long" in one.problem) == (fits, not fits)


def test_the_digits_of_a_views_name_are_no_frame() -> None:
    views = [output("0005.png", view="cam2"), output("0005_cam3.png", view="cam3")]
    assert {one.frame for one in destinations.plan_destinations(views, job())} == {5}


def here(folder: Path, size: int) -> destinations.Destination:
    return destinations.Destination(
        "a", folder / "a.png", 1, FrameOutput(url="http://farm/a", file_name="a.png", bytes=size)
    )


def test_a_drive_that_is_gone_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OSError(errno.ENODEV, "no such drive")

    monkeypatch.setattr(Path, "stat", gone)
    with pytest.raises(LocalProblem, match=r"drive for .* is not connected"):
        downloader.check_space([here(OUT, 1)])


def test_a_disk_that_does_not_tell_its_room_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_: Path) -> None:
        raise OSError(errno.EIO, "cannot tell")

    monkeypatch.setattr(shutil, "disk_usage", silent)
    downloader.check_space([here(tmp_path, 1)])


def test_room_is_looked_for_on_the_disk_where_the_pattern_puts_the_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: asked.append(place) or usage)
    (tmp_path / "frames").mkdir()
    downloader.check_space([here(tmp_path / "frames" / "later", 1)])
    assert asked == [tmp_path / "frames"]
    with pytest.raises(LocalProblem, match="the frames need"):
        downloader.check_space([here(tmp_path / "frames", usage.free // 2), here(tmp_path / "other", usage.free // 2)])


@pytest.mark.soak
def test_forty_thousand_frames_of_two_cameras_are_planned_within_seconds() -> None:
    frames = tuple(range(1, 40_001))
    place = Output(str(OUT), str(OUT / "a_####.png"), others={str(OUT / "b_####.png"): list(frames[::2])})
    asked = replace(job(frames=frames), output=place)
    listed = [output(f"{frame:04d}.png") for frame in frames]
    began = time.process_time()
    planned = destinations.plan_destinations(listed, asked)
    assert time.process_time() - began < 40  # in minutes, where each file is searched for among all frames
    assert [one.frame for one in planned] == list(frames)
    assert (planned[0].path, planned[1].path) == (OUT / "b_0001.png", OUT / "a_0002.png")
    began = time.process_time()
    assert [len(found) for found in place.by_pattern(frames).values()] == [20_000, 20_000]
    assert time.process_time() - began < 1
