"""Nodes that an artist has linked in a circle by mistake: Blender makes nothing of them, and the check goes on."""

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.mark.parametrize("kind", ["NodeReroute", "GeometryNodeSwitch"])
def test_a_path_that_comes_from_a_circle_ends_the_search(
    fresh_file: None, part: Callable[[str], ModuleType], kind: str
) -> None:
    import bpy

    if bpy.app.version < (4, 5, 0):
        pytest.skip("nodes that read files are new in 4.5")
    group = bpy.data.node_groups.new("Circle", "GeometryNodeTree")
    outside = group.interface.new_socket("Path", in_out="INPUT", socket_type="NodeSocketString")
    reader, start = group.nodes.new("GeometryNodeImportOBJ"), group.nodes.new("NodeGroupInput")
    circle = [group.nodes.new(kind) for _ in range(2)]
    if kind == "GeometryNodeSwitch":
        for node in circle:
            node.input_type = "STRING"
    texts = [[each for each in node.inputs if each.enabled and each.type != "BOOLEAN"] for node in circle]
    for node, (following, *_) in zip(circle, reversed(texts), strict=True):
        group.links.new(node.outputs[0], following)
    group.links.new(circle[0].outputs[0], reader.inputs["Path"])
    if kind == "GeometryNodeSwitch":
        group.links.new(start.outputs["Path"], texts[0][1])
    paths = part("scene.scan.node_paths")
    found = list(paths.origins(reader.inputs["Path"]))
    assert len(found) == (2 if kind == "GeometryNodeSwitch" else 0)
    assert len(list(paths.readers(group, outside.identifier))) == (1 if kind == "GeometryNodeSwitch" else 0)
