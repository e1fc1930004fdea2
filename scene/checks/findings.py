"""The findings of a check, and their severity. Does not use bpy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...client.message import Message, msg
from ...jobs.text import as_unicode, is_unicode

ERROR, WARNING, INFO = "error", "warning", "info"
_ORDER = (ERROR, WARNING, INFO)
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to fix a finding. operator: its idname. path: what it is to fix, a file or a name, or ""."""

    operator: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on the scene.

    severity: ERROR stops the submission, WARNING is asked about once, INFO is only shown.
    code: a stable word for scripts. message: for the artist: what, and what to do.
    where: the place in the file, e.g. ``Camera`` or ``Material “Wood” > Image “grain.png”``.
    fixes: a button for each; the first is the one that most people want.
    """

    severity: str
    code: str
    message: str
    where: str = ""
    fixes: tuple[Fix, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The shape of docs/check.md; the fixes are for Blender's panel alone."""
        message = Message.from_text(self.message).as_json()
        return {"severity": self.severity, "code": self.code, "message": self.message, "where": self.where} | message


def arranged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first, otherwise in the order of the checks."""
    return tuple(_shown(one) for one in sorted(findings, key=lambda one: _ORDER.index(one.severity)))


def _shown(finding: Finding) -> Finding:
    """Text that can be drawn: names that are not UTF-8 cannot, and no button accepts them."""
    fixes = tuple(fix for fix in finding.fixes if is_unicode(fix.path))
    return replace(finding, message=as_unicode(finding.message), where=as_unicode(finding.where), fixes=fixes)


def some(names: Sequence[str], most: int = _NAMED) -> Message:
    """The first few names, and how many more there are."""
    first = Message.listed(names[:most])
    return msg("{names} and {count} more", names=first, count=len(names) - most) if len(names) > most else first
