"""`--set NAME=VALUE`: every setting has one kind of value, what is none is an error before anything is sent."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from command_line import FARMHAND

from farmhand.cli.common import Wrong, overrides
from farmhand.client.models import RenderConfig
from farmhand.client.setting_limits import SETTINGS
from farmhand.jobs import render_settings, submit
from farmhand.jobs.user_folder import UserFolder

KINDS = {"string": str, "integer": int, "number": float, "boolean": bool, "array": list}


def members(schema: Mapping[str, Any], definitions: Mapping[str, Any], group: str = "") -> Iterator[tuple[str, Any]]:
    """Names with a dot, each with its schema, without the null that all may be."""
    for name, told in schema["properties"].items():
        shape = next((each for each in told.get("anyOf", ()) if each.get("type") != "null"), told)
        if "$ref" in shape:
            yield from members(definitions[shape["$ref"].rpartition("/")[2]], definitions, f"{name}.")
        else:
            yield group + name, shape


def test_the_settings_are_the_members_of_the_model_that_is_sent() -> None:
    schema = RenderConfig.model_json_schema(by_alias=True)
    expected = dict(members(schema, schema["$defs"]))
    del expected["frameRanges"]
    assert set(SETTINGS) == set(expected)
    for name, shape in expected.items():
        number = shape.get("items", shape)
        limits = (number.get("minimum", number.get("exclusiveMinimum")), number.get("maximum"))
        assert (SETTINGS[name].kind, (SETTINGS[name].least, SETTINGS[name].most)) == (KINDS[shape["type"]], limits), (
            name
        )


@pytest.mark.parametrize(
    ("text", "config"),
    [
        ("sampleCount=16", {"sampleCount": 16}),
        ("fps=23.976", {"fps": 23.976}),
        ("useTiling=True", {"useTiling": True}),
        ("resolution=1920x1080", {"resolution": [1920, 1080]}),
        ("resolution=[1920, 1080]", {"resolution": [1920, 1080]}),
        ("outputSettings.colorDepth=16", {"outputSettings": {"colorDepth": "16"}}),
        ('outputSettings.colorDepth="16"', {"outputSettings": {"colorDepth": "16"}}),
        ("notes=2=two", {"notes": "2=two"}),
        ("denoiserType=null", {"denoiserType": None}),
    ],
)
def test_a_value_gets_the_type_of_its_setting(text: str, config: dict[str, Any]) -> None:
    assert overrides([text]) == config
    RenderConfig.model_validate(config, strict=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sampelCount=16", "“sampelCount” is not a render setting. Did you mean sampleCount?"),
        ("sample_count=16", "Did you mean sampleCount?"),
        ("colorDepth=16", "Did you mean outputSettings.colorDepth?"),
        ("outputSettings.colordepth=16", "Did you mean outputSettings.colorDepth?"),
        ("samples=16", "Did you mean sampleCount?"),
        ("engine=CYCLES", "Did you mean renderEngine?"),
        ("codec=ZIP", "Did you mean outputSettings.exrCodec or outputSettings.tiffCodec?"),
        ("zzz=1", "Valid names: colorManagementPreset, notes, "),
        ("frameRanges=1-2", "use --frames"),
        ("sampleCount=many", "sampleCount must be a whole number of 1 or more, not “many”."),
        ("sampleCount=0", "sampleCount must be a whole number of 1 or more, not “0”."),
        ("sampleCount=true", "sampleCount must be a whole number"),
        ("resolutionPercentage=1.5", "from 1 to 32767"),
        ("fps=0", "fps must be a number above 0, not “0”."),
        ("fps=NaN", "fps must be a number above 0"),
        ("useTiling=1", "useTiling must be true or false, not “1”."),
        ("resolution=1920", "resolution must be a width and a height from 4 to 65536, such as 1920x1080, not “1920”."),
        ("resolution=1920x2", "a width and a height"),
        ("sampleCount", "is not NAME=VALUE"),
    ],
)
def test_what_does_not_fit_is_said_with_what_would(text: str, said: str) -> None:
    with pytest.raises(Wrong, match=re.escape(said)):
        overrides([text])


def test_a_misspelled_setting_ends_a_submission_before_blender_starts(tmp_path: Path) -> None:
    scene = tmp_path / "scene.blend"
    scene.write_bytes(b"never read")
    command = [*FARMHAND, "submit", str(scene), "--set", "sampelCount=16"]
    done = subprocess.run(command, env={"FARMHAND_HOME": str(tmp_path / "home")}, capture_output=True, text=True)
    assert done.returncode == 2
    assert "Did you mean sampleCount?" in done.stderr
    assert not (tmp_path / "home" / "jobs").exists()


def test_a_script_that_misspells_a_setting_submits_nothing(tmp_path: Path) -> None:
    package = tmp_path / "scene.blend"
    package.write_bytes(b"BLENDER")
    with pytest.raises(ValueError, match=r"Did you mean outputSettings\.quality\?"):
        submit.send(UserFolder(tmp_path / "home"), "local", package, tmp_path, "1", {"outputSettings": {"qualty": 1}})
    assert not (tmp_path / "home").exists()
    render_settings.check_names({"sampleCount": 1, "outputSettings": {"quality": 1}})
