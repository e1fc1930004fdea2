# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check has to say, and how bad it is.  Knows no bpy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

ERROR, WARNING, INFO = "error", "warning", "info"
_ORDER = (ERROR, WARNING, INFO)


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on the scene.

    severity: ERROR stops the submission, WARNING is asked about once, INFO is only shown.
    code: a stable word for scripts.  message: for the artist: what, and what to do.
    where: the place in the file, e.g. ``Camera`` or ``Material “Wood” > Image “grain.png”``.
    fix: the idname of an operator that puts it right, or "".  fix_path: what the fix is told to put right, or "".
    """

    severity: str
    code: str
    message: str
    where: str = ""
    fix: str = ""
    fix_path: str = ""

    def as_json(self) -> dict[str, Any]:
        """The shape of docs/check.md; the fix is for Blender's panel alone."""
        return {"severity": self.severity, "code": self.code, "message": self.message, "where": self.where}


def arranged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first, otherwise in the order of the checks."""
    return tuple(sorted(findings, key=lambda one: _ORDER.index(one.severity)))
