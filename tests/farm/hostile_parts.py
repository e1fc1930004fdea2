"""What the makers of hostile scenes share; see hostile_scenes.py."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import bpy

FOLDER, OUTSIDE, PORT = sys.argv[sys.argv.index("--") + 1 :]


def base() -> Any:
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.device = "CPU"
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 32, 18
    scene.render.resolution_percentage = 100
    scene.frame_start, scene.frame_end = 1, 2
    return scene


def strips_of(scene: Any) -> Any:
    scene.sequence_editor_create()
    editor = scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def texture_on_cube(image: Any) -> None:
    tree = node_tree(bpy.data.materials["Material"])
    node, emission = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeEmission")
    node.image = image
    tree.links.new(node.outputs[0], emission.inputs[0])
    tree.links.new(emission.outputs[0], tree.nodes["Material Output"].inputs[0])


def glowing(color: tuple[float, float, float, float]) -> Any:
    """A material that looks the same in any light."""
    material = bpy.data.materials.new("Glow")
    tree = node_tree(material)
    emission = tree.nodes.new("ShaderNodeEmission")
    emission.inputs["Color"].default_value = color
    tree.links.new(emission.outputs[0], tree.nodes["Material Output"].inputs[0])
    return material


def node_tree(owner: Any) -> Any:
    if bpy.app.version < (5, 0):
        owner.use_nodes = True
    return owner.node_tree


def compositor(scene: Any) -> Any:
    if bpy.app.version < (5, 0):
        scene.use_nodes = True
        return scene.node_tree
    tree = bpy.data.node_groups.new("Compositor", "CompositorNodeTree")
    if hasattr(scene, "compositor_effects"):
        scene.compositor_effects.new("Compositor").node_group = tree
    else:
        scene.compositing_node_group = tree
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    return tree


def file_output(tree: Any, folder: str) -> None:
    node, layers = tree.nodes.new("CompositorNodeOutputFile"), tree.nodes.new("CompositorNodeRLayers")
    if bpy.app.version < (5, 0):
        node.base_path = folder
        node.file_slots[0].path = "shot"
    else:
        node.directory, node.file_name = folder, "shot"
        node.format.media_type, node.format.file_format = "IMAGE", "PNG"
        node.file_output_items.new("RGBA", "x")
        tree.links.new(layers.outputs[0], tree.nodes.new("NodeGroupOutput").inputs[0])
    tree.links.new(layers.outputs[0], node.inputs[0])


def plain_image(path: str, color: tuple[float, float, float, float]) -> None:
    image = bpy.data.images.new("plain", 32, 18)
    image.generated_color, image.filepath_raw, image.file_format = color, path, "PNG"
    image.save()
    bpy.data.images.remove(image)


def save_all(kinds: Iterable[Callable[[], Any]]) -> None:
    for make in kinds:
        make()
        path = f"{FOLDER}/{make.__name__}.blend"
        bpy.ops.wm.save_as_mainfile(filepath=path, compress=False, relative_remap=False)
        print("MADE", make.__name__, flush=True)
