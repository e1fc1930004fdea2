"""Projects that read pictures, movies and sounds; each answers with the files that frames 3 to 5 need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from making import (
    geometry_group,
    give,
    image_file,
    image_strip_of,
    movie_file,
    paint,
    pictures,
    plane,
    save,
    stored_absolute,
    stored_relative,
    use_nodes,
)


def image(folder: Path) -> list[Path]:
    thing = plane()
    texture = image_file(folder / "textures" / "wood ünï.png")
    paint(thing, bpy.data.images.load(str(texture)))
    save(folder / "shots" / "scene.blend")
    stored_relative(folder / "shots" / "scene.blend")
    return [texture]


def base_color(folder: Path) -> list[Path]:
    """The picture is the color of a surface that a white sun lights."""
    thing = plane()
    texture = image_file(folder / "wood.png", 0.9)
    tree = thing.data.materials[0].node_tree
    node = paint(thing, bpy.data.images.load(str(texture)))
    shader = next(each for each in tree.nodes if each.type == "BSDF_PRINCIPLED")
    shader.inputs["Emission Strength"].default_value, shader.inputs["Roughness"].default_value = 0.0, 1.0
    tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    save(folder / "scene.blend")
    return [texture]


def image_absolute(folder: Path) -> list[Path]:
    thing = plane()
    texture = image_file(folder / "elsewhere" / "wood.png", 0.2)
    paint(thing, bpy.data.images.load(str(texture)))
    save(folder / "shots" / "deep" / "scene.blend")
    stored_absolute(folder / "shots" / "deep" / "scene.blend")
    return [texture]


def packed_image(folder: Path) -> list[Path]:
    thing = plane()
    loaded = bpy.data.images.load(str(image_file(folder / "wood.png")))
    loaded.pack()
    paint(thing, loaded)
    save(folder / "scene.blend")
    return []


def tiles(folder: Path) -> list[Path]:
    thing = plane()
    made = [image_file(folder / "udim" / f"skin.{number}.png", number % 7 / 7) for number in (1001, 1002, 1011)]
    loaded = bpy.data.images.load(str(made[0]))
    loaded.source = "TILED"
    for number in (1002, 1011):
        if loaded.tiles.get(number) is None:
            loaded.tiles.new(tile_number=number)
    for tile in [each for each in loaded.tiles if each.number not in (1001, 1002, 1011)]:
        loaded.tiles.remove(tile)
    loaded.filepath = str(folder / "udim" / "skin.<UDIM>.png")
    paint(thing, loaded)
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    image_file(folder / "udim" / "skin.1099.png")
    return made


def sequence(folder: Path) -> list[Path]:
    thing = plane()
    made = [image_file(folder / "seq" / f"plate_{number:04d}.png", number / 12) for number in range(1, 11)]
    loaded = bpy.data.images.load(str(made[0]))
    loaded.source = "SEQUENCE"
    node = paint(thing, loaded)
    node.image_user.frame_duration = 10
    node.image_user.frame_start = 2
    node.image_user.frame_offset = 1
    node.image_user.use_auto_refresh = True
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    return made[2:5]


def sequence_before_its_start(folder: Path) -> list[Path]:
    """Blender shows the file before the first one until the sequence starts."""
    thing = plane()
    made = [image_file(folder / "seq" / f"plate_{number:04d}.png", number / 12) for number in range(11)]
    _load_sequence(made[1], paint(thing, None), frame_start=10, frame_duration=5)
    save(folder / "scene.blend")
    return made[:1]


def stereo_sequence(folder: Path) -> list[Path]:
    thing = plane()
    made = [
        image_file(folder / "eyes" / f"p_{number:04d}{suffix}.png", number / 12 + shade)
        for number in range(1, 7)
        for suffix, shade in (("_L", 0), ("_R", 0.4))
    ]
    bpy.context.scene.render.use_multiview = True
    loaded = _load_sequence(made[0], paint(thing, None), frame_duration=6)
    loaded.use_multiview, loaded.views_format = True, "INDIVIDUAL"
    save(folder / "scene.blend")
    return made[4:10]


def sequence_in_geometry(folder: Path) -> list[Path]:
    """All files: nodes compute which one they read."""
    made, _, texture = _moved_by_sequence(folder)
    texture.inputs["Image"].default_value = bpy.data.images["plate_0001.png"]
    save(folder / "scene.blend")
    return made


def sequence_by_image_node(folder: Path) -> list[Path]:
    made, group, texture = _moved_by_sequence(folder)
    source = group.nodes.new("GeometryNodeInputImage")
    source.image = bpy.data.images["plate_0001.png"]
    group.links.new(source.outputs[0], texture.inputs["Image"])
    save(folder / "scene.blend")
    return made


def image_by_modifier(folder: Path) -> list[Path]:
    """A picture that a modifier hands to its nodes."""
    thing = plane()
    thing.scale = (0.4, 0.4, 1)
    made = image_file(folder / "wood.png")
    group, start, out = geometry_group(thing, "Moved")
    socket = group.interface.new_socket("Image", in_out="INPUT", socket_type="NodeSocketImage")
    texture, move = group.nodes.new("GeometryNodeImageTexture"), group.nodes.new("GeometryNodeSetPosition")
    group.links.new(start.outputs["Geometry"], move.inputs[0])
    group.links.new(start.outputs["Image"], texture.inputs["Image"])
    group.links.new(texture.outputs["Color"], move.inputs["Offset"])
    group.links.new(move.outputs[0], out.inputs[0])
    give(thing.modifiers[0], socket, bpy.data.images.load(str(made)))
    save(folder / "scene.blend")
    return [made]


def _moved_by_sequence(folder: Path) -> tuple[list[Path], Any, Any]:
    """A plane that geometry nodes move by the color of a sequence's fourth file."""
    thing = plane()
    thing.scale = (0.4, 0.4, 1)
    made = [image_file(folder / "seq" / f"plate_{number:04d}.png", number / 12) for number in range(1, 9)]
    bpy.data.images.load(str(made[0])).source = "SEQUENCE"
    group, start, out = geometry_group(thing, "Moved")
    texture, move = group.nodes.new("GeometryNodeImageTexture"), group.nodes.new("GeometryNodeSetPosition")
    texture.inputs["Frame"].default_value = 4
    group.links.new(start.outputs[0], move.inputs[0])
    group.links.new(texture.outputs["Color"], move.inputs["Offset"])
    group.links.new(move.outputs[0], out.inputs[0])
    return made, group, texture


def _load_sequence(first: Path, node: Any, **members: int) -> Any:
    node.image = bpy.data.images.load(str(first))
    node.image.source = "SEQUENCE"
    node.image_user.use_auto_refresh = True
    for name, value in members.items():
        setattr(node.image_user, name, value)
    return node.image


def world(folder: Path) -> list[Path]:
    plane()
    sky = image_file(folder / "sky.exr", 0.8)
    made = bpy.data.worlds.new("Sky")
    use_nodes(made)
    bpy.context.scene.world = made
    node = made.node_tree.nodes.new("ShaderNodeTexEnvironment")
    node.image = bpy.data.images.load(str(sky))
    background = next(each for each in made.node_tree.nodes if each.type == "BACKGROUND")
    made.node_tree.links.new(node.outputs[0], background.inputs[0])
    save(folder / "scene.blend")
    return [sky]


def image_strip(folder: Path) -> list[Path]:
    plane()
    made = pictures(folder / "strip", 8)
    image_strip_of(made)
    save(folder / "scene.blend")
    return made[2:5]


def active_clip(folder: Path) -> list[Path]:
    """Nothing: only the scene “Second”, which is not the open one, has a clip that a constraint follows."""
    plane()
    made = image_file(folder / "clip" / "shot_0001.png")
    second = bpy.context.scene.copy()
    second.name = "Second"
    second.use_fake_user = True
    second.active_clip = bpy.data.movieclips.load(str(made))
    bpy.context.scene.camera.constraints.new("CAMERA_SOLVER").use_active_clip = True
    save(folder / "scene.blend")
    return []


def only_other_scenes(folder: Path) -> list[Path]:
    """Nothing: the picture belongs to a scene that is not rendered, or is for the artist's eye alone."""
    plane()
    other = bpy.data.scenes.new("Other")
    other.collection.objects.link(_painted("Other", image_file(folder / "other.png")))
    view = bpy.data.images.load(str(image_file(folder / "reference.png")))
    camera = bpy.context.scene.camera.data
    camera.show_background_images = True
    camera.background_images.new().image = view
    save(folder / "scene.blend")
    return []


def hidden(folder: Path) -> list[Path]:
    """A hidden collection and a hidden object are not rendered; one that appears later is.

    A camera that nothing looks through stands on a hidden object with a picture of its own.
    """
    plane()
    scene = bpy.context.scene
    collection = bpy.data.collections.new("Hidden")
    collection.hide_render = True
    scene.collection.children.link(collection)
    collection.objects.link(_painted("Inside", image_file(folder / "inside.png")))
    alone = _painted("Alone", image_file(folder / "alone.png"))
    alone.hide_render = True
    made = image_file(folder / "later.png")
    later = _painted("Later", made)
    later.location.z = 0.1
    stand = _painted("Stand", image_file(folder / "stand.png"))
    stand.hide_render = True
    aside = bpy.data.objects.new("Aside", bpy.data.cameras.new("Aside"))
    aside.hide_render = True
    aside.parent = stand
    for thing in (alone, later, stand, aside):
        scene.collection.objects.link(thing)
    for frame, is_hidden in ((1, True), (3, False)):
        later.hide_render = is_hidden
        later.keyframe_insert("hide_render", frame=frame)
    scene.frame_set(1)
    save(folder / "scene.blend")
    return [made]


def _painted(name: str, texture: Path) -> Any:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([(-1, -1, 0), (1, -1, 0), (1, 1, 0)], [], [(0, 1, 2)])
    material = bpy.data.materials.new(name)
    use_nodes(material)
    mesh.materials.append(material)
    thing = bpy.data.objects.new(name, mesh)
    paint(thing, bpy.data.images.load(str(texture)))
    return thing


def stereo_image(folder: Path) -> list[Path]:
    """A picture for each eye; Blender puts the suffix of the view in the name."""
    thing = plane()
    made = [image_file(folder / "eyes" / f"plate{suffix}.png", shade) for suffix, shade in (("_L", 0.2), ("_R", 0.8))]
    bpy.context.scene.render.use_multiview = True
    loaded = bpy.data.images.load(str(made[0]))
    loaded.use_multiview = True
    loaded.views_format = "INDIVIDUAL"
    paint(thing, loaded)
    save(folder / "scene.blend")
    stored_relative(folder / "scene.blend")
    return made


def movie(folder: Path) -> list[Path]:
    thing = plane()
    file = movie_file(folder / "plate.avi")
    node = paint(thing, bpy.data.images.load(str(file)))
    node.image_user.frame_duration = 6
    node.image_user.use_auto_refresh = True
    save(folder / "scene.blend")
    return [file]
