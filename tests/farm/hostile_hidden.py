"""Makes scenes that read what no property of theirs names: run after hostile_scenes.py, with the same arguments."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))

from hostile_parts import (
    FOLDER,
    OUTSIDE,
    PORT,
    base,
    compositor,
    glowing,
    plain_image,
    save_all,
    strips_of,
    texture_on_cube,
)


def stereo_image() -> Any:
    """An image whose views were stored while they lay on the server: the package has green and blue ones."""
    scene = base()
    scene.render.use_multiview = True
    scene.render.image_settings.views_format = "INDIVIDUAL"
    scene.view_settings.view_transform = "Standard"
    for view, color in (("L", (0, 1, 0, 1)), ("R", (0, 0, 1, 1))):
        for folder, seen in ((FOLDER, color), (OUTSIDE, (1, 0, 0, 1))):
            plain_image(f"{folder}/view_{view}.png", seen)
    image = bpy.data.images.load(OUTSIDE + "/view_L.png")
    image.use_multiview, image.views_format = True, "INDIVIDUAL"
    image.reload()
    image.use_multiview = True  # only that of an image that is loaded stores its views
    assert image.is_stereo_3d
    image.filepath_raw = "//view_L.png"
    return image


def views_of_the_server() -> Any:
    image = stereo_image()
    tree = compositor(bpy.context.scene)
    node = tree.nodes.new("CompositorNodeImage")
    node.image = image
    if bpy.app.version >= (5, 0):
        end = tree.nodes.new("NodeGroupOutput")
    else:
        end = next(each for each in tree.nodes if each.bl_idname == "CompositorNodeComposite")
    tree.links.new(node.outputs[0], end.inputs[0])
    return image


def views_that_are_off() -> None:
    """They are stored, but the image says that it has none."""
    image = views_of_the_server()
    image.buffers_free()
    paths = [Path(OUTSIDE, f"view_{view}.png") for view in "LR"]
    for path in paths:
        path.rename(path.with_suffix(".away"))
    image.use_multiview = False  # only that of an image that can be loaded removes them
    assert image.is_multiview
    for path in paths:
        path.with_suffix(".away").rename(path)


def views_over_the_network() -> None:
    """The test replaces what is stored by an address."""
    image = stereo_image()
    texture_on_cube(image)
    image.filepath_raw, image.source = "//movie.mkv", "MOVIE"


def movie_with_a_playlist_beside_it() -> None:
    """As the other eye of a strip, and as the proxy of a clip."""
    scene = base()
    scene.render.use_multiview = True
    for name in ("eye_L.mkv", "clip.mkv"):
        shutil.copyfile(OUTSIDE + "/clip.mkv", f"{FOLDER}/{name}")
    proxy = Path(FOLDER, "BL_proxy", "clip.mkv", "proxy_50.avi")
    proxy.parent.mkdir(parents=True)
    for path in (Path(FOLDER, "eye_R.mkv"), proxy):
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:{PORT}/1.ts\n#EXT-X-ENDLIST\n")
    strip = strips_of(scene).new_movie("eyes", OUTSIDE + "/clip.mkv", 1, 1)
    strip.use_multiview, strip.views_format, strip.filepath = True, "INDIVIDUAL", "//eye_L.mkv"
    bpy.data.movieclips.load(OUTSIDE + "/clip.mkv").filepath = "//clip.mkv"
    bpy.data.movieclips[0].use_fake_user = True


def text_by_a_constant_name() -> None:
    _import_text(_constant("/usr/lib/os-release"))


def text_by_a_computed_name() -> None:
    def computed(tree: Any) -> Any:
        node = tree.nodes.new("FunctionNodeReplaceString")
        node.inputs[0].default_value, node.inputs[1].default_value = "/usr/lib/xx-release", "xx"
        node.inputs[2].default_value = "os"
        return node.outputs[0]

    _import_text(computed)


def text_of_the_package() -> None:
    Path(FOLDER, "note.txt").write_text("read")
    _import_text(_constant("//note.txt"))


def _constant(path: str) -> Callable[[Any], Any]:
    def constant(tree: Any) -> Any:
        node, reroute = tree.nodes.new("FunctionNodeInputString"), tree.nodes.new("NodeReroute")
        node.string = path
        tree.links.new(node.outputs[0], reroute.inputs[0])
        return reroute.outputs[0]

    return constant


def _import_text(name_of: Callable[[Any], Any]) -> None:
    """The cube is red if the file has a text, else green."""
    scene = base()
    scene.view_settings.view_transform = "Standard"
    cube = bpy.data.objects["Cube"]
    tree = bpy.data.node_groups.new("Reads", "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    text, length, switch, mesh, end = [
        tree.nodes.new(kind)
        for kind in (
            "GeometryNodeImportText", "FunctionNodeStringLength", "GeometryNodeSwitch", "GeometryNodeMeshCube",
            "NodeGroupOutput",
        )
    ]  # fmt: skip
    mesh.inputs["Size"].default_value = (2, 2, 2)
    tree.links.new(name_of(tree), text.inputs[0])
    tree.links.new(text.outputs[0], length.inputs[0])
    tree.links.new(length.outputs[0], switch.inputs[0])
    for number, color in ((1, (0, 1, 0, 1)), (2, (1, 0, 0, 1))):
        node = tree.nodes.new("GeometryNodeSetMaterial")
        node.inputs["Material"].default_value = glowing(color)
        tree.links.new(mesh.outputs["Mesh"], node.inputs[0])
        tree.links.new(node.outputs[0], switch.inputs[number])
    tree.links.new(switch.outputs[0], end.inputs[0])
    cube.modifiers.new("Reads", "NODES").node_group = tree


def cache_by_steps_up() -> None:
    """The test replaces the name, since Blender sets only plain ones."""
    base()
    cache = bpy.data.objects["Cube"].modifiers.new("Cloth", "CLOTH").point_cache
    bpy.ops.wm.save_as_mainfile(filepath=f"{FOLDER}/cache_by_steps_up.blend")  # only a saved file has disk caches
    cache.use_disk_cache, cache.name = True, "n" * 60


KINDS: tuple[Callable[[], Any], ...] = (
    views_of_the_server, views_that_are_off, views_over_the_network, movie_with_a_playlist_beside_it,
    cache_by_steps_up,
)  # fmt: skip
if bpy.app.version >= (4, 5):
    KINDS += (text_by_a_constant_name, text_by_a_computed_name, text_of_the_package)

if __name__ == "__main__":
    save_all(KINDS)
    os._exit(0)
