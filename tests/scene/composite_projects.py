"""Projects whose pictures pass through compositing nodes: a scene's own, and those of strips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
from making import compositor_tree, image_file, image_strip_of, movie_file, paint, pictures, plane, save, strips


def compositor(folder: Path) -> list[Path]:
    plane()
    plate = image_file(folder / "plate.png", 0.4, 24)
    composite("CompositorNodeImage", image=bpy.data.images.load(str(plate)))
    save(folder / "scene.blend")
    return [plate]


def compositor_of_other_scenes(folder: Path) -> list[Path]:
    """Render layers show another scene, whose strips nobody renders."""
    texture, shown = _other_scene(folder)
    composite("CompositorNodeRLayers", scene=shown)
    save(folder / "scene.blend")
    return [texture]


def movie_clip(folder: Path) -> list[Path]:
    plane()
    file = movie_file(folder / "shot.avi", size=24)
    composite("CompositorNodeMovieClip", clip=bpy.data.movieclips.load(str(file)))
    save(folder / "scene.blend")
    return [file]


def clip(folder: Path) -> list[Path]:
    plane()
    made = [image_file(folder / "clip" / f"shot_{number:04d}.png", number / 25, 24) for number in range(11, 20)]
    composite("CompositorNodeMovieClip", clip=bpy.data.movieclips.load(str(made[0])))
    save(folder / "scene.blend")
    # 4.2 asks the first file how large the pictures are.
    return made[2:5] if bpy.app.version >= (4, 5, 0) else [made[0], *made[2:5]]


def effects(folder: Path) -> list[Path]:
    """Two effects over each other; a third is switched off for renders."""
    plane()
    plates = {name: image_file(folder / f"{name}.png", shade, 24) for name, shade in (("a", 0.2), ("b", 0.9), ("c", 0))}
    for name, plate in plates.items():
        effect = bpy.context.scene.compositor_effects.new(name)
        effect.node_group = _mixed_over(name, plate)
        effect.enable_for_render = name != "c"
    save(folder / "scene.blend")
    return [plates["a"], plates["b"]]


def effect_that_comes_later(folder: Path) -> list[Path]:
    """Its switch is animated."""
    plane()
    plate = image_file(folder / "plate.png", 0.4, 24)
    effect = bpy.context.scene.compositor_effects.new("Later")
    effect.node_group = _mixed_over("Later", plate)
    for frame, is_on in ((1, False), (3, True)):
        effect.enable_for_render = is_on
        effect.keyframe_insert("enable_for_render", frame=frame)
    bpy.context.scene.frame_set(1)
    save(folder / "scene.blend")
    return [plate]


def effect_of_other_scenes(folder: Path) -> list[Path]:
    """Render layers inside a group of an effect show another scene."""
    texture, shown = _other_scene(folder)
    inner = _group("Inner", lambda tree: _node(tree, "CompositorNodeRLayers", scene=shown).outputs[0])
    outer = _group("Outer", lambda tree: _node(tree, "CompositorNodeGroup", node_tree=inner).outputs[0])
    bpy.context.scene.compositor_effects.new("Other").node_group = outer
    save(folder / "scene.blend")
    return [texture]


def effect_font(folder: Path) -> list[Path]:
    """An effect hands a font to its group."""
    plane()
    effect = bpy.context.scene.compositor_effects.new("Title")
    effect.node_group = group = _titles()
    font = _font_file(folder)
    _input(effect, group, "Font").value = bpy.data.fonts.load(str(font))
    save(folder / "scene.blend")
    return [font]


def strip_modifier(folder: Path) -> list[Path]:
    """Nodes over a strip show another picture."""
    plane()
    made = pictures(folder / "strip", 8)
    plate = image_file(folder / "plate.png", 0.4, 24)
    image_strip_of(made).modifiers.new("Nodes", "COMPOSITOR").node_group = _mixed_over("Nodes", plate)
    save(folder / "scene.blend")
    return [*made[2:5], plate]


def compositor_strip(folder: Path) -> list[Path]:
    """A strip that is made by nodes alone."""
    plane()
    plate = image_file(folder / "plate.png", 0.4, 24)
    _nodes_strip().node_group = _group("Strip", lambda tree: _picture(tree, plate).outputs[0])
    save(folder / "scene.blend")
    return [plate]


def strip_font(folder: Path) -> list[Path]:
    """A strip made by nodes hands a font to its group."""
    plane()
    strip = _nodes_strip()
    strip.node_group = group = _titles()
    font = _font_file(folder)
    _input(strip, group, "Font").value = bpy.data.fonts.load(str(font))
    save(folder / "scene.blend")
    return [font]


def modifier_font(folder: Path) -> list[Path]:
    """A modifier hands a font to the nodes over a strip."""
    plane()
    made = pictures(folder / "strip", 8)
    modifier = image_strip_of(made).modifiers.new("Nodes", "COMPOSITOR")
    modifier.node_group = group = _titles()
    font = _font_file(folder)
    _input(modifier, group, "Font").value = bpy.data.fonts.load(str(font))
    save(folder / "scene.blend")
    return [*made[2:5], font]


def composite(kind: str, **members: Any) -> None:
    """The picture is what this node makes."""
    tree, out = compositor_tree(bpy.context.scene)
    tree.links.new(_node(tree, kind, **members).outputs[0], out.inputs[0])


def _other_scene(folder: Path) -> tuple[Path, Any]:
    """A scene with a texture, and another in front of it that is open now."""
    texture = image_file(folder / "wood.png", 0.2)
    paint(plane(), bpy.data.images.load(str(texture)))
    shown = bpy.context.scene
    image_strip_of([image_file(folder / "x.png")])
    front = bpy.data.scenes.new("Front")
    front.render.resolution_x = front.render.resolution_y = 24
    front.render.engine = "BLENDER_WORKBENCH"
    front.collection.objects.link(shown.camera)
    front.camera = shown.camera
    bpy.context.window.scene = front
    return texture, shown


def _node(tree: Any, kind: str, **members: Any) -> Any:
    node = tree.nodes.new(kind)
    for name, value in members.items():
        setattr(node, name, value)
    return node


def _picture(tree: Any, file: Path) -> Any:
    return _node(tree, "CompositorNodeImage", image=bpy.data.images.load(str(file)))


def _group(name: str, make: Callable[[Any], Any]) -> Any:
    """A group with a picture as input and output; the output is the socket that `make` returns."""
    tree = bpy.data.node_groups.new(name, "CompositorNodeTree")
    for direction in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Image", in_out=direction, socket_type="NodeSocketColor")
    tree.links.new(make(tree), tree.nodes.new("NodeGroupOutput").inputs[0])
    return tree


def _mixed_over(name: str, file: Path) -> Any:
    """A group that makes what it is given darker by a picture."""

    def make(tree: Any) -> Any:
        mix = _node(tree, "ShaderNodeMix", data_type="RGBA", blend_type="DARKEN")
        mix.inputs[0].default_value = 1.0
        tree.links.new(tree.nodes.new("NodeGroupInput").outputs[0], mix.inputs[6])
        tree.links.new(_picture(tree, file).outputs[0], mix.inputs[7])
        return mix.outputs[2]

    return _group(name, make)


def _titles() -> Any:
    """A group that writes a word in a font that it is given."""

    def make(tree: Any) -> Any:
        tree.interface.new_socket("Font", in_out="INPUT", socket_type="NodeSocketFont")
        text = tree.nodes.new("CompositorNodeStringToImage")
        text.inputs["String"].default_value = "HHH"
        given = tree.nodes.new("NodeGroupInput")
        tree.links.new(given.outputs["Font"], text.inputs["Font"])
        return text.outputs[0]

    return _group("Titles", make)


def _input(owner: Any, group: Any, name: str) -> Any:
    identifier = next(item.identifier for item in group.interface.items_tree if item.name == name)
    return getattr(owner.properties.inputs, identifier)


def _nodes_strip() -> Any:
    return strips().new_effect(name="Nodes", type="COMPOSITOR", channel=1, frame_start=1, length=8)


def _font_file(folder: Path) -> Path:
    source = next(Path(bpy.utils.system_resource("DATAFILES", path="fonts")).glob("*.woff2"))
    target = folder / "fonts" / source.name
    target.parent.mkdir(parents=True)
    target.write_bytes(source.read_bytes())
    return target
