"""What comes back is what the same Blender renders by itself: every pixel, no tolerance."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from in_blender import run_in_blender
from PIL import Image
from running_farm import RunningFarm

_RENDER = Path(__file__).parent.parent / "support" / "render_directly.py"


@pytest.mark.parametrize("kind", ["animated", "stereo", pytest.param("looping", marks=pytest.mark.soak), "punchy"])
def test_frames_from_the_farm_equal_frames_rendered_directly(
    each_blender_command: list[str],
    start_farm: Callable[..., RunningFarm],
    scene_file: Callable[..., Path],
    tmp_path: Path,
    kind: str,
) -> None:
    scene = scene_file(kind, each_blender_command)
    run_in_blender(each_blender_command, _RENDER, str(scene), str(tmp_path / "direct"), "1", "5")
    direct = {path.name: pixels(path.read_bytes()) for path in (tmp_path / "direct").iterdir()}
    farm = start_farm("--workers", "2", command=each_blender_command)
    job = farm.rendered(scene, frameRanges=["1-5"])
    ours = {name.removeprefix("frames/"): pixels(content) for name, content in farm.frames(job["id"]).items()}
    assert sorted(ours) == sorted(direct)
    assert [name for name in direct if not numpy.array_equal(ours[name], direct[name])] == []


def pixels(content: bytes) -> "numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.uint8]]":
    return numpy.asarray(Image.open(io.BytesIO(content)))
