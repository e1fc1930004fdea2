"""Thumbnails of the latest frames, as the timer asks Blender for them."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def test_blender_itself_does_not_look_at_the_drive_of_a_frame(
    add: Callable[..., Any],
    live: Any,
    home: Path,
    part: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A network drive that does not answer would hold it; the background job that reads the picture may wait."""
    frame, asked, real = str(tmp_path / "shot_0001.png"), list[str](), Path.stat

    def noted(path: Path, **options: Any) -> Any:
        asked.append(str(path))
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", noted)
    one = add(state="active", latest_frame=frame, frames_total=3, frames_done=1)
    part("operators.watch").tick()
    first = live.thumbnails.icons[frame]
    with part("jobs.journal.journal").Journal(home / "journal.sqlite3") as journal:
        journal.save(one.with_(frames_done=2))  # the same file once more: it may hold another picture
    part("operators.watch").tick()
    assert live.thumbnails.icons[frame][1] > first[1]
    assert frame not in asked
