# SPDX-License-Identifier: GPL-3.0-or-later
"""One click that puts right what the check found.  Each can be undone, and checks again."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty
from bpy.types import Context, Event, Object, Operator, Scene

from .. import live
from ..scene import media
from ..scene.relocate import relocate
from . import checking, common

_ENDS_BY_SAVING = "output_needs_saved_file"


class FARMHAND_OT_find_file(common.Guarded, Operator):
    """Choose where the missing file is now; of a sequence or of tiles, any one of them"""

    bl_idname = "farmhand.find_file"
    bl_label = "Find File…"
    bl_options = {"REGISTER", "UNDO"}

    path: StringProperty(name="Missing File", options={"SKIP_SAVE", "HIDDEN"})
    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})

    def invoke(self, context: Context, _event: Event) -> set[str]:
        self.filepath = str(Path(bpy.path.abspath("//")) / Path(self.path).name)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def run(self, context: Context) -> set[str] | None:
        chosen = bpy.path.abspath(self.filepath)
        if not Path(chosen).is_file():
            self.report({"WARNING"}, rpt_("Choose a file; nothing was changed"))
            return {"CANCELLED"}
        count = relocate(context.scene, self.path, chosen)
        checking.check(context, "ANIMATION")
        self.report(
            {"INFO"},
            rpt_("{name} is found; places changed: {count}").format(name=Path(self.path).name, count=count),
        )
        return None


class FARMHAND_OT_use_camera(common.Guarded, Operator):
    """Look through the only camera of the scene"""

    bl_idname = "farmhand.use_camera"
    bl_label = "Use the Camera"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if context.scene.camera is not None or only_camera(context.scene) is None:
            cls.poll_message_set(iface_("The scene has an active camera, or not exactly one to choose"))
            return False
        return True

    def run(self, context: Context) -> None:
        context.scene.camera = only_camera(context.scene)
        checking.check(context, "ANIMATION")
        self.report({"INFO"}, rpt_("{name} is the active camera").format(name=context.scene.camera.name))


class FARMHAND_OT_write_images(common.Guarded, Operator):
    """Write one PNG image per frame in place of a movie"""

    bl_idname = "farmhand.write_images"
    bl_label = "Write Images"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not context.scene.render.is_movie_format:
            cls.poll_message_set(iface_("The scene writes images already"))
            return False
        return True

    def run(self, context: Context) -> None:
        settings = context.scene.render.image_settings
        if hasattr(settings, "media_type"):  # 5.0
            settings.media_type = "IMAGE"
        settings.file_format = media.INSTEAD_OF_A_MOVIE
        checking.check(context, "ANIMATION")
        self.report({"INFO"}, rpt_("The scene writes PNG images now"))


def only_camera(scene: Scene) -> Object | None:
    """The camera of a scene that has exactly one."""
    cameras = [one for one in scene.objects if one.type == "CAMERA"]
    return cameras[0] if len(cameras) == 1 else None


@persistent
def file_saved(*_args: object) -> None:
    """Saving is Blender's own button: what it puts right leaves the panel here."""
    current = live.current()
    check = current.checks.get(bpy.context.scene.name) if current else None
    if check is not None and any(one.code == _ENDS_BY_SAVING for one in check.findings):
        try:
            checking.check(bpy.context, "ANIMATION")
        except Exception as error:  # nobody would hear it in a handler
            current.refuse(common.unexpected(error))


def add() -> None:
    """Notice when the file is saved."""
    bpy.app.handlers.save_post.append(file_saved)


def remove() -> None:
    """Notice it no longer."""
    bpy.app.handlers.save_post.remove(file_saved)


CLASSES = (FARMHAND_OT_find_file, FARMHAND_OT_use_camera, FARMHAND_OT_write_images)
