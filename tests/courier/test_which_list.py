"""The list that a file stands in decides what it is, and no name of a node or a folder takes a frame's place."""

from itertools import permutations
from pathlib import Path

import pytest
from test_paths_and_targets import OUT, job, node_output, output

from farmhand.client.models import Downloads, FrameOutput
from farmhand.courier.frames.destinations import plan_destinations

SHOT = job(str(OUT / "shot_####.png"))


def places(outputs: list[FrameOutput], of: object = SHOT) -> dict[str, Path | None]:
    return {one.output.url.partition("//")[2]: one.path for one in plan_destinations(outputs, of)}  # type: ignore[arg-type]


def test_a_frame_with_a_nodes_name_is_a_frame() -> None:
    (one,) = plan_destinations([output("0002.png", composite_node_name="Composite", relative_path="x")], SHOT)
    assert one.path == OUT / "shot_0002.png"


@pytest.mark.parametrize("name", ["depth0002.exr", "depth0002.png"])
@pytest.mark.parametrize("node", [None, "", "Depth"])
def test_a_nodes_file_takes_no_frames_name(name: str, node: str | None) -> None:
    for both in permutations([node_output(name, composite_node_name=node), output("0002.png")]):
        found = places(list(both))
        assert found["farm/0002.png"] == OUT / "shot_0002.png"
        assert found[f"farm/{name}"] == OUT / (node or "") / name


def test_a_nodes_file_that_is_called_like_a_frame_goes_into_a_folder_though_the_frame_comes_later() -> None:
    for name in ("0002.png", "shot_0002.png"):
        (one,) = plan_destinations([node_output(name)], SHOT)
        assert one.path == OUT / "compositor" / name
    (one,) = plan_destinations([node_output("0002.png")], job())
    assert one.path == OUT / "compositor" / "0002.png"


def test_files_of_one_name_in_both_lists_or_of_two_nodes_are_all_brought() -> None:
    same = {"relative_path": "all"}
    outputs = [
        FrameOutput(url="http://a", file_name="0001.png", **same),
        *plan_nodes("Depth", "Normal", **same),
    ]
    assert len({one.path for one in plan_destinations(outputs, SHOT)}) == 3


def plan_nodes(*names: str, **values: str) -> list[FrameOutput]:
    return [node_output("0001.png", composite_node_name=name, **values) for name in names]


@pytest.mark.parametrize(
    ("relative", "file"),
    [
        ("frames/0002.png", "0002.png"),
        ("frames/0002.png", None),
        ("frames\\0002.png", "0002.png"),
        ("frames/0002.PNG", "0002.png"),
        ("frames/0002.png/", "0002.png"),
        ("./frames/0002.png", "0002.png"),
        ("frames/0002.png", "0002"),
        ("frames/", "0002.png"),
        ("frames", "0002.png"),
    ],
)
def test_a_relative_path_that_ends_in_the_file_makes_no_folder_of_that_name(relative: str, file: str | None) -> None:
    one = FrameOutput(url="http://farm/0002.png?sig=1", file_name=file, relative_path=relative)
    (placed,) = plan_destinations([one], job())
    assert placed.path is not None and placed.path.parent == OUT / "frames"
    assert placed.path.name.lower() == "0002.png"
    assert (placed.frame, placed.problem) == (2, "")


@pytest.mark.parametrize("relative", ["/frames", "\\frames", "../frames", "C:\\frames", "a/../../b"])
def test_a_relative_path_that_leaves_the_folder_is_refused(relative: str) -> None:
    (one,) = plan_destinations([output("0002.png", relative_path=relative)], SHOT)
    assert one.path is None and "outside the output folder" in one.problem


@pytest.mark.parametrize(
    "query",
    [
        "token=1.5&file=jobs%2F7%2F0002.png",
        "response-content-disposition=attachment%3B%20filename%3D%220002.png%22",
    ],
)
def test_a_name_in_a_links_query_is_the_files(query: str) -> None:
    (one,) = plan_destinations([FrameOutput(url=f"http://farm/download?{query}")], SHOT)
    assert one.path == OUT / "shot_0002.png"


def test_links_without_names_are_the_frames_in_their_order_once_there_are_as_many() -> None:
    links = [FrameOutput(url=f"http://farm/o/{name}") for name in ("9f3", "77ab12", "0c4d9")]
    assert [one.frame for one in plan_destinations(links, SHOT)] == [1, 2, 3]
    assert [one.frame for one in plan_destinations(links[:2], SHOT)] == [None, None]
    twins = [FrameOutput(url=f"http://farm/o/{name}/frame.png") for name in "xyz"]
    assert [one.path for one in plan_destinations(twins, SHOT)] == [OUT / f"shot_{at:04d}.png" for at in (1, 2, 3)]


def test_a_view_that_all_files_have_is_no_part_of_a_name() -> None:
    assert places([output("0002.png", view="main")]) == {"farm/0002.png": OUT / "shot_0002.png"}


@pytest.mark.parametrize("new", [None, []], ids=["no list", "an empty list"])
def test_a_legacy_list_counts_where_the_new_one_is_empty(new: list[object] | None) -> None:
    found = Downloads.read(
        {
            "frames": ["http://farm/0001.png"],
            "compositeNodes": ["http://farm/depth0001.exr"],
            "transforms": {},
            "frameOutputs": new,
            "compositeNodeOutputs": new,
        }
    )
    assert [(one.url, one.is_frame) for one in found.all_outputs()] == [
        ("http://farm/0001.png", True),
        ("http://farm/depth0001.exr", False),
    ]


def test_a_new_list_counts_beside_a_legacy_one() -> None:
    new = [{"url": "http://farm/0001.png"}]
    found = Downloads.read({"frames": ["http://farm/x.png"], "compositeNodes": [], "frameOutputs": new})
    assert [one.url for one in found.all_outputs()] == ["http://farm/0001.png"]
