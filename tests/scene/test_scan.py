"""The scan finds exactly what a render reads: nothing missing, nothing extra, for every kind of file."""

from typing import Any

import pytest
from conftest import Projects
from kinds import KINDS


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_the_scan_finds_exactly_the_files_that_the_frames_need(
    kind: str, projects: Projects, scans: dict[str, Any]
) -> None:
    projects.blend(kind)
    assert scans[kind]["files"] == projects.expected[kind]["files"]


@pytest.mark.timeout(300)
def test_every_file_says_who_needs_it(scans: dict[str, Any]) -> None:
    assert [reason for scan in scans.values() for reason in scan["reasons"].values() if not reason] == []
