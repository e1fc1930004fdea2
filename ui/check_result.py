# SPDX-License-Identifier: GPL-3.0-or-later
"""A dry run as the panels draw it.  Knows no bpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Fix(Protocol):
    """A way out of what was found (scene/checks/findings.py)."""

    @property
    def operator(self) -> str: ...
    @property
    def path(self) -> str: ...


class Finding(Protocol):
    """A remark of the check (scene/checks/findings.py)."""

    @property
    def severity(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def fixes(self) -> tuple[Fix, ...]: ...


@dataclass(frozen=True, slots=True)
class SentLine:
    """A line of the tree of what will be sent: a folder of the package, a file, or a file that is missing.

    depth: 0 for a folder, and for a file in none.  reason: why it is needed, "" for a folder.
    """

    name: str
    bytes: int
    depth: int = 0
    reason: str = ""
    is_folder: bool = False
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A dry run as it is drawn.  files: as docs/check.md words them; tree: the same, by folder and size.

    existing: frames already there.

    minutes: how long the upload will take, or None when the line's speed is not known.
    config: requestedRenderConfig as it will be posted.  of: what was checked, to notice that it has changed since.
    """

    findings: tuple[Finding, ...]
    files: tuple[Mapping[str, Any], ...]
    bytes: int
    tree: tuple[SentLine, ...] = ()
    existing: int = 0
    minutes: float | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    of: tuple[object, ...] = ()

    def sentences(self, severity: str) -> tuple[str, ...]:
        """What was found of one severity."""
        return tuple(one.message for one in self.findings if one.severity == severity)

    @property
    def missing(self) -> int:
        return sum(1 for one in self.files if one["missing"])
