"""The preview movie of a completed job: H.264, every frame, the job's frame rate; and jobs that have none."""

import json
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from running_farm import RunningFarm
from waiting import wait_until

Scenes = Callable[..., Path]
READ_BACK = """
import json, sys
import bpy
path, still = sys.argv[sys.argv.index("--") + 1 :]
clip = bpy.data.movieclips.load(path)
scene = bpy.context.scene
scene.sequence_editor_create()
editor = scene.sequence_editor
strips = editor.strips if hasattr(editor, "strips") else editor.sequences
strips.new_movie(name="movie", filepath=path, channel=1, frame_start=1)
scene.render.resolution_x, scene.render.resolution_y = clip.size
scene.render.resolution_percentage = 100
scene.view_settings.view_transform = "Standard"
scene.render.image_settings.file_format = "PNG"
scene.frame_start = scene.frame_end = clip.frame_duration
scene.render.filepath = still + "/last_"
bpy.ops.render.render(animation=True)
print("READ", json.dumps([clip.frame_duration, list(clip.size), clip.fps]), flush=True)
"""


def video_of(farm: RunningFarm, job_id: str) -> dict[str, Any]:
    """Wait for the movie of a completed job."""
    wait_until(lambda: bool(farm.downloads(job_id)["transforms"]["video"]), "the movie is made")
    return dict(farm.downloads(job_id)["transforms"]["video"])


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, begin and end of each box of an MP4, those inside of others too."""
    end = len(data) if end is None else end
    while start < end:
        size, kind = struct.unpack_from(">L4s", data, start)
        yield kind, start + 8, start + size
        if kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            yield from boxes(data, start + 8, start + size)
        start += size


def read_back(command: Sequence[str], movie: Path, folder: Path) -> list[Any]:
    """Frames, size and frame rate, as Blender sees them; the last frame lies in the folder then."""
    script = folder / "read_back.py"
    script.write_text(READ_BACK, encoding="utf-8")
    is_python = Path(command[0]).name.startswith("python")
    options = [] if is_python else ["-b", "--factory-startup", "--python"]
    done = subprocess.run(
        [*command, *options, str(script), "--", str(movie), str(folder)], capture_output=True, text=True, timeout=90
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("READ ")), None)
    assert line, done.stdout + done.stderr
    return list(json.loads(line.removeprefix("READ ")))


def test_the_movie_of_a_job_plays_all_its_frames(
    each_blender_command: list[str], start_farm: Callable[..., RunningFarm], scene_file: Scenes, tmp_path: Path
) -> None:
    farm = start_farm(command=each_blender_command)
    scene = scene_file("animated", each_blender_command)
    job = farm.rendered(scene, fps=30, resolution=[65, 33], frameRanges=["1-3", "5"])
    assert job["status"] == "completed", job["failedReason"]
    told = video_of(farm, job["id"])
    assert (told["frames"], told["width"], told["height"], told["fps"]) == (4, 64, 32, 30.0)
    data = farm.fetch(told["url"])
    assert (len(data), told["fileName"]) == (told["bytes"], "scene.mp4")
    assert httpx.get(told["url"].partition("?")[0], trust_env=False).status_code == 403
    movie = tmp_path / told["fileName"]
    movie.write_bytes(data)
    samples = [struct.unpack_from(">L", data, start + 8)[0] for kind, start, _ in boxes(data) if kind == b"stsz"]
    assert b"avc1" in data
    assert samples == [4]
    assert read_back(each_blender_command, movie, tmp_path) == [4, [64, 32], 30.0]


def test_a_single_frame_gets_no_movie_and_the_answer_says_that_none_will_come(
    farm: RunningFarm, scene_file: Scenes
) -> None:
    job_id = farm.rendered(scene_file("animated"), frameRanges=["1"])["id"]
    wait_until(lambda: farm.downloads(job_id)["transforms"]["video"] == {}, "the job had its turn")


def test_a_movie_of_open_exr_is_seen_through_the_scenes_view(
    farm: RunningFarm, scene_file: Scenes, blender_command: list[str], tmp_path: Path
) -> None:
    shown = {}
    for kind in ("PNG", "OPEN_EXR"):
        job = farm.rendered(scene_file("animated"), frameRanges=["1-2"], outputFormat=kind, resolution=[64, 64])
        folder = tmp_path / kind
        folder.mkdir()
        movie = folder / "movie.mp4"
        movie.write_bytes(farm.fetch(video_of(farm, job["id"])["url"]))
        read_back(blender_command, movie, folder)
        image = Image.open(next(folder.glob("last_*.png"))).convert("RGB")
        shown[kind] = [image.getpixel((x, y)) for x in (4, 32, 60) for y in (4, 32, 60)]
    for png, exr in zip(shown["PNG"], shown["OPEN_EXR"], strict=True):
        assert all(abs(one - other) <= 12 for one, other in zip(png, exr, strict=True)), (png, exr)


def test_after_a_restart_frames_that_cannot_be_read_cost_the_movie_alone_and_nothing_is_left_behind(
    start_farm: Callable[..., RunningFarm], scene_file: Scenes
) -> None:
    farm = start_farm()
    broken = farm.rendered(scene_file("animated"), frameRanges=["1-3"])["id"]
    farm.kill()  # before its movie is made
    for frame in (farm.data / "objects" / "jobs" / broken / "frames").iterdir():
        frame.write_bytes(b"no picture")
    farm.start()
    log = farm.data / "logs" / "farm.log"
    wait_until(lambda: f"Job {broken} has no video" in log.read_text(encoding="utf-8"), "the log says so")
    assert farm.job(broken)["status"] == "completed"
    assert set(farm.downloads(broken)["transforms"]["video"]) == {"notice"}
    whole = farm.rendered(scene_file("animated"), frameRanges=["1-3"])["id"]
    assert video_of(farm, whole)["frames"] == 3
    wait_until(lambda: not farm.blender_processes(), "no Blender is left")
    assert not [path for path in (farm.data / "work" / "movies").rglob("*") if path.is_file()]
