"""Names that come from a server, made safe: nothing leaves the output folder, nothing names a device.

Standard library only; works the same on every system, so that a project may move between them.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import Path, PurePosixPath

from ..client.errors import LocalProblem

MAX_NAME_BYTES = 255
MAX_PATH_WINDOWS = 259
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)( *\..*)?")
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
_PARTIAL = ".farmhand-part"
_ROOM_FOR_NOTES = len(".version")


def inside(folder: Path, relative: str) -> Path:
    """The absolute path of a server's name below folder.

    Raises LocalProblem for a name that would leave the folder, names a device, or cannot be a file everywhere.
    """
    names = relative.replace("\\", "/").split("/")
    if relative.startswith(("/", "\\")) or ".." in names or re.match(r"[A-Za-z]:", relative):
        raise _refusal(relative, "would leave the output folder")
    names = [name for name in names if name not in ("", ".")]
    if not names:
        raise _refusal(relative, "is empty")
    for name in names:
        _check_name(relative, name)
    path = folder.joinpath(*(unicodedata.normalize("NFC", name) for name in names))
    _check_length(relative, path)
    _check_links(relative, folder, path)
    return path


def partial(path: Path, owner: str) -> Path:
    """Where a file lies until it is whole: beside its place, hidden, short enough, and of one submission alone."""
    mark = owner[:8]
    name = f".{mark}.{path.name}{_PARTIAL}"
    if len(os.fsencode(name)) + _ROOM_FOR_NOTES > MAX_NAME_BYTES:
        digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:32]
        name = f".{mark}.{digest}{path.suffix[:16]}{_PARTIAL}"
    return path.with_name(name)


def twin_key(path: Path) -> str:
    """Equal for two paths that some file system takes for the same file (case, accents)."""
    return unicodedata.normalize("NFC", str(path)).casefold()


def apart(path: Path, name: str) -> Path:
    """Another name in the same folder for a file whose name only differs in case from one that is there."""
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return path.with_name(f"{path.stem}~{mark}{path.suffix}")


def _check_name(relative: str, name: str) -> None:
    if _FORBIDDEN.search(name):
        raise _refusal(relative, "has characters that a file name cannot have")
    if _DEVICE.fullmatch(name):
        raise _refusal(relative, "is a device on Windows")
    if name.endswith((".", " ")):
        raise _refusal(relative, "ends with a dot or a space, which Windows drops")
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        raise _refusal(relative, "is not valid text") from None
    if size > MAX_NAME_BYTES:
        raise _refusal(relative, "is too long for a file name")


def _check_length(relative: str, path: Path) -> None:
    if os.name == "nt" and len(str(path)) + len(_PARTIAL) + 1 > MAX_PATH_WINDOWS:
        raise _refusal(relative, "makes the path too long for Windows; choose an output folder nearer to the drive")


def _check_links(relative: str, folder: Path, path: Path) -> None:
    """A link on the way could lead outside; the folder itself may well be a link."""
    base = os.path.realpath(folder)
    real = os.path.realpath(path.parent)
    if real != base and not PurePosixPath(Path(real).as_posix()).is_relative_to(Path(base).as_posix()):
        raise _refusal(relative, "leads out of the output folder through a link")


def _refusal(relative: str, reason: str) -> LocalProblem:
    shown = relative if len(relative) <= 80 else f"{relative[:77]}…"
    return LocalProblem(
        f"The service names a file {shown!a}, which {reason}.",
        "This file is not written; all others are.",
        "Ask the service about it, or rename the output in the scene and render again.",
    )
