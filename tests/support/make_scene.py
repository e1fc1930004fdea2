"""Makes a small .blend for a test: run by a Blender, or by a Python that has bpy.

make_scene.py -- KIND PATH
"""

import os
import sys
import traceback

import bpy


def animated() -> None:
    """A turning cube, 5 frames of 64 x 36 pixels, Cycles with 2 samples, no denoising."""
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 2
    scene.cycles.use_denoising = False
    scene.cycles.device = "CPU"
    scene.render.resolution_x, scene.render.resolution_y = 64, 36
    scene.render.resolution_percentage = 100
    scene.frame_start, scene.frame_end = 1, 5
    cube = bpy.data.objects["Cube"]
    cube.keyframe_insert("rotation_euler", frame=1)
    cube.rotation_euler = (1.0, 2.0, 3.0)
    cube.keyframe_insert("rotation_euler", frame=5)


def slow() -> None:
    """Frames that take many seconds each."""
    animated()
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 960, 540
    scene.cycles.samples = 2000
    scene.cycles.use_adaptive_sampling = False


def slow_third() -> None:
    """Frame 3 takes many minutes, the others no time."""
    animated()
    scene = bpy.context.scene
    scene.cycles.use_adaptive_sampling = False
    for frame, samples in ((1, 2), (2, 2), (3, 10_000_000), (4, 2), (5, 2)):
        scene.cycles.samples = samples
        scene.cycles.keyframe_insert("samples", frame=frame)


def steady() -> None:
    """20 frames of about half a second."""
    animated()
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    scene.cycles.samples = 16
    scene.frame_end = 20


def turning() -> None:
    """120 frames of some tenths of a second, of which no two are alike, in a format without stamps."""
    animated()
    scene = bpy.context.scene
    scene.render.image_settings.file_format = "BMP"
    scene.render.resolution_x, scene.render.resolution_y = 192, 108
    scene.cycles.samples = 12
    scene.frame_end = 120
    cube = bpy.data.objects["Cube"]
    cube.animation_data_clear()
    driver = cube.driver_add("rotation_euler", 2).driver
    driver.expression = "frame / 40"


def no_camera() -> None:
    animated()
    bpy.data.objects.remove(bpy.data.objects["Camera"])


def stereo() -> None:
    """Left and right eye as files of their own."""
    animated()
    scene = bpy.context.scene
    scene.render.use_multiview = True
    scene.render.views_format = "STEREO_3D"
    scene.render.image_settings.views_format = "INDIVIDUAL"


def stereo_file_output() -> None:
    """Both eyes of the frames, which have numbers in the middle of their names, and of a File Output node."""
    file_output()
    scene = bpy.context.scene
    scene.render.use_multiview = True
    scene.render.views_format = "STEREO_3D"
    scene.render.image_settings.views_format = "INDIVIDUAL"
    scene.render.filepath = "//renders/shot_###_v02"


def looping() -> None:
    """The cube turns once over the scene's range: a driver reads the last frame."""
    animated()
    scene = bpy.context.scene
    curve = bpy.data.objects["Cube"].driver_add("location", 0)
    variable = curve.driver.variables.new()
    variable.name = "last"
    variable.type = "SINGLE_PROP"
    variable.targets[0].id_type = "SCENE"
    variable.targets[0].id = scene
    variable.targets[0].data_path = "frame_end"
    curve.driver.expression = "2 * frame / last"


def punchy() -> None:
    """A look that belongs to one view transform alone."""
    animated()
    bpy.context.scene.view_settings.view_transform = "AgX"
    bpy.context.scene.view_settings.look = "AgX - Punchy"


def movie() -> None:
    animated()
    settings = bpy.context.scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"


def missing_texture() -> None:
    animated()
    image = bpy.data.images.new("wood", 8, 8)
    image.source = "FILE"
    image.filepath = "//textures/wood.png"
    material = bpy.data.materials["Material"]
    if not material.node_tree:
        material.use_nodes = True
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image


def osl_script() -> None:
    """The cube shines in the color that osl/leaf.osl beside the .blend says."""
    animated()
    bpy.context.scene.cycles.shading_system = True
    material = bpy.data.materials["Material"]
    if not material.node_tree:
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    script, light = nodes.new("ShaderNodeScript"), nodes.new("ShaderNodeEmission")
    script.mode, script.filepath = "EXTERNAL", "//osl/leaf.osl"
    links.new(script.outputs.new("NodeSocketColor", "C"), light.inputs[0])
    links.new(light.outputs[0], next(node for node in nodes if node.type == "OUTPUT_MATERIAL").inputs[0])


def file_output_alone() -> None:
    """The compositor writes a picture, and shows no render."""
    file_output()
    trees = bpy.data.node_groups if bpy.app.version >= (5, 0, 0) else [bpy.context.scene.node_tree]
    nodes = trees[0].nodes
    for node in [each for each in nodes if each.type in ("R_LAYERS", "COMPOSITE")]:
        nodes.remove(node)
    picture = nodes.new("CompositorNodeImage")
    picture.image = bpy.data.images.new("Grey", 8, 8)
    trees[0].links.new(picture.outputs[0], nodes["Beauty Pass"].inputs[0])


def whole_picture() -> None:
    """All that looks beyond a pixel: adaptive sampling, depth of field, the denoiser, and a blur in the compositor."""
    file_output()
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 240, 135
    scene.cycles.samples = 24
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.adaptive_threshold = 0.1
    scene.cycles.use_denoising = True
    scene.view_layers[0].use_pass_mist = True
    scene.camera.data.dof.use_dof = True
    scene.camera.data.dof.aperture_fstop = 0.3
    trees = [node_tree for node_tree in [getattr(scene, "node_tree", None), *bpy.data.node_groups] if node_tree]
    tree = next(each for each in trees if each.bl_idname == "CompositorNodeTree")
    layers = next(node for node in tree.nodes if node.type == "R_LAYERS")
    output = next(node for node in tree.nodes if node.type == "OUTPUT_FILE")
    blur = tree.nodes.new("CompositorNodeBlur")
    if hasattr(blur, "size_x"):
        blur.size_x = blur.size_y = 12
    else:
        blur.inputs["Size"].default_value = (12, 12)
    tree.links.new(layers.outputs["Image"], blur.inputs[0])
    tree.links.new(blur.outputs[0], output.inputs[0])


def file_output() -> None:
    """The compositor writes a second picture of every frame by a File Output node that names a folder of its own."""
    animated()
    scene = bpy.context.scene
    if hasattr(scene, "compositor_effects"):
        tree = bpy.data.node_groups.new("Compositing", "CompositorNodeTree")
        scene.compositor_effects.new("Compositing").node_group = tree
    elif hasattr(scene, "compositing_node_group"):
        tree = bpy.data.node_groups.new("Compositing", "CompositorNodeTree")
        scene.compositing_node_group = tree
    else:
        scene.use_nodes = True
        tree = scene.node_tree
    layers = tree.nodes.new("CompositorNodeRLayers")
    output = tree.nodes.new("CompositorNodeOutputFile")
    output.name = "Beauty Pass"
    if hasattr(output, "file_output_items"):
        output.directory = "/somewhere/else"
        output.file_name = "beauty"
        output.file_output_items.new("RGBA", "Image")
        output.format.media_type = "IMAGE"
        output.format.file_format = "PNG"
    else:
        output.base_path = "/somewhere/else"
        output.file_slots[0].path = "beauty"
        output.format.file_format = "PNG"
    tree.links.new(layers.outputs["Image"], output.inputs[0])


KINDS = {
    each.__name__: each
    for each in (
        animated,
        slow,
        slow_third,
        steady,
        turning,
        looping,
        punchy,
        no_camera,
        stereo,
        movie,
        missing_texture,
        osl_script,
        file_output,
        file_output_alone,
        whole_picture,
        stereo_file_output,
    )
}

if __name__ == "__main__":
    kind, path = sys.argv[sys.argv.index("--") + 1 :]
    try:
        KINDS[kind]()
        bpy.ops.wm.save_as_mainfile(filepath=path, compress=True)
    except Exception:
        traceback.print_exc()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)  # bpy crashes (4.2) or hangs (4.5, Windows) now and then while it ends
