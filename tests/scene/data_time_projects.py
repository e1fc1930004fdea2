"""Projects whose data runs by another time than the scene's; each answers with the files that frames 3 to 5 need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from animating import shown_sequence, stretch
from cache_projects import alembic_sequence, ocean, volume_sequence
from composite_projects import composite
from making import image_file, image_strip_of, pictures, plane, save, set_time, strips, volume_file


def stretched_textures(folder: Path) -> list[Path]:
    """Cycles counts the pictures of a texture by the timeline, Time Stretching or not."""
    made, _ = shown_sequence(folder)
    stretch(100, 200)
    save(folder / "scene.blend")
    return made[2:5]


def stretched_displacement(folder: Path) -> list[Path]:
    """What a modifier reads is counted by the stretched time."""
    thing = plane()
    thing.scale = (0.4, 0.4, 1)
    made = pictures(folder / "seq", 12)
    texture = bpy.data.textures.new("Heights", "IMAGE")
    texture.image = bpy.data.images.load(str(made[0]))
    texture.image.source = "SEQUENCE"
    texture.image_user.frame_duration = 12
    modifier = thing.modifiers.new("Lifts", "DISPLACE")
    modifier.texture, modifier.texture_coords, modifier.direction = texture, "UV", "X"
    stretch(100, 200)
    save(folder / "scene.blend")
    return made[:2]


def stretched_volume(folder: Path) -> list[Path]:
    made = volume_sequence(folder)
    stretch(100, 50)
    save(folder / "scene.blend")
    return [made[0].with_name(f"smoke_{number:03d}.vdb") for number in (6, 8)]


def stretched_alembic(folder: Path) -> list[Path]:
    made = alembic_sequence(folder)
    stretch(100, 200)
    save(folder / "scene.blend")
    return [made[0].with_name(f"step_{number:04d}.abc") for number in (1, 2)]


def stretched_ocean(folder: Path) -> list[Path]:
    if not ocean(folder):
        return []
    stretch(100, 200)
    save(folder / "scene.blend")
    return [file for number in (1, 2) for file in sorted((folder / "sea").glob(f"*_{number:04d}.exr"))]


def open_shutter(folder: Path) -> list[Path]:
    """The shutter is open for three frames, from the frame on."""
    made = volume_sequence(folder)
    bpy.context.scene.render.use_motion_blur = True
    _shutter(3.0, "START")
    save(folder / "scene.blend")
    return [made[0].with_name(f"smoke_{number:03d}.vdb") for number in range(3, 9)]


def centered_shutter(folder: Path) -> list[Path]:
    """Rolling or not, Cycles looks at the time at which the shutter is open."""
    made = volume_sequence(folder)
    bpy.context.scene.cycles.rolling_shutter_type = "TOP"
    bpy.context.scene.render.use_motion_blur = True
    _shutter(3.0, "CENTER")
    save(folder / "scene.blend")
    return [made[0].with_name(f"smoke_{number:03d}.vdb") for number in range(1, 7)]


def shutter_below_zero(folder: Path) -> list[Path]:
    """The shutter opens before frame 0: at −1.5, which counts as frame −1 for a volume."""
    made = [volume_file(folder / "vdb" / f"smoke_{number:03d}.vdb", number / 22) for number in range(1, 22)]
    volume_sequence(folder)
    (volume,) = bpy.data.volumes
    volume.frame_start, volume.frame_duration = -9, 21
    bpy.context.scene.render.use_motion_blur = True
    _shutter(9.0, "CENTER")
    save(folder / "scene.blend")
    return made[8:19]


def vector_pass(folder: Path) -> list[Path]:
    """It holds how far things move to the next frame and from the one before."""
    made = alembic_sequence(folder)
    bpy.context.view_layer.use_pass_vector = True
    save(folder / "scene.blend")
    return [made[0].with_name(f"step_{number:04d}.abc") for number in range(2, 7)]


def clip_strip(folder: Path) -> list[Path]:
    """The strip lies two frames later than the clip's own count, and was cut at its start."""
    plane()
    made = [image_file(folder / "clip" / f"shot_{number:04d}.png", number / 25, 24) for number in range(11, 31)]
    clip = bpy.data.movieclips.load(str(made[0]))
    clip.frame_start, clip.frame_offset = 5, 1
    strip = strips().new_clip("Clip", clip, channel=1, frame_start=2)
    set_time(strip, left_handle_offset=1)
    save(folder / "scene.blend")
    first = made[:1] if bpy.app.version < (4, 5, 0) else []
    return sorted({*first, *made[2:5]})


def clip_strip_and_compositor(folder: Path) -> list[Path]:
    """Two strips of two clips, one of them composited in another scene's compositor, which nobody renders."""
    plane()
    made = [image_file(folder / "clip" / f"shot_{number:04d}.png", number / 25, 24) for number in range(1, 21)]
    clip = bpy.data.movieclips.load(str(made[0]))
    composite("CompositorNodeMovieClip", clip=clip)
    strips().new_clip("Clip", clip, channel=1, frame_start=-9)
    save(folder / "scene.blend")
    first = made[:1] if bpy.app.version < (4, 5, 0) else []
    return sorted({*first, *made[12:15]})


def retimed_strip(folder: Path) -> list[Path]:
    """Twice as fast."""
    plane()
    made = pictures(folder / "strip", 20)
    _set_speed(image_strip_of(made), 200)
    save(folder / "scene.blend")
    return [made[4], made[6], made[8]]


def retimed_scene_strip(folder: Path) -> list[Path]:
    """All that the strip could show: how fast another scene runs in it cannot be told."""
    made, _ = shown_sequence(folder)
    shot = bpy.context.scene
    shot.frame_start, shot.frame_end = 1, 10
    edit = bpy.data.scenes.new("Edit")
    edit.render.resolution_x = edit.render.resolution_y = 24
    bpy.context.window.scene = edit
    strip = strips().new_scene(name="Shot", scene=shot, channel=1, frame_start=1)
    strip.scene_input = "CAMERA"
    _set_speed(strip, 200)
    save(folder / "scene.blend")
    return made[:10]


def strobed_strip(folder: Path) -> list[Path]:
    """Every third picture, each for three frames."""
    plane()
    made = pictures(folder / "strip", 12)
    image_strip_of(made).strobe = 3
    save(folder / "scene.blend")
    return [made[0], made[3]]


def reversed_clip_strip(folder: Path) -> list[Path]:
    made, strip, first = _clip_strip(folder)
    strip.use_reverse_frames = True
    save(folder / "scene.blend")
    return sorted({*first, *made[15:18]})


def retimed_clip_strip(folder: Path) -> list[Path]:
    """All files: Blender does not tell how such a strip is retimed."""
    made, strip, _ = _clip_strip(folder)
    _set_speed(strip, 200)
    save(folder / "scene.blend")
    return made


def reversed_meta_strip(folder: Path) -> list[Path]:
    """The meta strip runs backwards, and all that is in it."""
    plane()
    made, meta = _in_meta(folder, 2)
    meta.use_reverse_frames = True
    save(folder / "scene.blend")
    return made[16:19]


def held_meta_strip(folder: Path) -> list[Path]:
    """The frames lie before the content of the meta strip, which shows its first picture there."""
    plane()
    made, meta = _in_meta(folder, 8)
    setattr(meta, "left_handle" if hasattr(meta, "left_handle") else "frame_final_start", 1)
    save(folder / "scene.blend")
    return made[:1]


def trimmed_scene_strip(folder: Path) -> list[Path]:
    """What a strip is trimmed by counts where it shows the scene's camera."""
    made, _ = shown_sequence(folder, 20)
    _trimmed_shot("CAMERA")
    save(folder / "scene.blend")
    return made[9:12]


def trimmed_scene_strip_of_strips(folder: Path) -> list[Path]:
    """It does not where it shows that scene's sequencer."""
    plane()
    made = pictures(folder / "strip", 20)
    image_strip_of(made)
    _trimmed_shot("SEQUENCER")
    save(folder / "scene.blend")
    return made[6:9]


def _trimmed_shot(kind: str) -> None:
    """An edit that shows the open scene, its first three frames cut off."""
    shot = bpy.context.scene
    shot.frame_start, shot.frame_end = 5, 18
    edit = bpy.data.scenes.new("Edit")
    edit.render.resolution_x = edit.render.resolution_y = 24
    bpy.context.window.scene = edit
    strip = strips().new_scene(name="Shot", scene=shot, channel=1, frame_start=1)
    strip.scene_input = kind
    set_time(strip, content_trim_start=3)
    set_time(strip, content_start=1)  # 5.3 has moved it


def _in_meta(folder: Path, start: int) -> tuple[list[Path], Any]:
    """Twenty pictures from a frame on, in a meta strip."""
    made = pictures(folder / "strip", 20)
    meta = strips().new_meta(name="Meta", channel=1, frame_start=start)
    inner = meta.strips if hasattr(meta, "strips") else meta.sequences
    set_time(image_strip_of(made, inner), content_start=start)  # moving it gives the meta strip its length
    set_time(meta, right_handle=start + 20)
    return made, meta


def _clip_strip(folder: Path) -> tuple[list[Path], Any, list[Path]]:
    """A clip of twenty pictures from frame 1 on, and the one that 4.2 asks how large they are."""
    plane()
    made = [image_file(folder / "clip" / f"shot_{number:04d}.png", number / 25, 24) for number in range(1, 21)]
    strip = strips().new_clip("Clip", bpy.data.movieclips.load(str(made[0])), channel=1, frame_start=1)
    return made, strip, made[:1] if bpy.app.version < (4, 5, 0) else []


def _set_speed(strip: Any, percent: float) -> None:
    """Blender's own operator: keys added from Python crash it while there are none."""
    window, scene = bpy.context.window_manager.windows[0], bpy.context.scene
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    strip.select, scene.sequence_editor.active_strip = True, strip
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.sequencer.retiming_segment_speed_set(speed=percent)


def _shutter(length: float, position: str) -> None:
    render = bpy.context.scene.render
    render.motion_blur_shutter, render.motion_blur_position = length, position
