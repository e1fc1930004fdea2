"""Names are read as meant: percent-encoded ones, free words of nodes, and views with marks of their own."""

from pathlib import Path

import pytest
from test_paths_and_targets import OUT, job, node_output

from farmhand.client.models import Downloads, FrameOutput
from farmhand.courier.frames.destinations import plan_destinations

SHOT = job(str(OUT / "shot_####.png"))


def frame(name: str, link: str = "http://farm/file/7f3a", **values: str) -> FrameOutput:
    return FrameOutput(url=link, file_name=name, **values)


def paths(outputs: list[FrameOutput], of: object = SHOT) -> list[Path | None]:
    return [one.path for one in plan_destinations(outputs, of)]  # type: ignore[arg-type]


@pytest.mark.parametrize("link", ["http://farm/file/7f3a", "http://farm/my%20shot%200002.png?sign=a", "http://farm/f/"])
def test_a_percent_encoded_name_has_the_number_and_the_folder_that_it_means(link: str) -> None:
    (one,) = plan_destinations([frame("my%20shot%200002.png", link)], SHOT)
    assert (one.frame, one.path) == (2, OUT / "shot_0002.png")
    (named,) = paths([frame("my%20shot%200002.png", link, relative_path="r%C3%A9nder/my%20shot%200002.png")], job())
    assert named == OUT / "rénder" / "my shot 0002.png"


def test_a_character_that_no_file_may_have_is_no_reason_to_refuse_a_name_that_came_encoded() -> None:
    (one,) = plan_destinations([frame("Depth%3A%20Z_0002%3F.png")], job())
    assert (one.frame, one.path, one.problem) == (2, OUT / "Depth_ Z_0002_.png", "")


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("100%25_0002.png", "http://farm/100%2525_0002.png?sign=a"),  # the link spells it out
        ("100% cotton%20_0002.png", "http://farm/file"),
        ("%FF_0002.png", "http://farm/file"),
        ("a%0A_0002.png", "http://farm/file"),
        ("..%2Fa_0002.png", "http://farm/file"),
    ],
)
def test_a_name_in_which_a_percent_sign_is_no_code_stays_as_it_is(name: str, link: str) -> None:
    assert paths([frame(name, link)], job()) == [OUT / name]


@pytest.mark.parametrize(
    ("node", "folder"),
    [
        ("Depth: Z", "Depth_ Z"),
        ("What?", "What_"),
        ("a/b.", "a_b"),
        ("AO ", "AO"),
        ("..", "_"),
        ("CON", "_CON"),
        ("aux.v2", "_aux.v2"),
        ("File Output.001", "File Output.001"),
        ("x" * 300, "x" * 63),
    ],
)
def test_a_node_may_have_any_name(node: str, folder: str) -> None:
    (one,) = plan_destinations([node_output("depth0002.exr", composite_node_name=node)], SHOT)
    assert (one.path, one.problem) == (OUT / folder / "depth0002.exr", "")


@pytest.mark.parametrize("names", [("a:", "a?", "a_"), ("Depth/A", "Depth_A", "Depth\\A", "Depth%2FA")])
def test_files_of_nodes_whose_folder_is_the_same_are_all_brought(names: tuple[str, ...]) -> None:
    nodes = [node_output("z0002.exr", composite_node_name=name) for name in names]
    found = plan_destinations(nodes, SHOT)
    assert len({one.path for one in found}) == len({one.name for one in found}) == len(names)


def test_a_view_is_called_what_the_services_own_names_call_it() -> None:
    both = [frame(f"x_0002{mark}.png", view=view) for view, mark in (("left", "_L"), ("right", "_R"))]
    assert paths(both) == [OUT / "shot_0002_L.png", OUT / "shot_0002_R.png"]
    nodes = [
        node_output(f"depth0002{mark}.exr", view=view, relative_path="Depth")
        for view, mark in (("left", "_L"), ("right", "_R"))
    ]
    assert paths(nodes) == [OUT / "Depth" / "depth0002_L.exr", OUT / "Depth" / "depth0002_R.exr"]


def test_views_whose_files_have_one_name_get_the_views_own_names() -> None:
    both = [frame("0002.png", relative_path=view, view=view) for view in ("left", "right")]
    assert paths(both) == [OUT / "shot_0002_left.png", OUT / "shot_0002_right.png"]
    lefty = job(str(OUT / "left_####.png"))  # a pattern that has a view's name
    assert paths(both, lefty) == [OUT / "left_0002_left.png", OUT / "left_0002_right.png"]


def read(new: list[object], links: list[str], *, is_final: bool = True) -> list[str]:
    found = Downloads.read({"frames": links, "compositeNodes": [], "transforms": {}, "frameOutputs": new})
    return [one.url for one in found.all_outputs(is_final=is_final)]


def test_what_a_new_list_lacks_in_the_end_comes_from_the_legacy_one() -> None:
    links = [f"http://farm/{number:04d}.png?sign={number}" for number in (1, 2, 3)]
    whole = {"url": "http://farm/0001.png?sign=new", "fileName": "0001.png"}
    for bad in ({"url": None, "fileName": "0002.png"}, {"url": "", "fileName": "0002.png"}, {}, None):
        assert read([whole, bad], links) == [whole["url"], *links[1:]]
        assert read([whole, bad], links, is_final=False) == [whole["url"]]  # it may have a link soon


@pytest.mark.parametrize(
    "links",
    [
        ["http://other/1.png", "http://other/2.png"],
        ["http://farm/get?id=1", "http://farm/get?id=2"],
        ["http://farm/1.png"],
    ],
    ids=["other objects", "told apart by the query alone", "nothing more"],
)
def test_a_legacy_list_that_may_mean_the_same_files_adds_none(links: list[str]) -> None:
    for link in ("http://farm/1.png?sign=new", "http://farm/get?id=7"):
        assert read([{"url": link}], links) == [link]


def test_a_compositor_nodes_file_in_a_legacy_list_of_all_files_is_no_frame() -> None:
    links = [f"http://farm/{name}" for name in ("0001.png", "0002.png", "z0002.exr")]
    new = {"frameOutputs": [{"url": links[0]}], "compositeNodeOutputs": [{"url": links[2]}]}
    found = Downloads.read({"frames": links, "compositeNodes": [], "transforms": {}, **new})
    assert [(one.url, one.is_frame) for one in found.all_outputs(is_final=True)] == [
        (links[0], True),
        (links[1], True),
        (links[2], False),
    ]


def test_links_without_names_stay_in_the_order_of_the_frames_when_a_gap_is_filled() -> None:
    links = [f"http://farm/file/{name}" for name in ("7fa", "9be", "c4d")]
    found = Downloads.read({"frames": links, "frameOutputs": [{"url": links[0]}, {"url": None}, {"url": links[2]}]})
    planned = plan_destinations(found.all_outputs(is_final=True), SHOT)
    assert [(one.output.url, one.frame) for one in planned] == list(zip(links, (1, 2, 3), strict=True))


@pytest.mark.parametrize("link", ["http://farm/file/{}", "http://farm/{:04d}.png"])
@pytest.mark.parametrize("member", ["fileName", "relativePath"])
def test_links_whose_numbers_are_not_those_of_the_frames_fill_no_gap(link: str, member: str) -> None:
    links = [link.format(number) for number in (0, 1, 2)]
    assert read([{"url": links[0], member: "0001.png"}, {"url": None, member: "0002.png"}], links) == links[:1]


def test_a_name_that_is_the_scenes_own_is_not_decoded() -> None:
    own = job(str(OUT / "50%####.png"), frames=(12, 2012, 2013))
    found = plan_destinations([frame("50%2012.png"), frame("50%2013.png")], own)
    assert [(one.frame, one.path) for one in found] == [
        (2012, OUT / "50%2012.png"), (2013, OUT / "50%2013.png"),
    ]  # fmt: skip
    assert plan_destinations([frame("50%2012.png")], job(frames=(12,)))[0].frame == 12


@pytest.mark.parametrize("start", ["shot_000", "frame", "R2_frame"])
def test_the_digit_at_the_end_of_a_view_is_no_frame(start: str) -> None:
    both = [
        frame(f"{start}{number}_{mark}.png", view=view)
        for number in (2, 3)
        for view, mark in (("left", "L1"), ("right", "R2"))
    ]
    found = plan_destinations(both, SHOT)
    assert sorted(one.frame or 0 for one in found) == [2, 2, 3, 3]
    assert len({one.path for one in found}) == 4
