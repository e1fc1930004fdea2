"""Names that other systems do not expect come through: bytes that are not UTF-8, backups, no extension, File Output."""

import os
import subprocess
from pathlib import Path

import pytest
from needed_blender import needed_blender
from test_cli import CommandLine, cli  # noqa: F401 a fixture

MAKE = """
import bpy, os, sys
folder, kind = os.fsdecode(sys.argv[-2].encode("utf-8", "surrogateescape")), sys.argv[-1]
bpy.ops.wm.read_homefile(use_factory_startup=True)
scene = bpy.context.scene
scene.render.engine, scene.frame_end = "CYCLES", 2
scene.cycles.samples, scene.cycles.use_denoising = 1, False
scene.render.resolution_x, scene.render.resolution_y = 16, 9
scene.render.filepath = "//render/f.####.v2"
if kind == "bare":
    scene.render.use_file_extension = False
if kind == "texture":
    image = bpy.data.images.new("odd", 4, 4)
    image.filepath_raw, image.file_format = os.path.join(folder, "plain.png"), "PNG"
    image.save()
    odd = os.path.join(folder, os.fsdecode(b"caf\\xe9.png"))
    os.rename(os.path.join(folder, "plain.png"), odd)
    tree = bpy.data.materials["Material"].node_tree
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = bpy.data.images.load(odd)
    tree.links.new(node.outputs[0], next(n for n in tree.nodes if n.type == "BSDF_PRINCIPLED").inputs[0])
if kind == "layers":
    scene.use_nodes = True
    node = scene.node_tree.nodes.new("CompositorNodeOutputFile")
    node.format.file_format, node.base_path = "OPEN_EXR_MULTILAYER", "//layers/my beauty_####_v2"
    scene.node_tree.links.new(next(n for n in scene.node_tree.nodes if n.type == "R_LAYERS").outputs[0], node.inputs[0])
bpy.ops.wm.save_as_mainfile(filepath=os.path.join(folder, "scene.blend"))
os._exit(0)
"""
pytestmark = pytest.mark.timeout(150)


def made(blender_command: list[str], folder: Path, kind: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    words = [*blender_command, "-c", MAKE, os.fsencode(folder), kind]
    done = subprocess.run(words, capture_output=True, check=False)
    if not (folder / "scene.blend").exists():
        pytest.skip(f"this Blender has no such thing: {done.stderr.decode(errors='replace')[-200:]}")
    return folder / "scene.blend"


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("where", ["plain", "caf\udce9"])
def test_a_texture_whose_name_is_not_utf_8_is_sent(
    cli: CommandLine,  # noqa: F811
    blender_command: list[str],
    tmp_path: Path,
    where: str,
) -> None:
    blend = made(blender_command, tmp_path / where, "texture")
    code, result = cli.json("submit", os.fsencode(blend), "--wait")  # type: ignore[arg-type]
    assert (code, result["error"]) == (0, None)
    assert names(blend.parent / "render") == ["f.0001.v2.png", "f.0002.v2.png"]


@pytest.mark.soak
def test_a_backup_renders_under_the_name_of_a_blend(
    cli: CommandLine,  # noqa: F811
    blender_command: list[str],
    tmp_path: Path,
) -> None:
    blend = made(blender_command, tmp_path, "plain").rename(tmp_path / "scene.blend1")
    code, result = cli.json("submit", str(blend), "--wait")
    assert (code, result["error"]) == (0, None)
    assert names(tmp_path / "render") == ["f.0001.v2.png", "f.0002.v2.png"]


@pytest.mark.soak
def test_frames_without_extension_have_none(
    cli: CommandLine,  # noqa: F811
    blender_command: list[str],
    tmp_path: Path,
) -> None:
    blend = made(blender_command, tmp_path, "bare")
    for words in ((), ("--existing", "keep")):
        code, result = cli.json("submit", str(blend), "--wait", *words)
        assert (code, result["error"]) == (0, None)
    assert names(tmp_path / "render") == ["f.0001.v2", "f.0002.v2", "f_v2_0001.v2", "f_v2_0002.v2"]
    assert (tmp_path / "render" / "f.0001.v2").read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize("version", ["4.2.23", "4.5.15"])
def test_a_file_output_node_names_its_layers_as_blender_does(version: str, tmp_path: Path) -> None:
    """Before 5.0 the base path of a multilayer node is a file name."""
    command = [str(needed_blender(version))]
    ours = CommandLine(tmp_path / "home", command)
    try:
        blend = made(command, tmp_path / "project", "layers")
        code, result = ours.json("submit", str(blend), "--wait", "--frames", "2")
    finally:
        ours.end()
    assert (code, result["error"]) == (0, None)
    layers = [Path(name).name for name in names(blend.parent / "render") if name.endswith(".exr")]
    assert layers == ["my beauty_0002_v2.exr"]
