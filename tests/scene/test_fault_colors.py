"""Blender's signs of a fault are recognized in what Blender writes: under each view transform, and in each format."""

import json
from pathlib import Path
from typing import Any

import pytest
from blenders_of_scenes import Blender, blender_of, versions

from farmhand.courier.frames.suspicion import FaultColors
from farmhand.courier.frames.verify import Expected, verify
from farmhand.courier.images import inspector, oiio

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", params=versions("4.2.23", "5.0.1", "5.3.0"))
def blender(request: pytest.FixtureRequest) -> Blender:
    return blender_of(request.param)


@pytest.fixture(scope="module")
def folder(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    blender.run(Path(__file__).parent / "faulty_frames.py", str(folder))
    return folder


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """A courier in the Python of a Blender that brings OpenImageIO; 4.2's wheel does not."""
    python = blender_of("4.5.15").command[0]
    (folder,) = Path(python).parents[1].glob("lib/python3*/site-packages/bpy/*/python/lib/python3*/site-packages")
    monkeypatch.setattr(oiio, "find", lambda: (python, str(folder)))


@pytest.fixture(scope="module")
def made(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "frames.json").read_text()))


@pytest.mark.soak
def test_each_fault_is_told_and_nothing_else(folder: Path, made: dict[str, Any]) -> None:
    assert len(made["frames"]) == 7 * (6 * 10 + 10)
    wrong = []
    for name, fault, colors in made["frames"]:
        verdict = verify(folder / name, Expected(), colors=FaultColors.from_measured(colors))
        assert not verdict.broken, (name, verdict.broken)
        if not (fault in verdict.suspect if fault else not verdict.suspect):
            wrong.append((name, str(verdict.suspect)))
    assert wrong == [], wrong


def test_pixels_are_read_alike_from_all_formats(folder: Path, made: dict[str, Any]) -> None:
    for name in ("lilac", "red"):
        light = [
            inspector.sample(folder / f"{name} AgX None {one}")
            for one in ("plain.exr", "zip.exr", "rle.exr", "pxr24.exr", "piz.exr", "10.dpx")
        ]
        pictures = ("8.png", "16.png", "8.tif", "lzw.tif", "packbits.tif", "16.tif", "8.bmp")
        shown = [inspector.sample(folder / f"{name} AgX None {one}") for one in pictures]
        for others, most in ((light, 0.001), (shown, 2)):
            assert all(one is not None and len(one.colors) == 64 * 64 for one in others)
            for pixels in zip(*(one.colors for one in others if one), strict=True):
                assert all(max(values) - min(values) <= most for values in zip(*pixels, strict=True))


def test_under_false_color_no_pink_is_looked_for(made: dict[str, Any]) -> None:
    assert not made["false color"]["pink"]
    assert FaultColors.from_measured(made["false color"]).darkest > 255
