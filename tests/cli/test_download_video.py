"""`farmhand download --video`: the preview video beside the frames, from a farm that renders."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_cli import FEW, CommandLine


@pytest.fixture
def cli(home: Path, blender_command: list[str]) -> Iterator[CommandLine]:
    ours = CommandLine(home, blender_command)
    yield ours
    ours.end()


def test_the_video_of_a_job_comes_beside_its_frames_once(
    cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code, result = cli.json("submit", str(scene_file("animated")), *FEW, "--output", str(out), "--wait")
    assert code == 0, result
    painted = Path(result["frames"][0])
    painted.write_bytes(b"painted over by the artist")
    for _ in range(2):
        code, answer = cli.json("download", result["submission"], "--video")
        assert (code, answer["error"]) == (0, None)
        video = Path(answer["video"])
        assert (video.parent, video.suffix) == (out, ".mp4")
        assert video.read_bytes()[4:8] == b"ftyp"
    assert [path.name for path in out.glob("*.mp4")] == [video.name]
    assert painted.read_bytes() == b"painted over by the artist"
    said = cli.run("download", result["submission"][:8], "--video")
    assert (said.returncode, said.stdout.strip()) == (0, str(video))


def test_a_single_frame_has_no_video_and_the_command_says_so(
    cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    few = ("--frames", "1", *FEW[2:], "--output", str(tmp_path / "out"))
    code, result = cli.json("submit", str(scene_file("animated")), *few, "--wait")
    assert code == 0, result
    done = cli.run("download", result["submission"], "--video", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["video"], answer["state"]) == (3, None, "done")
    assert answer["error"] == "The server has no video of this job. Import the frames instead."
