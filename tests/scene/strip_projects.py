"""Projects that render their sequencer, or seem to; each answers with the files that frames 3 to 5 need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from making import (
    image_file,
    image_strip_of,
    movie_file,
    paint,
    pictures,
    plane,
    save,
    set_time,
    sound_file,
    stored_relative,
    strips,
)


def trimmed_strip(folder: Path) -> list[Path]:
    """Four pictures are cut off for good at the start."""
    plane()
    made = pictures(folder / "strip", 12)
    _trim(image_strip_of(made))
    save(folder / "scene.blend")
    return made[6:9]


def strips_of_one_folder(folder: Path) -> list[Path]:
    """Two strips that follow each other."""
    plane()
    made = pictures(folder / "strip", 12)
    image_strip_of(made[:4])
    set_time(image_strip_of(made[8:]), content_start=5)
    save(folder / "scene.blend")
    return [*made[2:4], made[8]]


def reversed_strip(folder: Path) -> list[Path]:
    plane()
    made = pictures(folder / "strip", 12)
    strip = image_strip_of(made)
    _trim(strip)
    strip.use_reverse_frames = True
    save(folder / "scene.blend")
    return made[7:10]


def sped_strip(folder: Path) -> list[Path]:
    """All pictures: an effect changes the speed."""
    plane()
    made = pictures(folder / "strip", 20)
    effect = _effect("SPEED", image_strip_of(made))
    effect.speed_control, effect.speed_factor = "MULTIPLY", 3.0
    save(folder / "scene.blend")
    return made


def muted_input(folder: Path) -> list[Path]:
    """An effect shows its input though it is muted; Blender's own blur would hide the picture's change."""
    plane()
    made = pictures(folder / "strip", 8)
    strip = image_strip_of(made)
    _effect("TRANSFORM" if bpy.app.version < (5, 0, 0) else "GAUSSIAN_BLUR", strip)
    strip.mute = True
    save(folder / "scene.blend")
    return made[2:5]


def muted_channel(folder: Path) -> list[Path]:
    texture = _painted(folder)
    image_strip_of(pictures(folder / "strip", 8))
    bpy.context.scene.sequence_editor.channels[1].mute = True
    save(folder / "scene.blend")
    return texture if _camera_renders_instead() else []


def muted_meta(folder: Path) -> list[Path]:
    texture = _painted(folder)
    meta = strips().new_meta(name="Meta", channel=1, frame_start=1)
    inner = meta.strips if hasattr(meta, "strips") else meta.sequences
    image_strip_of(pictures(folder / "strip", 8), inner)
    set_time(meta, right_handle=9)
    meta.mute = True
    save(folder / "scene.blend")
    return texture if _camera_renders_instead() else []


def meta_strip(folder: Path) -> list[Path]:
    """In the meta one strip is shown, and one is on a muted channel of its own."""
    plane()
    meta = strips().new_meta(name="Meta", channel=1, frame_start=1)
    inner = meta.strips if hasattr(meta, "strips") else meta.sequences
    made = pictures(folder / "strip", 8)
    image_strip_of(made, inner)
    image_strip_of(pictures(folder / "muted", 8), inner, channel=2)
    meta.channels[2].mute = True
    set_time(meta, right_handle=9)
    save(folder / "scene.blend")
    return made[2:5]


def stereo_strip(folder: Path) -> list[Path]:
    plane()
    bpy.context.scene.render.use_multiview = True
    made = [image_file(folder / "eyes" / f"plate{suffix}.png", shade, 24) for suffix, shade in (("_L", 0.2), ("_R", 1))]
    strip = image_strip_of(made[:1])
    strip.use_multiview, strip.views_format = True, "INDIVIDUAL"
    set_time(strip, right_handle=10)
    save(folder / "scene.blend")
    return made


def movie_strip(folder: Path) -> list[Path]:
    """The muted strip above it is not rendered, and the one at frame 500 not in these frames."""
    plane()
    file = movie_file(folder / "edit" / "shot.avi")
    edit = strips()
    edit.new_movie(name="Shot", filepath=str(file), channel=1, frame_start=1)
    edit.new_movie(name="Later", filepath=str(movie_file(folder / "later.avi")), channel=1, frame_start=500)
    muted = edit.new_movie(name="Muted", filepath=str(movie_file(folder / "old.avi")), channel=3, frame_start=1)
    muted.mute = True
    save(folder / "shots" / "scene.blend")
    stored_relative(folder / "shots" / "scene.blend")
    return [file]


def sound_strip(folder: Path) -> list[Path]:
    plane()
    made = [movie_file(folder / "edit" / "shot.avi"), sound_file(folder / "edit" / "voice.wav")]
    edit = strips()
    edit.new_movie(name="Shot", filepath=str(made[0]), channel=1, frame_start=1)
    edit.new_sound(name="Voice", filepath=str(made[1]), channel=2, frame_start=1)
    save(folder / "scene.blend")
    return made


def speaker(folder: Path) -> list[Path]:
    """Its sound would be in a movie."""
    plane()
    bpy.ops.object.speaker_add()
    hum = sound_file(folder / "hum.wav")
    bpy.context.object.data.sound = bpy.data.sounds.load(str(hum))
    save(folder / "scene.blend")
    return [hum]


def sound_that_nobody_renders(folder: Path) -> list[Path]:
    """Nothing: a guide track beside a scene that renders its camera leaves no trace in the pictures."""
    plane()
    strips().new_sound(name="Guide", filepath=str(sound_file(folder / "guide.wav")), channel=1, frame_start=1)
    save(folder / "scene.blend")
    return []


def scene_strip(folder: Path) -> list[Path]:
    """A shot that the edit shows from its frame 10 on; the shot has an edit of its own, which is not asked for."""
    plane()
    shot = bpy.context.scene
    made = pictures(folder / "seq", 20)
    loaded = bpy.data.images.load(str(made[0]))
    loaded.source = "SEQUENCE"
    user = paint(bpy.data.objects["Plane"], loaded).image_user
    user.frame_duration, user.use_auto_refresh = 20, True
    shot.frame_start, shot.frame_end = 10, 20
    image_strip_of(pictures(folder / "unused", 3))
    edit = bpy.data.scenes.new("Edit")
    edit.render.resolution_x = edit.render.resolution_y = 24
    bpy.context.window.scene = edit
    strip = strips().new_scene(name="Shot", scene=shot, channel=1, frame_start=1)
    strip.scene_input = "CAMERA"
    save(folder / "scene.blend")
    return made[11:14]


def background_scene(folder: Path) -> list[Path]:
    """The set behind the scene has strips, which nobody renders."""
    texture = _painted(folder)
    set_ = bpy.context.scene
    image_strip_of(pictures(folder / "unused", 8))
    front = bpy.data.scenes.new("Front")
    front.render.engine = "CYCLES"
    front.cycles.samples, front.cycles.use_denoising = 2, False
    front.render.resolution_x = front.render.resolution_y = 24
    front.collection.objects.link(set_.camera)
    front.camera = set_.camera
    front.background_set = set_
    bpy.context.window.scene = front
    save(folder / "scene.blend")
    return texture


def _painted(folder: Path) -> list[Path]:
    texture = image_file(folder / "wood.png", 0.2)
    paint(plane(), bpy.data.images.load(str(texture)))
    return [texture]


def _camera_renders_instead() -> bool:
    """Up to 4.3 a sequencer with nothing but muted strips renders black."""
    return bpy.app.version >= (4, 4, 0)


def _trim(strip: Any) -> None:
    """Cut four pictures off; 5.2 leaves a gap for them."""
    set_time(strip, content_trim_start=4)
    set_time(strip, content_start=1)


def _effect(kind: str, strip: Any) -> Any:
    if bpy.app.version >= (5, 0, 0):
        return strips().new_effect(name="Effect", type=kind, channel=2, frame_start=1, length=20, input1=strip)
    # 4.4 calls the input by its new name.
    name = "input1" if bpy.app.version >= (4, 4, 0) else "seq1"
    return strips().new_effect(name="Effect", type=kind, channel=2, frame_start=1, frame_end=20, **{name: strip})
