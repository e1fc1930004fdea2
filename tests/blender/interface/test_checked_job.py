"""A job that the service has checked: what the panel shows of it, and the buttons that decide."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Part = Callable[[str], ModuleType]
EXPECTED = {"resolution": [1920, 1080], "resolutionPercentage": 100, "sampleCount": 64, "frames": [1, 250, 1]}


@pytest.fixture
def no_courier(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part("operators.common").launcher, "ensure_courier", lambda *_: None)


@pytest.fixture
def checked(part: Part, home: Path, add: Callable[..., Any], job_file: Callable[..., Any]) -> Callable[..., Any]:
    """A job that waits to be started, and what the service said of its file."""

    def put(blend: str = "", **changes: Any) -> Any:
        reports, message = part("jobs.folder.service_report"), part("client.message").msg
        note = message("Missing on the server: {files}.", files="//rust.png")
        one = add("shot", state="waiting", stage="confirm", job_id="a-job", blend=blend, note=note, frames_total=4)
        config = {"colorManagementPreset": "aces", "sampleCount": 16, "frameRanges": ["1-4"]}
        job_file(one, render_config=config, expected=EXPECTED, **changes)
        report = reports.ServiceReport(
            analysis=(("Engine", "CYCLES"), ("Frame Start", "0"), ("Frame End", "250"), ("Hair Systems", "0")),
            missing=("//rust.png",),
            missing_count=1,
            unexpected=(note,),
            used=(("Sample Count", "64", "16"), ("Gpu Count", "", "4")),
            notices=("No GPU was found: Cycles renders on the CPU.",),
            failed_name="Out of memory",
            failed_type="GPU_OOM",
        )
        assert reports.write(home / "jobs" / one.id, report)
        part("operators.watch").tick()
        return one

    return put


def job_of(part: Part, home: Path, one: Any) -> Any:
    return part("jobs.folder.job_folder").read(home / "jobs" / one.id)


def test_a_checked_job_waits_in_the_panel_with_all_that_decides(
    fresh_file: None, checked: Callable[..., Any], drawn: Callable[[str, str], str]
) -> None:
    checked()
    text = drawn("main", "FARMHAND_PT_main")
    for shown in ("shot: Missing on the server: //rust.png.", "1-4", "Samples: 16", "ACES"):
        assert shown in text, shown
    assert "Gpu Count" not in text  # nobody asked for it


def test_details_show_what_the_service_tells(
    fresh_file: None, checked: Callable[..., Any], drawn: Callable[[str, str], str]
) -> None:
    checked()
    text = drawn("jobs.job_details", "FARMHAND_PT_job_details")
    for shown in ("Out of memory", "GPU_OOM", "16 instead of 64", "No GPU was found", "//rust.png", "Engine", "Cycles"):
        assert shown in text, shown
    assert "Frame Start" in text and "Hair Systems" not in text


@pytest.mark.parametrize(("name", "request_left"), [("start_render", "confirm"), ("discard", "cancel")])
def test_a_checked_job_is_started_or_discarded(
    checked: Callable[..., Any], tell: Callable[[], Any], no_courier: None, name: str, request_left: str
) -> None:
    import bpy

    one = checked()
    assert getattr(bpy.ops.farmhand, name)() == {"FINISHED"}
    assert tell() == [(one.id, request_left)]


def test_a_checked_job_takes_the_settings_of_the_scene(
    project: Path, checked: Callable[..., Any], part: Part, home: Path, drawn: Callable[[str, str], str]
) -> None:
    import bpy

    one = checked(str(project / "shot.blend"))
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_percentage = 1280, 100
    ours = scene.farmhand
    ours.use_sample_count, ours.sample_count = True, 8
    ours.use_frames, ours.frames = True, "3-5"
    assert bpy.ops.farmhand.use_current_settings() == {"FINISHED"}
    job = job_of(part, home, one)
    assert job.render_config == {
        "colorManagementPreset": "default",
        "resolution": [1280, 1080],
        "sampleCount": 8,
        "frameRanges": ["3-5"],
    }
    assert (job.frames, job.output.width, job.ask_mode) == ([3, 4, 5], 1280, "if_wrong")
    part("operators.watch").tick()
    assert "3-5" in drawn("main", "FARMHAND_PT_main")


@pytest.mark.parametrize("changes", [{"frames": [7]}, {"rest": [2, 3]}], ids=["image", "test frames"])
def test_a_single_image_and_test_frames_keep_their_frames(
    project: Path, checked: Callable[..., Any], part: Part, home: Path, changes: dict[str, Any]
) -> None:
    import bpy

    one = checked(str(project / "shot.blend"), **changes)
    before = job_of(part, home, one).frames
    assert bpy.ops.farmhand.use_current_settings() == {"FINISHED"}
    assert job_of(part, home, one).frames == before


def test_a_job_of_another_file_keeps_its_settings(
    project: Path, checked: Callable[..., Any], part: Part, home: Path
) -> None:
    import bpy

    one = checked("/elsewhere/other.blend")
    before = job_of(part, home, one)
    with pytest.raises(RuntimeError, match="The job's file is not open"):
        bpy.ops.farmhand.use_current_settings()
    assert job_of(part, home, one) == before


def test_the_service_s_picture_stands_for_the_job_until_a_frame_is_here(
    project: Path, add: Callable[..., Any], part: Part, home: Path, live: Any
) -> None:
    one = add("shot", state="active", stage="pull", job_id="a-job")
    folder, reports = home / "jobs" / one.id, part("jobs.folder.service_report")
    folder.mkdir(parents=True)
    (folder / "preview.png").write_bytes((project / "render" / "shot_0009.png").read_bytes())
    reports.write(folder, reports.ServiceReport(preview="preview.png"))
    with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
        journal.save(one)
        part("operators.watch").tick()
        assert live.snapshot.by_id[one.id].picture == str(folder / "preview.png")
        frame = str(project / "render" / "shot_0009.png")
        journal.save(one.with_(frames_done=1, latest_frame=frame))
        part("operators.watch").tick()
        assert live.snapshot.by_id[one.id].picture == frame


@pytest.mark.parametrize("mode", ["IF_WRONG", "ALWAYS", "NEVER"])
def test_the_choice_beside_the_server_goes_with_the_job(project: Path, part: Part, mode: str) -> None:
    import bpy

    bpy.context.scene.farmhand.ask_mode = mode
    assert part("ui.request.render_request").build(bpy.context, "FRAME").ask_mode == mode.lower()


def test_files_that_are_not_sent_are_no_surprise_and_those_that_are_would_be(project: Path, part: Part) -> None:
    import bpy

    used, unused = (bpy.data.images.load(str(project / "render" / f"shot_{at:04}.png")) for at in (9, 10))
    gone = bpy.data.images.new("gone", 4, 4)
    gone.filepath_raw, gone.source = "/studio/rust.png", "FILE"
    unused.use_fake_user = True
    material = bpy.data.objects["Cube"].active_material
    if not material.node_tree:
        material.use_nodes = True
    for image in (used, gone):
        material.node_tree.nodes.new("ShaderNodeTexImage").image = image
    nodes = material.node_tree.nodes
    textures = [node for node in nodes if node.type == "TEX_IMAGE"]
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    for node, name in zip(textures, ("Base Color", "Roughness"), strict=True):
        material.node_tree.links.new(node.outputs["Color"], shader.inputs[name])
    (project / "unused.png").write_bytes((project / "render" / "shot_0010.png").read_bytes())
    unused.filepath = str(project / "unused.png")
    bpy.ops.wm.save_mainfile()
    request = part("ui.request.render_request").build(bpy.context, "FRAME")
    checked = part("scene.dry_run").dry_run(request)
    expected = part("scene.packing.package")._expected(request, checked, bpy.context.scene)
    known = {Path(path).name for path in expected["missing"]}
    assert {"rust.png", "unused.png"} <= known and not {"shot_0009.png", "shot.blend", ""} & known
    assert expected["frames"] == [1, 250, 1] and expected["renderEngine"]
