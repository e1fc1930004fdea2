"""Where frames would go by Farmhand, and by Blender once the scene is set up as the job is. Runs in a Blender."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))  # a test's helper, not the extension

import as_program
import do_in_blender
import making

PATHS = (
    "//render/{camera_name}_{resolution_x}_####",
    "//render/{camera_name}/{scene_name}_",
    "//{blend_name}/{resolution_x:######}x{resolution_y:##.##}_###",
    "//render/{fps}_{fps:##}_{fps:.###}_##",
    "//{{literal}}_{camera_name}",
    "{blend_dir}/out/{camera_name}_#",
    "//render/f_##_v##",
    "//render/f_####.exr",
    "//render/f_##.jpeg",
    "//render/f.v2",
    "//d##/f",
    "//render/",
)
CAMERAS = ("Cam B", "Cam#1", "a:b*?/c", "..", "{fps}", "é.png")
CONFIGS: tuple[dict[str, Any], ...] = (
    {},
    {"resolution": [48, 30], "resolutionPercentage": 33},
    {"resolutionPercentage": 50, "fps": 23.976},
    {"fps": 30},
    {"outputFormat": "JPEG"},
    {"outputFormat": "TIFF"},
)


def main(folder: Path) -> None:
    """One answer for each job: what it was, Farmhand's path for frame 7, Blender's."""
    answers = []
    for number, path in enumerate(PATHS):
        for config in CONFIGS:
            answers += _both(folder, path, CAMERAS[number % len(CAMERAS)], config)
    for camera in CAMERAS:
        answers += _both(folder, PATHS[0], camera, {})
    for path in PATHS:
        answers += _both(folder, path, CAMERAS[0], {}, prepare=_without_extensions)
    (folder / "answers.json").write_text(json.dumps(answers))
    (folder / "markers.json").write_text(json.dumps(_markers(folder)))


def _both(
    folder: Path, path: str, camera: str, config: dict[str, Any], prepare: Callable[[Any], None] = lambda _scene: None
) -> list[Any]:
    scene = _scene(folder, path)
    prepare(scene)
    bpy.data.objects["Other"].name = camera
    name = next(each.name for each in bpy.data.objects if each.type == "CAMERA" and each.name != "Camera")
    if not _blender_can(scene):
        return []
    ours = _planned({"camera": name, "overrides": config}, [7])["path"]
    scene.camera = bpy.data.objects[name]
    _set_up(scene.render, config)
    return [[f"{path} {camera} {config}", ours, str(Path(scene.render.frame_path(frame=7)).absolute())]]


def _blender_can(scene: Any) -> bool:
    try:
        scene.render.frame_path(frame=7)
    except RuntimeError:
        return False
    return True


def _set_up(render: Any, config: dict[str, Any]) -> None:
    """As a farm does it."""
    if "resolution" in config:
        render.resolution_x, render.resolution_y = config["resolution"]
    render.resolution_percentage = config.get("resolutionPercentage", render.resolution_percentage)
    if "fps" in config:
        render.fps = round(config["fps"])
        render.fps_base = render.fps / config["fps"]
    if "outputFormat" in config:
        render.image_settings.file_format = config["outputFormat"]


def _without_extensions(scene: Any) -> None:
    scene.render.use_file_extension = False


def _markers(folder: Path) -> dict[str, Any]:
    """Cameras of markers, one of them hidden, under stretched time: a frame's path by Farmhand and by Blender."""
    scene = _scene(folder, "//render/{camera_name}_####" if bpy.app.version >= (5, 0, 0) else "//render/f_####")
    scene.frame_start, scene.frame_end = 1, 12
    for number, (name, frame) in enumerate((("A", 3), ("B", 6), ("Hidden", 7), ("C", 9), ("Again", 9))):
        camera = bpy.data.objects.new(name, bpy.data.cameras.new(name))
        scene.collection.objects.link(camera)
        camera.hide_render = name == "Hidden"
        scene.timeline_markers.new(str(number), frame=frame).camera = camera
    answers = {}
    for stretch in (100, 150):
        scene.render.frame_map_new = stretch
        frames = list(range(1, 13))
        ours = [_planned({"output": ""}, [frame])["path"] for frame in frames]
        together = _planned({}, frames)
        theirs = []
        for frame in frames:
            scene.frame_set(frame)
            theirs.append(scene.render.frame_path(frame=frame))
        answers[str(stretch)] = {"ours": ours, "theirs": theirs, "together": together["named"]}
        scene.frame_set(1)
    scene.render.frame_map_new = 100
    by_camera = _planned({"output": str(folder / "{camera_name}_v{number}")}, list(range(1, 13)))
    answers["folders"] = sorted({str(Path(path).parent.relative_to(folder)) for path in by_camera["named"]})
    return answers


def _scene(folder: Path, path: str) -> Any:
    making.plane()
    scene = bpy.context.scene
    scene.name = "Shot 1"
    scene.render.resolution_x, scene.render.resolution_y = 40, 30
    other = bpy.data.objects.new("Other", bpy.data.cameras.new("Other"))
    scene.collection.objects.link(other)
    scene.render.filepath = path
    making.save(folder / "my shot.v1.blend")
    return bpy.context.scene


def _planned(members: dict[str, Any], frames: list[int]) -> dict[str, Any]:
    request = do_in_blender.part("scene.request.request").SubmitRequest.from_mapping(members)
    output = do_in_blender.part("scene.request.output")
    plan = output.plan(bpy.context.scene, request, dict(request.overrides), frames)
    named = [_named(plan.other_patterns().get(frame, plan.pattern), frame) for frame in frames]
    return {"path": named[0], "named": named}


def _named(pattern: str, frame: int) -> str:
    run = do_in_blender.part("jobs.folder.job_folder").number_run(pattern)
    return pattern[: run.start()] + str(frame).zfill(len(run[0])) + pattern[run.end() :]


if __name__ == "__main__":
    as_program.run(main)
