"""Several submissions at once: all scenes of the file, or all cameras of the scene, with a table to choose from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, CollectionProperty, EnumProperty
from bpy.types import Context, Event, Operator, PropertyGroup, Scene, UILayout

from ...client.errors import LocalProblem
from ...client.message import Message, translated
from ...jobs.folder.job_folder import Output
from ...jobs.journal.submission import State
from ...scene.checks.scene_setup import can_be_seen
from ...scene.dry_run import DryRun, Scans, dry_run
from ...scene.request import output, path_template
from ...scene.request.request import SubmitRequest
from ...scene.scan.animated.animation import Animation
from ...ui.request import render_request, summary
from ...ui.servers import servers
from ...ui.text import draw_sentence
from .. import common
from . import submit, submit_background

WIDTH = 560
"""Of the dialog, in pixels at UI scale 1."""
MOST_SENTENCES = 8
"""Of what was found, in the dialog."""


@dataclass(frozen=True, slots=True)
class _Line:
    """camera: its name, or "" if the scene has none of its own. is_offered: whether it can be chosen.

    problem: why it cannot be rendered, or "".
    """

    scene: Scene
    camera: str
    frames: int
    is_offered: bool
    problem: str

    @property
    def name(self) -> str:
        """The name that distinguishes it from others of its kind."""
        return f"{self.scene.name}\n{self.camera}"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One job to be made.

    planned: the request and its output, before it got its own folder.
    """

    request: SubmitRequest
    found: DryRun
    planned: tuple[SubmitRequest, Output | None]


_Sentences = tuple[tuple[str, str], ...]
"""Icon and text."""


class FarmhandChoice(PropertyGroup):
    """A scene or camera in the table; its name tells which"""

    use: BoolProperty(name="Render", description="Render this one", default=True)


class FARMHAND_OT_submit_all(common.Explained, common.Guarded, Operator):
    """Render several scenes or cameras, each as its own job"""

    bl_idname = "farmhand.submit_all"
    bl_label = "Render Scenes or Cameras…"

    what: EnumProperty(
        name="What",
        description="What to submit as separate jobs",
        items=(
            ("SCENES", "All Scenes", "Every scene of the file that can be rendered"),
            ("CAMERAS", "All Cameras", "Every camera of this scene"),
        ),
        options={"SKIP_SAVE"},
    )
    choices: CollectionProperty(type=FarmhandChoice, options={"SKIP_SAVE", "HIDDEN"})

    told: Mapping[str, _Sentences] = MappingProxyType({})
    """What was found for each kind of jobs."""

    @classmethod
    def reason_against(cls, context: Context) -> str:
        return servers.why_not(context)

    def invoke(self, context: Context, _event: Event) -> set[str]:
        if not self.properties.is_property_set("what") and len(render_request.own_scenes()) == 1:
            self.what = "CAMERAS"  # there is nothing else to choose
        self.check(context)
        return context.window_manager.invoke_props_dialog(
            self, width=WIDTH, title=iface_(self.bl_label).rstrip("…"), confirm_text=iface_("Render")
        )

    def check(self, context: Context) -> bool:
        """Checks the jobs before the dialog is drawn: when it opens, and when another kind is chosen."""
        if self.what in self.told:
            return False
        self.told = {**self.told, self.what: sentences(context, self.what)}
        for line in _lines(context, self.what):
            if line.name not in self.choices:
                choice = self.choices.add()
                choice.name, choice.use = line.name, not render_request.is_for_editing(line.scene)
        return True

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.row().prop(self, "what", expand=True)
        grid = layout.box().column(align=True)
        shown = tuple(_lines(context, self.what))
        names = {_server(context, line).name for line in shown}
        for line in shown:
            told = _told(line, _server(context, line).name if len(names) > 1 else "")
            _draw_line(grid, line, self.choices.get(line.name), told)
        if self.what == "CAMERAS":
            layout.label(text="Each camera's frames go to a folder with its name", icon="FILE_FOLDER")
        sentences = self.told.get(self.what, ())
        for icon, sentence in sentences[:MOST_SENTENCES]:
            draw_sentence(layout, context, sentence, icon, width=WIDTH)
        if len(sentences) > MOST_SENTENCES:
            text = iface_("And {count} more").format(count=len(sentences) - MOST_SENTENCES)
            layout.label(text=text, icon="BLANK1", translate=False)
        lines = self._chosen(context)
        if any(_server(context, line).costs_money for line in lines):
            layout.label(text="This uses render time from your account", icon="INFO")
        if any(line.scene.farmhand.existing == "ask" for line in lines):
            layout.label(text="Existing frames are kept; new ones get other names", icon="INFO")

    def run(self, context: Context) -> None:
        lines = self._chosen(context)
        if not lines:
            raise LocalProblem(rpt_("Nothing to render was chosen."), rpt_("Nothing was sent."))
        # All are checked before the first is submitted, so that errors are reported while they are easy to fix.
        for line in lines:
            if reason := servers.no_address(_server(context, line)):
                raise LocalProblem(reason, rpt_("Nothing was sent."))
        wanted = _checked(context, lines, self.what)
        for one in wanted:
            servers.demand_network(context, one.request.server_url)
            if one.found.blockers:
                raise LocalProblem(_named(one.request.name, one.found.blockers[0]), rpt_("Nothing was sent."))
        jobs = list(self._left(wanted))
        for one in jobs:  # two jobs may share a numbered folder, which the next batch must not use
            if one.planned[1]:
                output.reserve(one.planned[0], one.planned[1])
        failed = [reason for one in jobs if (reason := _submit(context, one))]
        if failed:  # the others were still rendered
            raise LocalProblem(Message.joined(failed, "\n"))
        if jobs:
            text = rpt_("1 job submitted") if len(jobs) == 1 else rpt_("{count} jobs submitted")
            self.report({"INFO"}, text.format(count=len(jobs)))

    def _left(self, wanted: list[_Wanted]) -> Iterator[_Wanted]:
        """The jobs that have frames left to render. Reports the others."""
        for one in wanted:
            try:
                request, found = submit.answered(one.request, one.found)
            except submit.NothingLeft as nothing:
                self.report({"INFO"}, translated(_named(one.request.name, nothing.what), rpt_))
                continue
            yield replace(one, request=request, found=found or one.found)

    def _chosen(self, context: Context) -> list[_Line]:
        """The checked lines; those that the dialog has not shown count as checked, except scenes for editing frames."""
        ticked = {one.name: one.use for one in self.choices}
        return [
            line
            for line in _lines(context, self.what)
            if line.is_offered and ticked.get(line.name, not render_request.is_for_editing(line.scene))
        ]


def _draw_line(layout: UILayout, line: _Line, choice: FarmhandChoice | None, told: str) -> None:
    """Draw a line; a scene without a camera is shown too, grayed out, with the reason."""
    row = layout.row()
    box = row.row()
    box.enabled = line.is_offered
    if choice is not None and line.is_offered:
        box.prop(choice, "use", text="")
    else:
        box.label(text="", icon="BLANK1")
    row.active = line.is_offered
    row = row.split(factor=0.32)
    row.label(text=line.scene.name, icon="SCENE_DATA", translate=False)
    row = row.split(factor=0.4)
    text = _camera_text(line)
    row.label(text=text, icon="CAMERA_DATA" if text else "NONE", translate=False)
    icon = "ERROR" if line.problem and line.is_offered else "NONE"
    row.label(text=told, icon=icon, translate=False)


def _camera_text(line: _Line) -> str:
    """The camera's name; for a scene whose markers switch cameras, their number."""
    own = line.scene.camera
    if line.scene.farmhand.camera or line.camera != (own.name if own else ""):
        return line.camera
    bound = {marker.camera.name for marker in line.scene.timeline_markers if marker.camera}
    return iface_("{count} cameras").format(count=len(bound)) if len(bound) > 1 else line.camera or "".join(bound)


def _submit(context: Context, one: _Wanted) -> Message | None:
    """Submit one; in a background Blender, render it. Returns what went wrong, or None."""
    if not bpy.app.background:
        submit.start(context, one.request, one.found)
        return None
    over = submit_background.render(common.user_home(), one.request, one.found, servers.keys(context))
    if over.state is State.DONE:
        return None
    return _named(one.request.name, Message.joined(submit_background.reason(over)))


def sentences(context: Context, what: str) -> _Sentences:
    """First the errors, then the warnings; each once, with the scenes or cameras that it concerns."""
    lines = [line for line in _lines(context, what) if line.is_offered and not line.problem]
    about = defaultdict[tuple[str, str], list[str]](list)
    for line, one in zip(lines, _checked(context, lines, what), strict=True):
        name = line.camera if what == "CAMERAS" else line.scene.name
        for icon, messages in (("CANCEL", one.found.blockers), ("ERROR", one.found.warnings)):
            for message in messages:
                about[icon, message].append(name)
    found = sorted(about.items(), key=lambda item: item[0][0])  # "CANCEL" comes first
    return tuple((icon, _about(names, len(lines), message)) for (icon, message), names in found)


def _named(name: str, reason: str) -> Message:
    return Message("{name}: {reason}", {"name": name, "reason": Message.from_text(reason)})


def _about(names: list[str], of: int, message: str) -> str:
    text = translated(message, iface_)
    return text if len(names) == of else f"{', '.join(names)}: {text}"


def _lines(context: Context, what: str) -> Iterator[_Line]:
    """The lines, with the scene in view and its active camera first."""
    if what == "SCENES":
        for scene in sorted(bpy.data.scenes, key=lambda scene: scene != context.scene):
            camera = scene.farmhand.camera or scene.camera
            yield _line(scene, camera.name if camera else "", bool(camera) or can_be_seen(scene, Animation()))
        return
    cameras = (thing for thing in context.scene.objects if thing.type == "CAMERA")
    for thing in sorted(cameras, key=lambda thing: thing != context.scene.camera):
        yield _line(context.scene, thing.name, is_offered=True)


def _line(scene: Scene, camera: str, is_offered: bool) -> _Line:
    problem = render_request.frames_problem(scene) if is_offered else iface_("No camera, skipped")
    count = 0 if problem else len(render_request.frame_numbers(scene, "ANIMATION"))
    return _Line(scene, camera, count, is_offered, problem)


def _told(line: _Line, server: str) -> str:
    """The number and size of frames, and where they are rendered if that differs between the lines."""
    if line.problem:
        return line.problem
    size = summary.size_text(line.scene)
    return f"{summary.count_text(line.frames)}, {size}" + (f"  →  {iface_(server)}" if server else "")


def _server(context: Context, line: _Line) -> servers.Server:
    return servers.server(context, line.scene.farmhand.server)


def _checked(context: Context, lines: list[_Line], what: str) -> list[_Wanted]:
    """A request for each line. Cameras, and scenes that would write to the same files, get separate folders."""
    scans: Scans = {}
    jobs = str(common.user_home().jobs)
    requested = [_request(context, line, what) for line in lines]
    checked = [dry_run(request, scans, jobs) for request in requested]
    planned = [(request, found.output) for request, found in zip(requested, checked, strict=True)]
    patterns = Counter(one for found in checked if found.output for one in found.output.patterns)
    for number, (line, found) in enumerate(zip(lines, checked, strict=True)):
        if found.output and (what == "CAMERAS" or any(patterns[one] > 1 for one in found.output.patterns)):
            name = bpy.path.clean_name(line.camera if what == "CAMERAS" else line.scene.name)
            own = str(Path(found.output.folder) / name)
            requested[number] = replace(requested[number], output=path_template.literal(own))
            checked[number] = dry_run(requested[number], scans, jobs)
    return [_Wanted(*each) for each in zip(requested, checked, planned, strict=True)]


def _request(context: Context, line: _Line, what: str) -> SubmitRequest:
    request = render_request.build(context, "ANIMATION", line.scene)
    request = replace(request, existing="keep" if request.existing == "ask" else request.existing)
    if what == "SCENES":
        return request
    return replace(request, camera=line.camera, name=f"{line.camera} · {request.name}")  # a list truncates at the end


CLASSES = (FarmhandChoice, FARMHAND_OT_submit_all)
