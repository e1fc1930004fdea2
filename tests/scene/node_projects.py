"""Projects whose nodes, lamps and texts name files; each answers with the files that they need."""

from __future__ import annotations

from pathlib import Path

import bpy
from making import plane, save


def font(folder: Path) -> list[Path]:
    plane()
    source = next(Path(bpy.utils.system_resource("DATAFILES", path="fonts")).glob("*.woff2"))
    target = folder / "fonts" / source.name
    target.parent.mkdir(parents=True)
    target.write_bytes(source.read_bytes())
    bpy.ops.object.text_add()
    bpy.context.object.data.font = bpy.data.fonts.load(str(target))
    save(folder / "scene.blend")
    return [target]


def ies(folder: Path) -> list[Path]:
    plane()
    file = folder / "lamp.ies"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("IESNA:LM-63-2002\nTILT=NONE\n1 1000 1 3 1 1 2 0 0 0 1 1 100\n0 45 90\n0\n1000 500 0\n")
    lamp = next(each for each in bpy.data.lights)
    lamp.use_nodes = True
    tree = lamp.node_tree
    node = tree.nodes.new("ShaderNodeTexIES")
    node.mode = "EXTERNAL"
    node.filepath = str(file)
    emission = next(each for each in tree.nodes if each.type == "EMISSION")
    tree.links.new(node.outputs[0], emission.inputs["Strength"])
    save(folder / "scene.blend")
    return [file]


def script(folder: Path) -> list[Path]:
    thing = plane()
    file = folder / "stripes.osl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("shader stripes(output color Result = 0) { Result = color(u, v, 0); }\n")
    bpy.context.scene.cycles.shading_system = True
    tree = thing.data.materials[0].node_tree
    node = tree.nodes.new("ShaderNodeScript")
    node.mode = "EXTERNAL"
    node.filepath = str(file)
    shader = next(each for each in tree.nodes if each.type == "BSDF_PRINCIPLED")
    if len(node.outputs):
        tree.links.new(node.outputs[0], shader.inputs["Base Color"])
    save(folder / "scene.blend")
    return [file]


def node_path(folder: Path) -> list[Path]:
    """4.5 and later: nodes that read a file."""
    thing = plane()
    file = folder / "shape.ply"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 1\nproperty list uchar int vertex_indices\nend_header\n-2 -2 0\n2 -2 0\n0 2 0\n3 0 1 2\n"
    )
    group = bpy.data.node_groups.new("Reads", "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    reader = group.nodes.new("GeometryNodeImportPLY")
    reader.inputs["Path"].default_value = str(file)
    out = group.nodes.new("NodeGroupOutput")
    group.links.new(reader.outputs[0], out.inputs[0])
    thing.modifiers.new("Reads", "NODES").node_group = group
    save(folder / "scene.blend")
    return [file]
