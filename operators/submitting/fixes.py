"""One-click fixes for what the check found. Each can be undone, and checks again."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty
from bpy.types import Context, Object, Operator, Scene

from ...scene.request import formats
from ...ui import state as ui_state
from ...ui.request import checks
from .. import common

_ENDS_BY_SAVING = "output_needs_saved_file"


class FARMHAND_OT_use_camera(common.Explained, common.Guarded, Operator):
    """Make the only camera of the scene the active one"""

    bl_idname = "farmhand.use_camera"
    bl_label = "Set Active Camera"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, context: Context) -> str:
        if context.scene.camera is not None or only_camera(context.scene) is None:
            return iface_("The scene already has an active camera, or does not have exactly one camera")
        return ""

    def run(self, context: Context) -> None:
        context.scene.camera = only_camera(context.scene)
        checks.check_again(self, context)
        self.report({"INFO"}, rpt_("{name} is the active camera").format(name=context.scene.camera.name))


class FARMHAND_OT_write_images(common.Explained, common.Guarded, Operator):
    """Save one PNG image per frame instead of a movie"""

    bl_idname = "farmhand.write_images"
    bl_label = "Write Images"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, context: Context) -> str:
        return iface_("The scene already saves images") if not context.scene.render.is_movie_format else ""

    def run(self, context: Context) -> None:
        settings = context.scene.render.image_settings
        if hasattr(settings, "media_type"):  # 5.0
            settings.media_type = "IMAGE"
        settings.file_format = formats.INSTEAD_OF_A_MOVIE
        checks.check_again(self, context)
        self.report({"INFO"}, rpt_("The scene saves PNG images now"))


class FARMHAND_OT_select_object(common.Explained, common.Guarded, Operator):
    """Select the object of the simulation to show its properties"""

    bl_idname = "farmhand.select_object"
    bl_label = "Select Object"
    bl_options = {"REGISTER", "UNDO"}

    path: StringProperty(name="Object", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def reason_against(cls, context: Context) -> str:
        return iface_("Switch to Object Mode first") if context.mode != "OBJECT" else ""

    def run(self, context: Context) -> set[str] | None:
        things = context.view_layer.objects
        if self.path not in things:
            self.report({"WARNING"}, rpt_("{name} is not in this view layer").format(name=self.path))
            return {"CANCELLED"}
        for one in things:
            one.select_set(one.name == self.path)
        things.active = things[self.path]
        self.report({"INFO"}, rpt_("{name} is selected").format(name=self.path))
        return None


def only_camera(scene: Scene) -> Object | None:
    """The camera of a scene that has exactly one."""
    cameras = [one for one in scene.objects if one.type == "CAMERA"]
    return cameras[0] if len(cameras) == 1 else None


@persistent
def file_saved(*_args: object) -> None:
    """Update the findings after saving, which is done by Blender's own operator."""
    current = ui_state.current()
    check = current.checks.by_scene.get(bpy.context.scene.name) if current else None
    if check is not None and any(one.code == _ENDS_BY_SAVING for one in check.findings):
        try:
            checks.check(bpy.context, "ANIMATION")
        except Exception as error:  # an error in a handler would be lost
            current.refuse(common.in_words(error))


def add() -> None:
    """Register the handler for saving."""
    bpy.app.handlers.save_post.append(file_saved)


def remove() -> None:
    """Remove the handler."""
    bpy.app.handlers.save_post.remove(file_saved)


CLASSES = (FARMHAND_OT_use_camera, FARMHAND_OT_write_images, FARMHAND_OT_select_object)
