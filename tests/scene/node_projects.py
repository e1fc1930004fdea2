"""Projects whose nodes, lamps and texts name files; each answers with the files that they need."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import bpy
from making import geometry_group, give, image_file, plane, save, stored_relative, use_nodes


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
    thing = plane()
    file = folder / "lamp.ies"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("IESNA:LM-63-2002\nTILT=NONE\n1 1000 1 3 1 1 2 0 0 0 1 1 100\n0 45 90\n0\n1000 500 0\n")
    bpy.ops.object.light_add(type="POINT", location=(0, 0, 2))
    lamp = bpy.context.object.data
    lamp.energy = 100
    tree = use_nodes(lamp)
    node = tree.nodes.new("ShaderNodeTexIES")
    node.mode = "EXTERNAL"
    node.filepath = str(file)
    emission = next(each for each in tree.nodes if each.type == "EMISSION")
    tree.links.new(node.outputs[0], emission.inputs["Strength"])
    bpy.context.view_layer.objects.active = thing
    save(folder / "scene.blend")
    return [file]


def script(folder: Path) -> list[Path]:
    """An OSL file that a node names."""
    node = _script_node()
    file = _osl(folder / "stripes.osl")
    node.mode, node.filepath = "EXTERNAL", str(file)
    _show_script(node)
    file.with_suffix(".oso").unlink(missing_ok=True)  # made by Blender, and made anew when it is not there
    save(folder / "scene.blend")
    return [file]


def script_includes(folder: Path) -> list[Path]:
    """An OSL file that includes others: beside it, above it, through each other, and by an absolute path."""
    node = _script_node()
    file = _osl(folder / "osl" / "stripes.osl")
    far = folder / "far away"
    texts = {
        folder / "osl" / "palette.h": '#include "../shared/math.h"\n#define LEAF HALF * color(0, 1, 0)\n',
        folder / "shared" / "math.h": f'#include "{far / "constants.h"}"\n#define HALF (ONE / 2)\n',
        far / "constants.h": "#define ONE 1.0\n",
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    file.write_text(
        '#include "palette.h"  // the colors\n#include <color2.h>\n/*\n#include "gone.h"\n*/\n'
        '#ifdef NEVER\n#include "never.h"\n#endif\nshader stripes(output color Color = 0) { Color = LEAF; }\n'
    )
    node.mode, node.filepath = "EXTERNAL", str(file)
    _show_script(node)
    file.with_suffix(".oso").unlink(missing_ok=True)
    save(folder / "scene.blend")
    return [file, *texts]


def script_textures(folder: Path) -> list[Path]:
    """A script that is given a picture and tiles; its own default, and a text that is no file, need none."""
    node = _script_node()
    file, picture = folder / "look" / "paint.osl", image_file(folder / "textures" / "paint.png")
    file.parent.mkdir(parents=True)
    tiles = [image_file(folder / "textures" / f"tile.{number}.png") for number in (1001, 1002)]
    default = image_file(folder / "default.png")
    file.write_text(
        f'shader paint(string File = "{default}", string Tiles = "", string Mode = "soft.light", '
        "output color Result = 0)\n{ Result = texture(File, u, v) + texture(Tiles, u, v); }\n"
    )
    node.mode, node.filepath = "EXTERNAL", str(file)
    save(folder / "scene.blend")
    _show_script(node)
    file.with_suffix(".oso").unlink(missing_ok=True)
    node.inputs["File"].default_value = "//textures/paint.png"
    node.inputs["Tiles"].default_value = "//textures/tile.<UDIM>.png"
    save(folder / "scene.blend")
    return [file, picture, *tiles]


def script_text(folder: Path) -> list[Path]:
    """An OSL text data-block, which Blender reads from its file when it opens the .blend."""
    node = _script_node()
    file = _osl(folder / "stripes.osl")
    node.mode, node.script = "INTERNAL", bpy.data.texts.load(str(file))
    _show_script(node)
    save(folder / "scene.blend")
    return [file]


def script_camera(folder: Path) -> list[Path]:
    """5.0: a lens written in OSL."""
    thing = plane()
    thing.scale = (0.2, 0.2, 1)
    file = folder / "lens.osl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "shader lens(output point position = 0, output vector direction = 0, output color throughput = 1)\n"
        "{ direction = vector(0, 0, 1); }\n"
    )
    scene = bpy.context.scene
    scene.cycles.shading_system = True
    lens = scene.camera.data
    lens.type, lens.custom_mode, lens.custom_filepath = "CUSTOM", "EXTERNAL", str(file)
    file.with_suffix(".oso").unlink(missing_ok=True)
    save(folder / "scene.blend")
    return [file]


def freestyle_script(folder: Path) -> list[Path]:
    """A style module, one of Blender's own, in a file."""
    plane().scale = (0.3, 0.3, 1)
    file = folder / "style.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    styles = bpy.utils.system_resource("SCRIPTS", path="freestyle/styles")
    file.write_text(Path(styles, "contour.py").read_text())
    scene = bpy.context.scene
    scene.render.use_freestyle = True
    layer = scene.view_layers[0]
    layer.use_freestyle = True
    layer.freestyle_settings.mode = "SCRIPT"
    layer.freestyle_settings.modules.new().script = bpy.data.texts.load(str(file))
    save(folder / "scene.blend")
    return [file]


def node_path(folder: Path) -> list[Path]:
    """4.5 and later: nodes that read a file."""
    _, reader, file = _imports(folder)
    reader.inputs["Path"].default_value = str(file)
    save(folder / "scene.blend")
    return [file]


def modifier_path(folder: Path) -> list[Path]:
    """The modifier says which file."""
    group, reader, file = _imports(folder)
    socket = group.interface.new_socket("Path", in_out="INPUT", socket_type="NodeSocketString")
    socket.subtype = "FILE_PATH"
    _join_input(group, reader)
    give(bpy.data.objects["Plane"].modifiers[0], socket, str(file))
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    return [file]


def modifier_text(folder: Path) -> list[Path]:
    """The modifier's input is a mere text; that it is a path shows in what reads it."""
    group, reader, file = _imports(folder)
    socket = group.interface.new_socket("Which", in_out="INPUT", socket_type="NodeSocketString")
    _join_input(group, reader)
    give(bpy.data.objects["Plane"].modifiers[0], socket, str(file))
    save(folder / "scene.blend")
    return [file]


def nested_path(folder: Path) -> list[Path]:
    """A group inside the group, with a text node before it."""
    inner, reader, file = _imports(folder)
    inner.interface.new_socket("Which", in_out="INPUT", socket_type="NodeSocketString")
    _join_input(inner, reader)
    outer = bpy.data.node_groups.new("Outer", "GeometryNodeTree")
    outer.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    node, text = outer.nodes.new("GeometryNodeGroup"), outer.nodes.new("FunctionNodeInputString")
    node.node_tree, text.string = inner, str(file)
    outer.links.new(text.outputs[0], node.inputs["Which"])
    outer.links.new(node.outputs[0], outer.nodes.new("NodeGroupOutput").inputs[0])
    bpy.data.objects["Plane"].modifiers[0].node_group = outer
    save(folder / "scene.blend")
    return [file]


def chosen_path(folder: Path) -> list[Path]:
    """Nodes choose between two paths, of which one comes from outside the group, at each frame."""
    group, reader, file = _imports(folder)
    other = file.with_name("other" + file.suffix)
    other.write_bytes(file.read_bytes())
    choice = group.nodes.new("GeometryNodeSwitch")
    choice.input_type = "STRING"
    paths = [each for each in choice.inputs if each.type == "STRING" and each.enabled]
    paths[0].default_value = str(file)
    socket = group.interface.new_socket("Which", in_out="INPUT", socket_type="NodeSocketString")
    start = next((each for each in group.nodes if each.type == "GROUP_INPUT"), None) or group.nodes.new(
        "NodeGroupInput"
    )
    group.links.new(start.outputs["Which"], paths[1])
    group.links.new(choice.outputs[0], reader.inputs["Path"])
    time, later = group.nodes.new("GeometryNodeInputSceneTime"), group.nodes.new("FunctionNodeCompare")
    later.inputs[1].default_value = 4
    group.links.new(time.outputs["Frame"], later.inputs[0])
    group.links.new(later.outputs[0], choice.inputs[0])
    give(bpy.data.objects["Plane"].modifiers[0], socket, str(other))
    save(folder / "scene.blend")
    return [file, other]


def computed_path(folder: Path) -> list[Path]:
    """Nothing that can be found out: nodes put the path together."""
    group, reader, file = _imports(folder)
    join, text = group.nodes.new("GeometryNodeStringJoin"), group.nodes.new("FunctionNodeInputString")
    text.string = str(file)
    group.links.new(text.outputs[0], join.inputs["Strings"])
    group.links.new(join.outputs[0], reader.inputs["Path"])
    save(folder / "scene.blend")
    return []


def _imports(folder: Path) -> tuple[Any, Any, Path]:
    """A geometry nodes modifier that shows what it reads from a file."""
    thing = plane()
    file = folder / "shape.ply"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 1\nproperty list uchar int vertex_indices\nend_header\n-2 -2 0\n2 -2 0\n0 2 0\n3 0 1 2\n"
    )
    group, _, out = geometry_group(thing, "Reads")
    reader = group.nodes.new("GeometryNodeImportPLY")
    group.links.new(reader.outputs[0], out.inputs[0])
    return group, reader, file


def _join_input(group: Any, reader: Any) -> None:
    """The group's last input, through a reroute."""
    start = next((node for node in group.nodes if node.type == "GROUP_INPUT"), None)
    passing = group.nodes.new("NodeReroute")
    group.links.new(start.outputs[-2], passing.inputs[0])
    group.links.new(passing.outputs[0], reader.inputs["Path"])


def _script_node() -> Any:
    thing = plane()
    bpy.context.scene.cycles.shading_system = True
    return thing.data.materials[0].node_tree.nodes.new("ShaderNodeScript")


def _osl(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("shader stripes(output color Result = 0) { Result = color(9, 0, 0); }\n")
    return file


def _show_script(node: Any) -> None:
    """What the script makes is the plane's light, in a build that has OSL."""
    tree = node.id_data
    if not getattr(bpy.app.build_options, "cycles_osl", False):
        return
    # The bpy module brings oslquery, where its Python does not look.
    places = Path(bpy.utils.resource_path("LOCAL"), "python").glob("lib/**/site-packages")
    sys.path += [str(place) for place in places if str(place) not in sys.path]
    importlib.import_module("cycles.osl").update_script_node(node, print)
    shader = next(each for each in tree.nodes if each.type == "BSDF_PRINCIPLED")
    tree.links.new(node.outputs[0], shader.inputs["Emission Color"])
    shader.inputs["Emission Strength"].default_value = 1.0
