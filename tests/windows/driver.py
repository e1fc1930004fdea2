"""Runs inside the Blender of a window test: executes what the test asks, and lays out the window."""

import json
import os
import traceback
from pathlib import Path

import bpy

CHANNEL = Path(os.environ["FARMHAND_TEST_CHANNEL"])
MODULE = "bl_ext.user_default.farmhand"
READY_AFTER = 1.5
AS_INSTALLED = "FARMHAND_TEST_AS_INSTALLED" in os.environ
"""Whether panels stand where a new user has them."""


def properties_area():
    """The Properties editor of the first window."""
    window = bpy.context.window_manager.windows[0]
    return next(area for area in window.screen.areas if area.type == "PROPERTIES")


def properties_place():
    """Its panels' region on the screen: left, upper, right, lower, counted from the top left."""
    region = next(one for one in properties_area().regions if one.type == "WINDOW")
    height = bpy.context.window_manager.windows[0].height
    return region.x, height - region.y - region.height, region.x + region.width, height - region.y


def properties_area_place():
    """The whole editor on the screen: left, upper, right, lower, counted from the top left."""
    area = properties_area()
    height = bpy.context.window_manager.windows[0].height
    return area.x, height - area.y - area.height, area.x + area.width, height - area.y


def give_properties_the_column():
    """Close the Outliner: the Properties editor takes its place."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "OUTLINER")
    with bpy.context.temp_override(window=window, area=area, region=area.regions[0]):
        bpy.ops.screen.area_close()


def command_under_mouse():
    """The Python command of the button under the mouse, or ""."""
    window = bpy.context.window_manager.windows[0]
    area = properties_area()
    region = next(one for one in area.regions if one.type == "WINDOW")
    window_manager = bpy.context.window_manager
    window_manager.clipboard = "-"
    with bpy.context.temp_override(window=window, area=area, region=region):
        if not bpy.ops.ui.copy_python_command_button.poll():
            return ""
        bpy.ops.ui.copy_python_command_button()
    return window_manager.clipboard.removeprefix("bpy.ops.")


def farmhand(name=""):
    """A module of the installed extension."""
    from importlib import import_module

    return import_module(f"{MODULE}.{name}" if name else MODULE)


def snapshot():
    """What the panels read."""
    return live().snapshot


def live():
    """The holder of what the panels read."""
    return farmhand("ui.state").current()


def redraw():
    """Draw every area again, now."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)


def look_through_camera():
    """Show the scene as its camera sees it, with textures and without helpers."""
    window = bpy.context.window_manager.windows[0]
    for area in window.screen.areas:
        if area.type == "VIEW_3D":
            space = area.spaces.active
            space.region_3d.view_perspective = "CAMERA"
            space.shading.type = "SOLID"
            space.shading.color_type = "TEXTURE"
            space.overlay.show_overlays = False


def preferences():
    """The extension's preferences."""
    return bpy.context.preferences.addons[MODULE].preferences


def show_editor(kind):
    """Turn the large area in the middle into this editor; returns it."""
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda area: area.width * area.height)
    area.ui_type = kind
    shows_effect = hasattr(bpy.context.scene, "compositor_effects")  # 5.3: the nodes of the active one
    if kind == "CompositorNodeTree" and not shows_effect and hasattr(bpy.context.scene, "compositing_node_group"):
        area.spaces.active.node_tree = bpy.context.scene.compositing_node_group
    return area


def fill_editor(kind):
    """Show all that this editor holds, as large as it can be."""
    window = bpy.context.window_manager.windows[0]
    area = show_editor(kind)
    region = next(one for one in area.regions if one.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        if kind == "IMAGE_EDITOR":
            bpy.ops.image.view_all(fit_view=True)
        elif kind == "SEQUENCE_EDITOR":
            bpy.ops.sequencer.view_all()
        else:
            bpy.ops.node.view_all()


def with_window(number, call):
    """Call an operator as if it was started in this window."""
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[number]):
        return call()


def put_farmhand_first():
    """Show Render properties with our panel above Blender's own, as after dragging it there."""
    theirs = [
        cls
        for cls in bpy.types.Panel.__subclasses__()
        if getattr(cls, "bl_context", "") == "render"
        and getattr(cls, "bl_space_type", "") == "PROPERTIES"
        and cls.is_registered
        and not cls.__name__.startswith("FARMHAND")
    ]
    for cls in reversed(theirs):
        bpy.utils.unregister_class(cls)
    properties_area().spaces.active.context = "RENDER"


def open_sub_panel(title):
    """Show this sub-panel open and the others closed.

    Blender keeps what is open to itself, so the panels are registered anew under names that it has not seen.
    """
    rooms = ("request.options", "jobs.job_list", "request.sent")
    options, jobs, sent = (farmhand(f"panels.{name}") for name in rooms)
    details = farmhand("panels.jobs.job_details").FARMHAND_PT_job_details
    elsewhere = farmhand("panels.servers.server_jobs").FARMHAND_PT_server_jobs
    nodes = farmhand("panels.servers.farm_nodes").FARMHAND_PT_nodes
    helping = [*farmhand("panels.servers.other_computers").CLASSES, *farmhand("panels.servers.help_render").CLASSES]
    classes = [*options.CLASSES, *sent.CLASSES, *helping, jobs.FARMHAND_PT_jobs, details, elsewhere, nodes]
    overrides = farmhand("panels.request.overrides").FARMHAND_PT_overrides
    above = {details.title: jobs.FARMHAND_PT_jobs, "Advanced": overrides}
    shown = {title, above[title].title} if title in above else {title}
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
    for cls in classes:
        cls.bl_idname = f"{cls.__name__}_{title.lower().replace(' ', '_')}"
        cls.bl_options = {"HEADER_LAYOUT_EXPAND"} | (set() if cls.title in shown else {"DEFAULT_CLOSED"})
        if cls.title in above:
            cls.bl_parent_id = above[cls.title].bl_idname
        bpy.utils.register_class(cls)


def _answer(question):
    names = {name: value for name, value in globals().items() if not name.startswith("_")}
    try:
        exec(compile(question.read_text(encoding="utf-8"), question.name, "exec"), names)
        found = {"answer": names.get("answer")}
        text = json.dumps(found, default=str)
    except Exception:
        text = json.dumps({"error": traceback.format_exc()})
    part = question.with_suffix(".reply")
    part.write_text(text, encoding="utf-8")
    part.rename(question.with_suffix(".json"))
    question.unlink()


def _listen():
    for question in sorted(CHANNEL.glob("*.py"), key=lambda path: int(path.stem)):
        _answer(question)
    return 0.01


def _ready():
    try:
        if AS_INSTALLED:
            properties_area().spaces.active.context = "RENDER"
        else:
            put_farmhand_first()
    except TypeError:  # the context is known after the first redraw only
        return 0.3
    (CHANNEL / "ready").touch()
    bpy.app.timers.register(_listen, persistent=True)
    return None


bpy.context.preferences.view.show_splash = False
bpy.context.preferences.use_preferences_save = False
bpy.app.timers.register(_ready, first_interval=READY_AFTER, persistent=True)
