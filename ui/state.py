"""The one session of this Blender: created when Farmhand is enabled, dropped when it is disabled. Does not use bpy.

Everything that draws reads `current().snapshot` and nothing else.
"""

from __future__ import annotations

from ..client.errors import LocalProblem
from ..jobs.user_folder import UserFolder
from .session import Session

_current: Session | None = None


def start(home: UserFolder) -> Session:
    """Make the session. Called by register()."""
    global _current
    stop()
    _current = Session(home)
    return _current


def stop() -> None:
    """Drop the session. Called by unregister()."""
    global _current
    if _current is not None:
        _current.close()
    _current = None


def current() -> Session | None:
    """The session while Farmhand is enabled."""
    return _current


def require() -> Session:
    """The session, for operators. Raises LocalProblem if there is none."""
    if _current is None:
        raise LocalProblem("Farmhand is not enabled.", "", "Enable it in Preferences > Add-ons.")
    return _current
