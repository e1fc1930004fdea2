"""Fixes for a missing file: find it, pack what Blender still has of it, or render without it.

Each can be undone, and checks again.
"""

from __future__ import annotations

import os
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty
from bpy.types import Context, Event, Operator

from ...scene.fixes import unsaved_images
from ...scene.fixes.relocate import relocate
from ...ui.request import checks
from .. import common


class FARMHAND_OT_find_file(common.Guarded, Operator):
    """Choose the missing file; for a sequence or tiles, any of its files"""

    bl_idname = "farmhand.find_file"
    bl_label = "Use File"  # the file browser's button; in panels it says Find File…
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
        checks.check_again(self, context)
        _say_found(self, self.path, count)
        return None


class FARMHAND_OT_find_folder(common.Guarded, Operator):
    """Choose the folder that contains these files"""

    bl_idname = "farmhand.find_folder"
    bl_label = "Use Folder"
    bl_options = {"REGISTER", "UNDO"}

    path: StringProperty(name="Missing Folder", options={"SKIP_SAVE", "HIDDEN"})
    directory: StringProperty(name="Folder", subtype="DIR_PATH", options={"SKIP_SAVE"})

    def invoke(self, context: Context, _event: Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def run(self, context: Context) -> set[str] | None:
        chosen = os.path.normpath(bpy.path.abspath(self.directory)) if self.directory else ""
        if not Path(chosen).is_dir() or not chosen:
            self.report({"WARNING"}, rpt_("Choose a folder; nothing was changed"))
            return {"CANCELLED"}
        count = relocate(context.scene, self.path, chosen)
        checks.check_again(self, context)
        _say_found(self, self.path, count)
        return None


class FARMHAND_OT_pack_image(common.Guarded, Operator):
    """Pack the image, which Blender still has in memory, into the .blend"""

    bl_idname = "farmhand.pack_image"
    bl_label = "Pack Image"
    bl_options = {"REGISTER", "UNDO"}

    path: StringProperty(name="Image File", options={"SKIP_SAVE", "HIDDEN"})

    def run(self, context: Context) -> None:
        unsaved_images.pack(self.path)
        checks.check_again(self, context)
        self.report({"INFO"}, rpt_("{name} is packed; save the file to keep it").format(name=Path(self.path).name))


class FARMHAND_OT_save_images(common.Guarded, Operator):
    """Save all images that were painted or baked; those without a file are packed into the .blend"""

    bl_idname = "farmhand.save_images"
    bl_label = "Save All Images"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, _context: Context) -> bool:
        if not unsaved_images.changed(bpy.data.images):
            cls.poll_message_set(iface_("All images are saved"))
            return False
        return True

    def run(self, context: Context) -> None:
        count = unsaved_images.save_all()
        checks.check_again(self, context)
        self.report({"INFO"}, rpt_("Images saved: {count}").format(count=count))


class FARMHAND_OT_leave_out(common.Guarded, Operator):
    """Render without this file; the scene remembers it"""

    bl_idname = "farmhand.leave_out"
    bl_label = "Ignore"
    bl_options = {"REGISTER", "UNDO"}

    path: StringProperty(name="Missing File", options={"SKIP_SAVE", "HIDDEN"})

    def run(self, context: Context) -> None:
        left_out = context.scene.farmhand.left_out
        if self.path and self.path not in left_out:
            left_out.add().name = self.path
        checks.check_again(self, context)
        self.report({"INFO"}, rpt_("{name} is ignored").format(name=Path(self.path).name))


class FARMHAND_OT_leave_nothing_out(common.Explained, common.Guarded, Operator):
    """Check for all ignored files again"""

    bl_idname = "farmhand.leave_nothing_out"
    bl_label = "Stop Ignoring"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def reason_against(cls, context: Context) -> str:
        return iface_("No file is ignored") if not len(context.scene.farmhand.left_out) else ""

    def run(self, context: Context) -> None:
        context.scene.farmhand.left_out.clear()
        checks.check_again(self, context)
        self.report({"INFO"}, rpt_("No file is ignored any more"))


def _say_found(operator: Operator, path: str, count: int) -> None:
    text = rpt_("{name} was found; paths changed: {count}")
    operator.report({"INFO"}, text.format(name=Path(path).name, count=count))


CLASSES = (
    FARMHAND_OT_find_file,
    FARMHAND_OT_find_folder,
    FARMHAND_OT_pack_image,
    FARMHAND_OT_save_images,
    FARMHAND_OT_leave_out,
    FARMHAND_OT_leave_nothing_out,
)
