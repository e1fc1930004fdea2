"""What a service says of a file is compared with what was sent, in whatever shape it says it."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from farmhand.client.models import Job
from farmhand.courier.pipeline import analysis, expectation, reporting
from farmhand.jobs.folder.job_folder import JobFile, Output, Package

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EXPECTED: dict[str, Any] = {
    "renderEngine": "CYCLES",
    "resolution": [1920, 1080],
    "resolutionPercentage": 50,
    "frames": [1, 10, 1],
    "missing": ["/studio/left/known_####.png"],
}
OWN_FARM = {
    "engine": "CYCLES",
    "scene": "Scene",
    "frameStart": 1,
    "frameEnd": 10,
    "frameStep": 1,
    "resolution": [1920, 1080],
    "resolutionPercentage": 50,
    "missingFiles": [],
}


def job(**expected: Any) -> JobFile:
    package = Package("package.blend", "blend", "shot.blend", 1, "")
    return JobFile(
        id="1",
        name="shot",
        server_url="",
        blend="",
        scene="Scene",
        camera="",
        view_layer="",
        blender=[],
        blender_version="",
        package=package,
        output=Output("/render"),
        render_config={},
        frames=[1],
        expected={**EXPECTED, **expected},
    )


def said(told: Any, **expected: Any) -> list[str]:
    return [str(one) for one in expectation.unexpected(told, job(**expected))]


@pytest.mark.parametrize(
    "told",
    [
        None,
        OWN_FARM,
        {"analysis": OWN_FARM},
        [{"scenes": [{"name": "Other", "frameStart": 7}, {"name": "Scene", "frameStart": 1, "frameEnd": 10}]}],
        {"render_engine": "cycles", "Frame Start": "1", "frame-end": 10.0, "resolution": "1920x1080"},
        {"resolution": {"width": 960, "height": 540}, "frameRange": "1-10"},
        {"engine": "Cycles X (GPU)", "frameRange": {"start": 1, "end": 10}, "resolution": [None, "?"]},
        {"engine": "renderer-7", "frameStart": None, "missingFiles": None, "resolutionPercentage": "half"},
        {"missingFiles": ["//left/known_0001.png", {"path": "C:\\left\\KNOWN_0002.png"}]},
        {"images": [{"name": "a.png", "resolution": [64, 64], "exists": True}]},
        {"frames": 10, "missing": 0, "size": 4096},
        "no JSON at all",
        10**40,
        [[[[[[[{"frameStart": 5}]]]]]]],
    ],
    ids=repr,
)
def test_what_fits_or_cannot_be_read_is_not_wrong(told: Any) -> None:
    assert said(told) == []


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({**OWN_FARM, "engine": "BLENDER_EEVEE"}, "Render Engine: CYCLES in the file, BLENDER_EEVEE on the server."),
        ({**OWN_FARM, "frameEnd": 250}, "Frames: 1-10 in the file, 1-250 on the server."),
        ({"settings": {"frameStep": 2}}, "Frames: 1-10 in the file, 1-10x2 on the server."),
        ({"frameRange": [1, 20]}, "Frames: 1-10 in the file, 1-20 on the server."),
        ('{"frame_range": "5-10"}', "Frames: 1-10 in the file, 5-10 on the server."),
        ({"resolutionX": 64, "resolutionY": 36}, "Resolution: 1920 × 1080 in the file, 64 × 36 on the server."),
        ({"resolutionPercentage": 100}, "Resolution %: 50% in the file, 100% on the server."),
        (
            [{"scenes": [{"name": "Other", "frameStart": 1}, {"name": "Scene", "frameStart": 2, "frameEnd": 10}]}],
            "Frames: 1-10 in the file, 2-10 on the server.",
        ),
        ({"missingFiles": [{"path": "//a.png", "owner": "a"}]}, "Missing on the server: //a.png."),
        ({"missing_files": {"textures": ["a.png"], "fonts": ["b.ttf"]}}, "Missing on the server: a.png, b.ttf."),
        ({"assets": [{"file": "a.png", "exists": False}, {"file": "b.png"}]}, "Missing on the server: a.png."),
        ({"missing": list("abcde")}, "Missing on the server: a, b, c and 2 more."),
        ({"missing": ["a.png", "a.png"]}, "Missing on the server: a.png."),
    ],
    ids=repr,
)
def test_what_is_not_as_it_was_sent_is_said(told: Any, sentence: str) -> None:
    assert said(told) == [sentence]


@pytest.mark.parametrize("folder", ["//render/", "C:\\shots\\render\\"])
def test_a_strip_of_frames_that_were_left_out_is_told_by_its_folder(folder: str) -> None:
    left_out = replace(job(), expected={**job().expected, "missing": ["/shots/render/shot_0001.png"]})
    assert expectation.unexpected({**OWN_FARM, "missingFiles": [{"path": folder}]}, left_out) == ()
    assert expectation.unexpected({**OWN_FARM, "missingFiles": [{"path": "//other/"}]}, left_out) == (
        "Missing on the server: //other/.",
    )


def test_a_file_that_an_older_version_packed_is_compared_only_in_what_it_misses() -> None:
    old = replace(job(), expected={})
    assert expectation.unexpected({**OWN_FARM, "frameEnd": 7, "engine": "BLENDER_EEVEE"}, old) == ()
    assert expectation.unexpected({"missingFiles": ["a.png"]}, old) == ("Missing on the server: a.png.",)


def test_a_hostile_analysis_is_shown_as_short_lines() -> None:
    deep: Any = {"a": "\x1b[31m" + "x" * 10_000}
    for _ in range(50):
        deep = {"scene": deep, "list": ["\u202e"] * 5000}
    lines = analysis.facts(deep)
    assert lines and len(lines) <= 60
    assert all(len(name) <= 60 and len(value) <= 121 for name, value in lines)
    assert all(text.isprintable() for line in lines for text in line)


def test_a_hostile_analysis_takes_no_time() -> None:
    """It is read at every poll."""
    crowd: list[Any] = [[{"name": "Scene", "i": number} for number in range(1000)] for _ in range(20)]
    told: dict[str, Any] = {"scenes": crowd, "missing": ["a"] * 50_000, "notices": ["b"] * 50_000}
    told |= {f"m{number}": {} for number in range(100_000)}
    shot = Job(
        id="1", status="rendering", workspace_id="w", created_at=NOW, updated_at=NOW, analysis=told, final_config=told
    )
    began = time.process_time()
    report = reporting.of_job(shot, job())
    assert time.process_time() - began < 3.0
    assert (report.missing, report.notices) == (("a",), ("b",))


@pytest.mark.parametrize(("name", "used"), [("computeDeviceType", ["CPU"]), ("fps", 10**400)])
def test_settings_of_impossible_kinds_are_shown_as_they_are(name: str, used: Any) -> None:
    asked = {"computeDeviceType": "CUDA", "fps": 23.976}
    shot = Job(id="1", status="rendering", workspace_id="w", created_at=NOW, updated_at=NOW, final_config={name: used})
    (row,) = reporting.of_job(shot, replace(job(), render_config={name: asked[name]})).used
    assert row[2] and len(row[2]) <= 120


def test_a_size_that_no_picture_has_is_not_compared() -> None:
    assert said({"resolution": [10**300, 10**300], "frameEnd": 10**300}) == []


def test_facts_have_names_in_words_and_values_in_a_line() -> None:
    told = {"frameStart": 1, "fps": 24.0, "resolution": [1920, 1080], "isBaked": True, "none": None}
    told |= {"viewLayers": [{"name": "Fog", "use": True}, {"name": "Sky"}], "file": {"blenderVersion": "5.0.1"}}
    assert analysis.facts(told) == [
        ("Frame Start", "1"),
        ("FPS", "24"),
        ("Resolution", "1920 × 1080"),
        ("Is Baked", "Yes"),
        ("View Layers", "Fog, Sky"),
        ("File: Blender Version", "5.0.1"),
    ]
