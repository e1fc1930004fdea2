"""Compare: the same frame rendered here too, and an image of what differs."""

import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from waiting import PATIENCE

SIZE = (16, 9)


@pytest.fixture
def difference(part: Callable[[str], ModuleType], fresh_file: None) -> ModuleType:
    return part("operators.footage.difference")


def painted(path: Path, color: tuple[float, float, float], size: tuple[int, int] = SIZE, form: str = "PNG") -> Path:
    """A picture of one color, but for its first pixel, which is black."""
    import bpy

    picture = bpy.data.images.new("painted", *size, float_buffer=form == "OPEN_EXR", is_data=True)
    pixels = [0.0, 0.0, 0.0, 1.0] + [*color, 1.0] * (size[0] * size[1] - 1)
    picture.pixels.foreach_set(pixels)
    picture.file_format = form
    picture.filepath_raw = str(path)
    picture.save()
    bpy.data.images.remove(picture)
    return path


def test_equal_pictures_are_the_same_pixel_for_pixel(difference: ModuleType, tmp_path: Path) -> None:
    first = painted(tmp_path / "first.png", (0.2, 0.4, 0.6))
    found = difference.difference_of(first, painted(tmp_path / "second.png", (0.2, 0.4, 0.6)), "shot difference")
    assert (found.largest, found.mean) == (0, 0)
    assert found.sentence(7) == "Frame 7 is the same as rendered here, pixel for pixel"


@pytest.mark.parametrize("form", ["PNG", "OPEN_EXR"])
def test_a_difference_is_measured_and_shown_ten_times_brighter(
    difference: ModuleType, tmp_path: Path, form: str
) -> None:
    first = painted(tmp_path / f"first.{form}", (0.2, 0.4, 0.6), form=form)
    second = painted(tmp_path / f"second.{form}", (0.2, 0.4, 0.65), form=form)
    found = difference.difference_of(first, second, "shot difference")
    pixels = SIZE[0] * SIZE[1]
    assert found.largest == pytest.approx(0.05, abs=0.005)
    assert found.mean == pytest.approx(0.05 / 3 * (pixels - 1) / pixels, abs=0.002)
    assert list(found.image.pixels)[:3] == [0, 0, 0]
    assert list(found.image.pixels)[4:8] == pytest.approx([0, 0, 0.5, 1], abs=0.05)


def test_an_image_of_the_artist_keeps_its_name_and_its_pixels(difference: ModuleType, tmp_path: Path) -> None:
    import bpy

    bpy.data.images.new("shot difference", 4, 4).pixels[0] = 1.0
    first = painted(tmp_path / "first.png", (0.2, 0.4, 0.6))
    found = difference.difference_of(first, first, "shot difference")
    kept = bpy.data.images["shot difference"]
    assert tuple(kept.size) == (4, 4) and kept.pixels[0] == 1.0 and found.image != kept


def test_nothing_but_the_difference_stays_in_the_file(difference: ModuleType, tmp_path: Path) -> None:
    import bpy

    first = painted(tmp_path / "first.png", (0.2, 0.4, 0.6))
    before = {image.name for image in bpy.data.images}
    for _ in range(2):
        difference.difference_of(first, first, "shot difference")
    assert {image.name for image in bpy.data.images} - before == {"shot difference"}


def test_pictures_of_different_size_are_refused_in_words(
    difference: ModuleType, part: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    first = painted(tmp_path / "first.png", (0.2, 0.4, 0.6))
    second = painted(tmp_path / "second.png", (0.2, 0.4, 0.6), (8, 8))
    with pytest.raises(part("client.errors").LocalProblem, match="differ in size"):
        difference.difference_of(first, second, "shot difference")


def test_a_file_that_is_no_picture_is_refused_in_words(
    difference: ModuleType, part: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture at all")
    first = painted(tmp_path / "first.png", (0.2, 0.4, 0.6))
    for wrong in (tmp_path / "broken.png", tmp_path / "absent.png"):
        with pytest.raises(part("client.errors").LocalProblem, match="cannot be compared"):
            difference.difference_of(first, wrong, "shot difference")


@pytest.mark.long
def test_a_frame_that_came_back_is_rendered_here_again_and_compared(
    fresh_file: None, live: Any, tmp_path: Path, part: Callable[[str], ModuleType]
) -> None:
    import bpy

    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device, scene.cycles.samples = "CYCLES", "CPU", 2
    scene.cycles.use_denoising = False
    scene.render.resolution_percentage = 5
    scene.frame_start, scene.frame_end = 1, 2
    scene.render.filepath = "//render/shot_"
    scene.farmhand.arriving = "STRIP"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.farmhand.submit()
    watch = part("operators.watch")
    watch.tick()
    scene.frame_current = 2
    assert bpy.ops.farmhand.compare() == {"FINISHED"}
    end = time.monotonic() + PATIENCE
    while live.arrivals.comparisons:
        assert time.monotonic() < end
        time.sleep(0.05)
        watch.tick()
    assert (tmp_path / "render" / "compare" / "shot_0002.png").is_file()
    assert [one for one in live.reports.news if one.name.endswith("compare")] == []
    assert ("INFO", "Frame 2 is the same as rendered here, pixel for pixel") in live.reports.notes
    assert "shot_0002 difference" in bpy.data.images
