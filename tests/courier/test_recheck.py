"""What Download Again takes for damage, and what for the work of somebody here."""

import os
from pathlib import Path

import pytest
from PIL import Image

from farmhand.courier.frames.verify import is_from_elsewhere, sha256_of
from farmhand.jobs.journal.submission import FrameRecord, FrameState

CAME = 1_700_000_000.0


@pytest.fixture
def record(tmp_path: Path) -> FrameRecord:
    """An image without compression, which is as large when it was painted on."""
    path = tmp_path / "0001.bmp"
    Image.new("RGB", (32, 16), (10, 200, 30)).save(path)
    size, digest = path.stat().st_size, sha256_of(path)
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    return FrameRecord("one", path.name, str(path), 1, FrameState.DOWNLOADED, size, digest, updated=CAME + 1)


@pytest.mark.parametrize(("seconds", "is_kept"), [(0, False), (-3600, True), (3600, True)])
def test_bytes_that_changed_with_the_time_stamp_are_somebodys_work(
    record: FrameRecord, seconds: int, is_kept: bool
) -> None:
    os.utime(record.path, (CAME + seconds, CAME + seconds))
    assert is_from_elsewhere(record, int(CAME * 1e9)) is is_kept


def test_a_frame_as_it_came_is_no_other_whatever_its_time_stamp_says(record: FrameRecord) -> None:
    same = FrameRecord(**{**{f: getattr(record, f) for f in record.__slots__}, "sha256": sha256_of(Path(record.path))})
    os.utime(record.path, (CAME + 3600, CAME + 3600))
    assert not is_from_elsewhere(same, int(CAME * 1e9))
