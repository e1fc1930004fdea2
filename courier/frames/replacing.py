"""Which downloads may replace a file that exists. A service names its files freely, so a name alone proves nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...jobs.folder.job_folder import Output
from ...jobs.journal.journal import Journal
from .destinations import Destination
from .verify import is_unchanged


def that_replace_nothing(targets: Iterable[Destination], output: Output, journal: Journal) -> set[str]:
    """Names of the targets that must not replace a file.

    A frame may replace what has the name that the scene's own pattern gives it: that is what the artist agreed to. Any
    other file may only replace one that Farmhand downloaded to the same folder and that is unchanged since.

    Args:
        targets: files that were not listed before.
        output: says whether the artist wants files replaced at all.
        journal: knows the earlier downloads.
    """
    if output.existing != "replace":
        return {one.name for one in targets}
    others = {one.name: one.path for one in targets if not one.is_of_pattern}
    ours = _downloaded(journal, output.folder, [path for path in others.values() if path is not None])
    return {name for name, path in others.items() if path is None or not (path in ours or _is_folder(path))}


def _downloaded(journal: Journal, folder: str, paths: Iterable[Path]) -> set[Path]:
    """Those of the paths where there is an unchanged file that Farmhand downloaded."""
    found = journal.downloaded_to(folder, [str(path) for path in paths if _is_file(path)])
    times = {name: journal.frame_times(name) for name in {record.submission_id for record in found}}
    return {
        Path(record.path) for record in found if is_unchanged(record, times[record.submission_id].get(record.name, 0))
    }


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_folder(path: Path) -> bool:
    """Nothing can replace a folder: the attempt reports that."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
