"""What is broken or hostile gets words: a finding, or a problem that names the file, and never a traceback."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blenders_of_scenes import HERE, VERSIONS, Blender, blender_of

from farmhand.client.message import Message

HEADLESS = HERE.parents[1] / "scene" / "headless.py"
UNPRIVILEGED = """#!/bin/sh
exec setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search "{}" "$@"
"""


@pytest.fixture(scope="session", params=VERSIONS)
def blender(request: pytest.FixtureRequest) -> Blender:
    """Each Blender in turn."""
    return blender_of(request.param)


@pytest.fixture(scope="session")
def scenes(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of hostile_scenes.py's scenes."""
    folder = tmp_path_factory.mktemp(f"hostile-{blender.version}")
    blender.run(HERE / "hostile_scenes.py", str(folder))
    return folder


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Call with a Blender, a command and a file: what the command line would be told."""

    def asked(blender: Blender, command: str, file: Path) -> dict[str, Any]:
        request, result = tmp_path / "request.json", tmp_path / "result.json"
        request.write_text(
            json.dumps({"command": command, "file": str(file), "jobs": str(tmp_path / "jobs"), "output": str(tmp_path)})
        )
        printed = blender.run(HEADLESS, str(request), str(result))
        assert "Traceback" not in printed
        return dict(json.loads(result.read_text()))

    return asked


@pytest.fixture(scope="session")
def unprivileged(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> Blender:
    """A Blender that permissions mean something to, for root too."""
    if os.geteuid():
        return blender
    if not shutil.which("setpriv") or not Path(blender.command[0]).name.startswith("python"):
        pytest.skip("root cannot give up its rights here")
    script = tmp_path_factory.mktemp("unprivileged") / "python"
    script.write_text(UNPRIVILEGED.format(blender.command[0]))
    script.chmod(0o755)
    return Blender(blender.version, [str(script)])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["text", "empty", "folder", "absent", "header"])
def test_what_is_no_blend_gets_words(kind: str, blender: Blender, ask: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "scene.blend"
    if kind == "header":
        file.write_bytes((b"BLENDER-v402" + bytes(range(256)) * 4)[:700])
    elif kind == "text":
        file.write_text("This is a poem.\n")
    elif kind == "empty":
        file.touch()
    elif kind == "folder":
        file.mkdir()
    problem = ask(blender, "check", file)["problem"]
    assert problem["meaning"] == "Nothing was sent."
    assert str(file) in problem["what"] or file.name in problem["what"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", [0.002, 0.5, 0.999])
def test_a_truncated_blend_cannot_be_opened(
    part: float, blender: Blender, scenes: Path, ask: Callable[..., Any], tmp_path: Path
) -> None:
    whole = (scenes / "plain" / "scene.blend").read_bytes()
    file = tmp_path / "scene.blend"
    file.write_bytes(whole[: int(len(whole) * part)])
    what = Message.decoded(ask(blender, "submit", file)["problem"]["what"])
    assert what.startswith("scene.blend cannot be opened")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", ["check", "submit"])
def test_a_truncated_library_is_an_error_and_the_scene_itself_opens(
    command: str, blender: Blender, scenes: Path, ask: Callable[..., Any]
) -> None:
    answer = ask(blender, command, scenes / "truncated_library" / "scene.blend")
    assert codes(answer) == ["error library_unusable"]
    assert ("problem" in answer) == (command == "submit")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scene", ["unreadable_texture", "unreadable_library"])
def test_a_file_that_may_not_be_read_is_an_error(
    scene: str, unprivileged: Blender, scenes: Path, ask: Callable[..., Any]
) -> None:
    answer = ask(unprivileged, "check", scenes / scene / "scene.blend")
    assert codes(answer) == ["error file_unreadable"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scene", ["library_of_itself", "copy_of_itself", "loop_of_libraries"])
def test_libraries_that_lead_back_to_themselves_are_packed(
    scene: str, blender: Blender, scenes: Path, ask: Callable[..., Any], unpack: Callable[..., Path], tmp_path: Path
) -> None:
    answer = ask(blender, "submit", scenes / scene / "scene.blend")
    assert "problem" not in answer
    blend = unpack(Path(answer["folder"]), tmp_path / "bare")
    (found,) = blender.do(tmp_path, ["scan", str(blend), [3]])
    assert (codes(answer), found["missing"]) == ([], [])
    if scene == "loop_of_libraries":
        assert [Path(each).name for each in found["files"]] == ["a.blend", "b.blend", "c.blend"]


def codes(answer: dict[str, Any]) -> list[str]:
    return [f"{one['severity']} {one['code']}" for one in answer["check"]["findings"]]
