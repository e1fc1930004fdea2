"""Properties of a Scene (job options) and of the WindowManager (selection and filters). Never a secret."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)
from bpy.types import Context, Object, PropertyGroup

from .. import translations
from . import state as ui_state
from .choices import ASK_ITEMS
from .jobs.job_item import FarmhandJobItem
from .jobs.job_row import Row
from .request.override_properties import OverrideProperties
from .request.render_request import parsed_frames
from .servers.kinds import SERVER_ITEMS

_BESIDE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()
"""What a path that may begin with // has to say of itself since Blender 4.5."""


def _is_camera(_self: PropertyGroup, thing: Object) -> bool:
    return thing.type == "CAMERA"


def _take_scene_range(self: FarmhandSceneSettings, _context: Context) -> None:
    """Start a custom range with the scene's when it is enabled."""
    if self.use_frames:
        scene = self.id_data
        self.frames = _range_text(scene.frame_start, scene.frame_end, scene.frame_step)


def _range_text(first: int, last: int, step: int) -> str:
    return f"{first}-{max(first, last)}" + (f"x{step}" if step > 1 else "")


def _range_property(place: int, *, name: str, description: str, **limits: int):
    """One of three fields like Blender's own: the scene's value until it is edited, then that of the typed frames."""

    def get(self: FarmhandSceneSettings) -> int:
        return _shown_range(self)[place]

    def put(self: FarmhandSceneSettings, value: int) -> None:
        values = list(_shown_range(self))
        values[place] = value
        if place == 1:
            values[0] = min(values[0], value)
        if not self.use_frames:
            self.use_frames = True
        self.frames = _range_text(*values)

    return IntProperty(name=name, description=description, get=get, set=put, **limits)


def _shown_range(ours: FarmhandSceneSettings) -> tuple[int, int, int]:
    """First, last and step of the frames that will be rendered."""
    scene = ours.id_data
    try:
        numbers = parsed_frames(ours.frames) if ours.use_frames else ()
    except ValueError:
        numbers = ()
    if not numbers:
        return scene.frame_start, scene.frame_end, scene.frame_step
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
    return numbers[0], numbers[-1], step if len(numbers) == len(range(numbers[0], numbers[-1] + 1, step)) else 1


def _view_layers(self: FarmhandSceneSettings, _context: Context, typed: str) -> list[str]:
    """Names for the field of the view layer."""
    return [layer.name for layer in self.id_data.view_layers if typed.casefold() in layer.name.casefold()]


class FarmhandLeftOut(PropertyGroup):
    """A missing file that this scene is rendered without; its name is the path"""


class FarmhandSceneSettings(OverrideProperties, PropertyGroup):
    """What this scene's main button sends"""

    server: EnumProperty(name="Server", description="Where to render", items=SERVER_ITEMS, default="LOCAL")
    ask_mode: EnumProperty(
        name="After the Check", description="When a job waits before it is rendered", items=ASK_ITEMS
    )
    preset: StringProperty(name="Preset", description="Preset that these settings came from")
    preset_values: StringProperty(options={"HIDDEN"})  # its values, to detect later changes

    job_name: StringProperty(name="Job Name", description="Name of the job in lists. Leave empty to use the file name")
    use_frames: BoolProperty(
        name="Custom Frame Range", description="Render a custom frame range", default=False, update=_take_scene_range
    )
    frames: StringProperty(
        name="Frames", description="Frames to render, for example 1-250, 7 or 1-100x5", default="1-250"
    )
    first_frame: _range_property(
        0, name="Frame Start", description="First frame to render; follows the scene until you change it"
    )
    last_frame: _range_property(
        1, name="End", description="Last frame to render; follows the scene until you change it"
    )
    frame_step: _range_property(
        2, name="Step", description="Frames to advance from one rendered frame to the next", min=1
    )
    camera: PointerProperty(
        name="Camera", description="Render with this camera instead of the scene's", type=Object, poll=_is_camera
    )
    view_layer: StringProperty(
        name="View Layer",
        description="Render only this view layer",
        translation_context=translations.OWN,
        search=_view_layers,
    )

    color_management_preset: EnumProperty(
        name="Color Management",
        description="Color management to render with",
        items=(
            ("default", "As in the File", "Blender's own color management"),
            ("aces", "ACES", "The server's ACES configuration"),
        ),
    )

    left_out: CollectionProperty(type=FarmhandLeftOut)

    output_place: EnumProperty(
        name="Output Path",
        description="Where finished frames are saved",
        items=(
            ("BLENDER", "Scene", "The scene's own output path, as Blender would save frames"),
            ("FOLDER", "Custom Folder", "A folder of your choice"),
            ("JOB", "Folder per Job", "A new folder for each job, named after a pattern"),
        ),
    )
    output_folder: StringProperty(
        name="Folder",
        description="Folder for finished frames",
        subtype="DIR_PATH",
        options=_BESIDE,
        default="//render/",
    )
    job_folder: StringProperty(
        name="Folder",
        description=(
            "Folder for each job. Placeholders: {blend_name}, {scene_name}, {camera_name}, {date}, {time}, "
            "and {number} for the first free number"
        ),
        subtype="DIR_PATH",
        options=_BESIDE,
        default="//render/{blend_name}_v{number}/",
    )
    pack_color_config: BoolProperty(
        name="Pack Color Config",
        description="Include the current OpenColorIO config in the upload; Farmhand's own farms render with it",
        default=False,
    )
    existing: EnumProperty(
        name="Existing Files",
        description="What to do with frames that already exist",
        items=(
            ("ask", "Ask", "Ask before the render starts", 0),  # a .blend stores the numbers
            ("skip", "Skip", "Render only the frames that do not exist yet", 3),
            ("replace", "Overwrite", "New frames replace the existing ones", 2),
            ("keep", "Keep Both", "New frames get another name", 1),
        ),
    )

    arriving: EnumProperty(
        name="When Frames Arrive",
        description="What to do with frames in this file while they are downloaded",
        items=(
            ("NOTHING", "Do Nothing", "Leave them in the output folder; load them later with Import"),
            ("STRIP", "Add to Sequencer", "Add a strip that grows, in a scene for editing"),
            ("IMAGE", "Show in Image Editor", "As a sequence that follows the timeline"),
            ("COMPOSITOR", "Add to Compositor", "As an Image node with a Viewer; the render is not changed"),
            ("CAMERA", "Camera Background", "As a background image of the scene's camera"),
        ),
    )


def _rows_again(_self: PropertyGroup, _context: Context) -> None:
    window_manager = bpy.context.window_manager
    window_manager.farmhand.generation = -1


def _selected(_self: PropertyGroup, context: Context) -> None:
    """Show another job's details at once, not at the next tick of the timer."""
    current = ui_state.current()
    if current is not None and current.snapshot.details.submission_id != selected_id(context):
        current.tick(selected_id(context))


def _is_trusted(_self: PropertyGroup) -> bool:
    current = ui_state.current()
    return current is not None and bool(bpy.data.filepath) and bpy.data.filepath in current.trusted


def _trust(_self: PropertyGroup, value: bool) -> None:
    trusted = ui_state.require().trusted
    (trusted.add if value else trusted.discard)(bpy.data.filepath)


class FarmhandWindowSettings(PropertyGroup):
    """Which jobs are listed, and which one is selected"""

    # Here and not in the file, so that a file from someone else cannot grant itself permissions.
    allow_add_ons: BoolProperty(
        name="Allow Add-ons and Scripts",
        description=(
            "On This Computer, run this file's scripts and your enabled add-ons until Blender is "
            "closed. Only for files that you trust"
        ),
        get=_is_trusted,
        set=_trust,
        options={"SKIP_SAVE"},
    )
    jobs: CollectionProperty(type=FarmhandJobItem)
    active: IntProperty(name="Job", description="Selected job", options={"SKIP_SAVE"}, update=_selected)
    choose_several: BoolProperty(
        name="Select Several", description="Show a check box next to each job", options={"SKIP_SAVE"}
    )
    generation: IntProperty(default=-1, options={"HIDDEN", "SKIP_SAVE"})
    search: StringProperty(
        name="Search Jobs",
        description="Show only jobs whose name, scene or file has this text",
        update=_rows_again,
        options={"TEXTEDIT_UPDATE", "SKIP_SAVE"},
    )
    show: EnumProperty(
        name="Show",
        description="Which jobs to list",
        items=(
            ("ALL", "All", "Jobs of all files"),
            ("FILE", "This File", "Jobs of the open file"),
            ("GOING", "Unfinished", "Jobs that are queued, running or need attention"),
            ("TROUBLE", "Problems", "Jobs that failed, need attention or have faulty frames"),
        ),
        update=_rows_again,
        options={"SKIP_SAVE"},
    )
    sort: EnumProperty(
        name="Sort By",
        description="Order of the jobs",
        items=(
            ("NEW", "Newest First", "By submission time"),
            ("NAME", "Name", "By name"),
            ("STATE", "State", "Active first, then problems, then done"),
        ),
        update=_rows_again,
        options={"SKIP_SAVE"},
    )


def selected_id(context: Context) -> str:
    """Id of the selected render, or ""."""
    window = context.window_manager.farmhand
    return window.jobs[window.active].name if 0 <= window.active < len(window.jobs) else ""


MEANT = "farmhand_job"
"""In the context of a button: the job it is for, where that is not the selected one."""


def meant_row(context: Context) -> Row | None:
    """The render that a button is for: poll gets only the context, not the operator's properties."""
    name = getattr(context, MEANT, "")
    current = ui_state.current()
    return current.snapshot.by_id.get(name) if name and current else selected_row(context)


def selected_row(context: Context) -> Row | None:
    """The selected render as the timer last saw it."""
    current = ui_state.current()
    return current.snapshot.by_id.get(selected_id(context)) if current else None


def add() -> None:
    """Add our settings to Blender's types."""
    bpy.types.Scene.farmhand = PointerProperty(type=FarmhandSceneSettings)
    bpy.types.WindowManager.farmhand = PointerProperty(type=FarmhandWindowSettings)


def remove() -> None:
    """Remove them again; values stored in a .blend stay in it."""
    del bpy.types.WindowManager.farmhand
    del bpy.types.Scene.farmhand


CLASSES = (FarmhandLeftOut, FarmhandSceneSettings, FarmhandJobItem, FarmhandWindowSettings)
