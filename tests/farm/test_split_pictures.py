"""What the tiles of a frame give, against the frame that one Blender renders, in scenes of many kinds."""

import json
import struct
import zlib
from pathlib import Path

import numpy
import pytest
from in_blender import run_in_blender

import farmhand
from farmhand.farm.render.tiles.tile_files import is_whole

_SCRIPT = Path(__file__).parent.parent / "support" / "split_in_blender.py"
_WORKER = str(Path(farmhand.__file__).parent / "farm" / "worker")
ALIKE = (
    "percentage", "transparent", "adaptive", "patterns", "lens", "panorama", "stamped", "layers", "floats", "volume",
)  # fmt: skip
REASONS = {
    "eevee": "only Cycles",
    "workbench": "only Cycles",
    "sequencer": "the Sequencer renders the image",
    "compositor_alone": "the compositor renders the image",
    "region": "renders a region",
    "region_with_crop": "renders a region",
    "stereo": "stereo",
    "freestyle": "Freestyle",
    "grease_pencil": "Grease Pencil",
    "time_limit": "a time limit",
    "guiding": "path guiding",
    "subdivided": "adaptive subdivision",
    "shadow_catcher": "a shadow catcher",
}


@pytest.mark.timeout(180)
def test_tiles_give_the_very_frame(each_blender_command: list[str], tmp_path: Path) -> None:
    """All passes of all layers too; of 101 x 67 pixels in 5 tiles."""
    run_in_blender(each_blender_command, _SCRIPT, _WORKER, str(tmp_path), *ALIKE)
    different = [name for name in ALIKE if content(tmp_path / name / "split") != content(tmp_path / name / "whole")]
    assert different == []
    for name in ALIKE:
        assert_damage_is_seen(tmp_path / name)


def test_a_denoised_frame_differs_in_the_last_bits_at_most(each_blender_command: list[str], tmp_path: Path) -> None:
    run_in_blender(each_blender_command, _SCRIPT, _WORKER, str(tmp_path), "denoised", "floats")
    split, whole, noisy = (
        floats(content(tmp_path / folder)) for folder in ("denoised/split", "denoised/whole", "floats/whole")
    )
    assert numpy.abs(split - whole).max() < 1e-5
    assert numpy.abs(noisy - whole).max() > 0.01


def test_scenes_that_cannot_be_split_say_why(each_blender_command: list[str], tmp_path: Path) -> None:
    printed = run_in_blender(each_blender_command, _SCRIPT, _WORKER, str(tmp_path), "--refusals")
    found = json.loads(next(line for line in printed.splitlines() if line.startswith("{")))
    wanted = {name: reason for name, reason in REASONS.items() if name in found}
    assert set(REASONS) - set(wanted) <= {"compositor_alone"}
    assert [name for name, reason in wanted.items() if reason not in found[name]] == []
    assert [name for name in ALIKE if found[name]] == []


def assert_damage_is_seen(folder: Path) -> None:
    """In the tiles that these Blenders write, of one layer and of many."""
    tile = next((folder / "0" / "frames").iterdir())
    whole = tile.read_bytes()
    assert is_whole(tile) and is_whole(tile, unpacks=False)
    middle = len(whole) // 2
    for damaged in (whole[:middle], whole[:-1], b"", bytes(len(whole)), whole[:middle] + bytes(middle)):
        tile.write_bytes(damaged)
        assert not is_whole(tile)
        assert not is_whole(tile, unpacks=False)
    tile.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert not is_whole(tile)


def content(folder: Path) -> bytes:
    """The pixels of the one picture that is there, as its format packs them, without what is written beside them."""
    (path,) = (each for each in folder.rglob("*") if each.is_file())
    data = path.read_bytes()
    return _of_png(data) if data.startswith(b"\x89PNG") else _of_exr(data)


def _of_png(data: bytes) -> bytes:
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += length + 12
    return zlib.decompress(packed)


def _of_exr(data: bytes) -> bytes:
    """From the first block on, to which the table after the headers points."""
    at, is_multipart = 8, bool(data[5] & 0x10)
    while True:
        while data[at] != 0:  # attributes: name, type, size, value
            for _ in range(2):
                at = data.index(b"\0", at) + 1
            at += 4 + struct.unpack("<I", data[at : at + 4])[0]
        at += 1
        if not is_multipart or data[at] == 0:
            break
    at += is_multipart
    (first,) = struct.unpack("<Q", data[at : at + 8])
    return data[first:]


def floats(blocks: bytes) -> numpy.ndarray:
    """The channels of an OpenEXR file that is not compressed, line by line."""
    lines, at = [], 0
    while at < len(blocks):
        _, size = struct.unpack("<iI", blocks[at : at + 8])
        lines.append(numpy.frombuffer(blocks[at + 8 : at + 8 + size], numpy.float32))
        at += 8 + size
    return numpy.concatenate(lines)


def test_a_tile_without_a_header_is_not_whole(tmp_path: Path) -> None:
    tile = tmp_path / "0-2.exr"
    tile.write_bytes(b"\x76\x2f\x31\x01\x02\x00\x00\x00\x00")
    assert not is_whole(tile)
