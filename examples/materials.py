"""Materials of the example scene: plain, noisy, and one with an image file, as real scenes have them."""

import random
from collections.abc import Sequence
from pathlib import Path

import bpy

Color = tuple[float, float, float]
BOARDS = 8
SIDE = 256


def plain(name: str, color: Color, *, roughness: float = 0.7) -> bpy.types.Material:
    """One color all over."""
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*color, 1)  # in the viewport
    if not material.node_tree:
        material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*color, 1)
    shader.inputs["Roughness"].default_value = roughness
    return material


def mottled(name: str, dark: Color, light: Color, *, scale: float, stretch: Color = (1, 1, 1)) -> bpy.types.Material:
    """Two colors in soft patches: grass, rock, leaves."""
    material = plain(name, dark, roughness=0.85)
    material.diffuse_color = (*((a + b) / 2 for a, b in zip(dark, light, strict=True)), 1)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    place, mapping = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeMapping")
    patches, ramp = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeValToRGB")
    mapping.inputs["Scale"].default_value = stretch
    patches.inputs["Scale"].default_value = scale
    patches.inputs["Detail"].default_value = 3
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.35, 0.65
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*dark, 1), (*light, 1)
    links.new(place.outputs["Object"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], patches.inputs["Vector"])
    links.new(patches.outputs[0], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    return material


def boarded(name: str, image: bpy.types.Image, tint: Color) -> bpy.types.Material:
    """Painted boards: the image of boards times a color."""
    material = plain(name, tint, roughness=0.6)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    picture, mix = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeMix")
    picture.image = image
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    factor, first, second = mix.inputs[0], mix.inputs[6], mix.inputs[7]
    factor.default_value, second.default_value = 1, (*tint, 1)
    links.new(picture.outputs["Color"], first)
    links.new(mix.outputs[2], nodes["Principled BSDF"].inputs["Base Color"])
    return material


def glowing(name: str, color: Color) -> bpy.types.Material:
    """A window; the value node Glow says how bright it is lit."""
    material = plain(name, (0.05, 0.06, 0.08), roughness=0.15)
    shader, glow = material.node_tree.nodes["Principled BSDF"], material.node_tree.nodes.new("ShaderNodeValue")
    glow.name = "Glow"
    shader.inputs["Emission Color"].default_value = (*color, 1)
    material.node_tree.links.new(glow.outputs[0], shader.inputs["Emission Strength"])
    return material


def boards_image(file: Path) -> bpy.types.Image:
    """Draw upright boards with grain into a PNG file and return the image that reads it."""
    image = bpy.data.images.new(file.stem, SIDE, SIDE)
    image.pixels.foreach_set([value for level in _board_levels() for value in (level, level, level, 1.0)])
    image.filepath_raw, image.file_format = str(file), "PNG"
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save()
    bpy.data.images.remove(image)
    return bpy.data.images.load(str(file))


def _board_levels() -> Sequence[float]:
    dice = random.Random(4)
    width = SIDE // BOARDS
    shade = [dice.uniform(0.72, 0.98) for _ in range(BOARDS)]
    grain = [dice.uniform(-0.07, 0.07) for _ in range(SIDE)]
    gap = {0: 0.25, 1: 0.55, width - 1: 0.7}
    rows = []
    for y in range(SIDE):
        for x in range(SIDE):
            knots = 0.05 * grain[(x * 7 + y // 16) % SIDE] / 0.07
            level = (shade[x // width] + grain[x] + knots) * gap.get(x % width, 1.0)
            rows.append(min(max(level, 0.0), 1.0))
    return rows
