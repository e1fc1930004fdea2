"""Projects that read pictures, movies and sounds; each answers with the files that frames 3 to 5 need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from making import image_file, movie_file, paint, plane, save, sound_file, stored_absolute, stored_relative


def image(folder: Path) -> list[Path]:
    thing = plane()
    texture = image_file(folder / "textures" / "wood ünï.png")
    paint(thing, bpy.data.images.load(str(texture)))
    save(folder / "shots" / "scene.blend")
    stored_relative(folder / "shots" / "scene.blend")
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


def world(folder: Path) -> list[Path]:
    plane()
    sky = image_file(folder / "sky.exr", 0.8)
    made = bpy.data.worlds.new("Sky")
    if not made.node_tree:
        made.use_nodes = True
    bpy.context.scene.world = made
    node = made.node_tree.nodes.new("ShaderNodeTexEnvironment")
    node.image = bpy.data.images.load(str(sky))
    background = next(each for each in made.node_tree.nodes if each.type == "BACKGROUND")
    made.node_tree.links.new(node.outputs[0], background.inputs[0])
    save(folder / "scene.blend")
    return [sky]


def compositor(folder: Path) -> list[Path]:
    plane()
    plate = image_file(folder / "plate.png", 0.4, 24)
    scene = bpy.context.scene
    if hasattr(scene, "compositing_node_group"):
        tree = bpy.data.node_groups.new("Comp", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene.compositing_node_group = tree
        out = tree.nodes.new("NodeGroupOutput")
    else:
        scene.use_nodes = True
        tree = scene.node_tree
        out = next(node for node in tree.nodes if node.type == "COMPOSITE")
    node = tree.nodes.new("CompositorNodeImage")
    node.image = bpy.data.images.load(str(plate))
    tree.links.new(node.outputs[0], out.inputs[0])
    save(folder / "scene.blend")
    return [plate]


def image_strip(folder: Path) -> list[Path]:
    plane()
    made = [image_file(folder / "strip" / f"{number:04d}.png", number / 12, 24) for number in range(1, 9)]
    strip = _strips().new_image(name="Strip", filepath=str(made[0]), channel=1, frame_start=1)
    for file in made[1:]:
        strip.elements.append(file.name)
    save(folder / "scene.blend")
    return made[2:5]


def clip(folder: Path) -> list[Path]:
    plane()
    made = [image_file(folder / "clip" / f"shot_{number:04d}.png", number / 12, 24) for number in range(11, 20)]
    loaded = bpy.data.movieclips.load(str(made[0]))
    thing = bpy.data.objects["Plane"]
    constraint = thing.constraints.new("FOLLOW_TRACK")
    constraint.use_active_clip = False
    constraint.clip = loaded
    save(folder / "scene.blend")
    return made[2:5]


def only_other_scenes(folder: Path) -> list[Path]:
    """Nothing: the picture belongs to a scene that is not rendered, or is for the artist's eye alone."""
    plane()
    texture = image_file(folder / "other.png")
    loaded = bpy.data.images.load(str(texture))
    other = bpy.data.scenes.new("Other")
    mesh = bpy.data.meshes.new("Other")
    material = bpy.data.materials.new("Other")
    if not material.node_tree:
        material.use_nodes = True
    mesh.materials.append(material)
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = loaded
    other.collection.objects.link(bpy.data.objects.new("Other", mesh))
    view = bpy.data.images.load(str(image_file(folder / "reference.png")))
    camera = bpy.context.scene.camera.data
    camera.show_background_images = True
    camera.background_images.new().image = view
    save(folder / "scene.blend")
    return []


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


def movie_strip(folder: Path) -> list[Path]:
    """The muted strip above it is not rendered."""
    plane()
    file = movie_file(folder / "edit" / "shot.avi")
    strips = _strips()
    strips.new_movie(name="Shot", filepath=str(file), channel=1, frame_start=1)
    muted = strips.new_movie(name="Muted", filepath=str(movie_file(folder / "old.avi")), channel=3, frame_start=1)
    muted.mute = True
    save(folder / "shots" / "scene.blend")
    stored_relative(folder / "shots" / "scene.blend")
    return [file]


def sound_strip(folder: Path) -> list[Path]:
    plane()
    made = [movie_file(folder / "edit" / "shot.avi"), sound_file(folder / "edit" / "voice.wav")]
    strips = _strips()
    strips.new_movie(name="Shot", filepath=str(made[0]), channel=1, frame_start=1)
    strips.new_sound(name="Voice", filepath=str(made[1]), channel=2, frame_start=1)
    save(folder / "scene.blend")
    return made


def sound_that_nobody_renders(folder: Path) -> list[Path]:
    """Nothing: a guide track beside a scene that renders its camera leaves no trace in the pictures."""
    plane()
    _strips().new_sound(name="Guide", filepath=str(sound_file(folder / "guide.wav")), channel=1, frame_start=1)
    save(folder / "scene.blend")
    return []


def movie_clip(folder: Path) -> list[Path]:
    thing = plane()
    file = movie_file(folder / "shot.avi")
    constraint = thing.constraints.new("FOLLOW_TRACK")
    constraint.use_active_clip = False
    constraint.clip = bpy.data.movieclips.load(str(file))
    save(folder / "scene.blend")
    return [file]


def _strips() -> Any:
    editor = bpy.context.scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences
