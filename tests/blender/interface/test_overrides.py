"""What a job renders with in place of the scene's own values: all that the API documents, kept in presets, reset."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DOCUMENTED = Path(__file__).parents[2] / "contract" / "samples" / "post_render.request.json"
ELSEWHERE = {"frameRanges", "colorManagementPreset"}
"""Set in Frames and by Color Config."""
VALUES = {"compute_device": "OPTIX", "gpu_count": 2, "minimum_ram": 32, "compositor_device": "CPU", "fps": 25.0}
VALUES |= {"denoiser_type": "OPTIX", "tiling": False, "tile_size": 512, "tiff_codec": "LZW", "notes": "for the client"}
SENT = {"computeDeviceType": "OPTIX", "gpuCount": 2, "minimumRam": 32, "compositorDevice": "CPU", "fps": 25.0}
SENT |= {"denoiserType": "OPTIX", "useTiling": False, "tileSize": 512, "outputSettings": {"tiffCodec": "LZW"}}
SENT |= {"notes": "for the client"}


@pytest.fixture
def settings(fresh_file: None, live: Any) -> Any:
    import bpy

    bpy.context.scene.render.engine = "CYCLES"
    return bpy.context.scene.farmhand


def choose(settings: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(settings, f"use_{name}", True)
        setattr(settings, name, value)


def sent(part: Callable[[str], ModuleType]) -> dict[str, Any]:
    import bpy

    return dict(part("ui.request.render_request").build(bpy.context, "ANIMATION").overrides)


def test_every_documented_member_of_the_render_config_can_be_overridden(
    settings: Any, part: Callable[[str], ModuleType]
) -> None:
    documented = json.loads(DOCUMENTED.read_text(encoding="utf-8"))["requestedRenderConfig"]
    for one in part("ui.request.overrides").OVERRIDES:
        setattr(settings, one.switch, not one.needs)
    settings.notes = "for the client"
    config = sent(part)
    assert config.keys() == documented.keys() - ELSEWHERE
    assert config["outputSettings"].keys() == documented["outputSettings"].keys()


def test_what_is_set_under_advanced_is_sent_and_nothing_else(settings: Any, part: Callable[[str], ModuleType]) -> None:
    choose(settings, VALUES)
    assert sent(part) == SENT


def test_an_override_that_says_what_the_scene_says_is_not_counted(
    settings: Any, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    panel = part("panels.request.overrides").FARMHAND_PT_overrides
    settings.use_sample_count = True
    assert panel.state(panel, bpy.context)[1] == "Scene Settings"
    settings.sample_count += 1
    assert panel.state(panel, bpy.context)[1] == "1 Override"


def test_an_override_starts_from_the_scenes_value(settings: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    scene = bpy.context.scene
    scene.render.fps, scene.cycles.tile_size, scene.cycles.device = 30, 256, "CPU"
    settings.use_fps = settings.use_tile_size = settings.use_compute_device = True
    assert sent(part) == {"fps": 30.0, "tileSize": 256, "computeDeviceType": "CPU"}


def test_another_engine_or_format_starts_from_what_the_scene_keeps_for_it(
    settings: Any, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples = "BLENDER_WORKBENCH", 77
    scene.render.image_settings.file_format = "PNG"
    choose(settings, {"render_engine": "CYCLES", "output_format": "TIFF"})
    settings.use_sample_count = settings.use_tiff_codec = True
    assert sent(part)["sampleCount"] == 77
    assert sent(part)["outputSettings"] == {"tiffCodec": scene.render.image_settings.tiff_codec}


def test_one_override_is_reset_or_all_of_them(settings: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    choose(settings, VALUES)
    assert bpy.ops.farmhand.reset_override(name="fps") == {"FINISHED"}
    assert sent(part) == {name: value for name, value in SENT.items() if name != "fps"}
    assert bpy.ops.farmhand.reset_override() == {"FINISHED"}
    assert sent(part) == {}
    assert not bpy.ops.farmhand.reset_override.poll()


def test_a_preset_carries_them(settings: Any, part: Callable[[str], ModuleType]) -> None:
    import bpy

    choose(settings, VALUES)
    bpy.ops.farmhand.preset_add(name="Night Farm")
    try:
        bpy.ops.farmhand.reset_override()
        file = bpy.utils.preset_find("Night_Farm", "farmhand", ext=".py")
        bpy.ops.script.execute_preset(filepath=file, menu_idname="FARMHAND_PT_presets")
        assert sent(part) == SENT
    finally:
        bpy.ops.farmhand.preset_add(name="Night Farm", remove_name=True)


def test_an_empty_note_is_not_sent(settings: Any, part: Callable[[str], ModuleType]) -> None:
    settings.use_notes = True
    assert sent(part) == {}


def test_a_number_goes_as_far_as_the_service_takes_it(settings: Any, part: Callable[[str], ModuleType]) -> None:
    limits, seen = part("client.setting_limits").SETTINGS, 0
    for one in part("ui.request.overrides").OVERRIDES:
        limit = limits[f"{one.section}.{one.field}" if one.section else one.field]
        shown = settings.bl_rna.properties[one.name]
        if limit.kind in (int, list):
            seen += 1
            assert limit.least is None or shown.hard_min == limit.least, one.name
            assert limit.most is None or shown.hard_max == limit.most, one.name
    assert seen == 8
