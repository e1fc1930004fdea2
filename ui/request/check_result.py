"""A dry run as the panels draw it. Knows no bpy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from ...jobs.text import as_unicode

if TYPE_CHECKING:
    from ...scene.checks.context import FileLine
    from ...scene.checks.findings import Finding
    from ...scene.dry_run import DryRun
    from ...scene.request.request import SubmitRequest


def fix_button(operator: str) -> dict[str, str]:
    """The text of a fix's button in a panel, if the operator's own label is that of the file browser that follows."""
    text = dict(_FIX_ITEMS).get(operator)
    return {"text": text} if text else {}


_FIX_ITEMS = (("farmhand.find_file", "Find File…"), ("farmhand.find_folder", "Find Folder…"))


@dataclass(frozen=True, slots=True)
class SentLine:
    """A line of the tree of files to send: a folder of the package, a file, or a missing file.

    depth: 0 for a folder, and for a file outside folders. reason: why it is needed, "" for a folder.
    """

    name: str
    bytes: int
    depth: int = 0
    reason: str = ""
    is_folder: bool = False
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One dry run, and what it was made for.

    tree: its files by folder and size. subject: what was checked, to notice a later change. what: the button's frames,
    as in `render_request.build`.
    """

    run: DryRun
    request: SubmitRequest
    tree: tuple[SentLine, ...]
    subject: tuple[object, ...] = ()
    what: str = "ANIMATION"

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.run.findings

    def sentences(self, severity: str) -> tuple[str, ...]:
        """The messages of one severity."""
        return tuple(one.message for one in self.run.findings if one.severity == severity)

    @property
    def missing(self) -> int:
        """How many files are missing."""
        return sum(line.missing for line in self.run.files)


def file_tree(files: Iterable[FileLine]) -> Iterator[SentLine]:
    """Missing files first, then the files of each folder of the package; the largest come first."""
    folders = defaultdict[str, list["FileLine"]](list)
    for file in sorted(files, key=lambda file: (not file.missing, -file.bytes)):
        folders["" if file.missing else file.path.rpartition("/")[0]].append(file)
    for folder, found in sorted(folders.items(), key=lambda item: (item[0] != "", -_bytes(item[1]))):
        if folder:
            yield SentLine(f"{folder}/", _bytes(found), is_folder=True)
        for file in found:
            name = as_unicode(PurePath(file.path or file.source).name)
            yield SentLine(name, file.bytes, bool(folder), file.reason, is_missing=file.missing)


def _bytes(files: Iterable[FileLine]) -> int:
    return sum(file.bytes for file in files)
