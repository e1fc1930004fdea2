"""Names that come from a server, made safe: nothing leaves the output folder, nothing names a device.

Standard library only; works the same on every system, so that a project may move between them.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import Path, PurePosixPath

from ...client.errors import LocalProblem
from ...client.message import msg
from ...jobs.folder import hidden_characters, path_limits
from ...jobs.folder.device_names import is_device

MAX_NAME_BYTES = 255
_DEEPEST = 64
"""Folders; no job has as many, and each one costs a look at the disk."""
_FOLDER_LENGTH = 63
"""Characters: the limit for the name of a node in Blender."""
MAX_PATH = path_limits.LONGEST
_FORBIDDEN = re.compile(r'[<>:"|?*]')
"""Forbidden by some file system, as are hidden characters."""
_SEPARATORS = re.compile(r"[/\\]")
_PARTIAL = ".farmhand-part"
_NOTE = ".version"
_ANYBODY = "-" * 8


def inside(folder: Path, relative: str) -> Path:
    """The absolute path of a server's name below folder.

    Raises LocalProblem for a name that would leave the folder, names a device, or cannot be a file everywhere.
    """
    names = relative.replace("\\", "/").split("/")
    if relative.startswith(("/", "\\")) or ".." in names or re.match(r"[A-Za-z]:", relative):
        raise refusal(relative, msg("leads outside the output folder"))
    names = [name for name in names if name not in ("", ".")]
    if not names:
        raise refusal(relative, "is empty")
    if len(names) > _DEEPEST:
        raise refusal(relative, msg("is too long for a file name"))
    for name in names:
        _check_name(relative, name)
    path = folder.joinpath(*(unicodedata.normalize("NFC", name) for name in names))
    check_links(relative, folder, path)
    return path


def without_forbidden(text: str) -> str:
    """The text with underscores for characters that some system forbids in file names."""
    return _FORBIDDEN.sub("_", hidden_characters.replaced(text, "_"))


def as_folder(text: str) -> str:
    """Free text, such as the name of a node, as the name of one folder on every system."""
    name = without_forbidden(_SEPARATORS.sub("_", text))[:_FOLDER_LENGTH].rstrip(". ")
    return f"_{name}" if not name or is_device(name) else name


def check_view(relative: str, view: str) -> None:
    """Check that a view can be part of a file name. Raises LocalProblem."""
    if without_forbidden(view) != view or _SEPARATORS.search(view):
        raise refusal(relative, msg("contains characters that are not allowed in a file name"))


def check_length(relative: str, path: Path) -> None:
    """Raise LocalProblem if the path, or that of the partial file, is too long for this system."""
    try:
        name = len(path.name.encode("utf-8"))
        longest = max(path_limits.length(path), path_limits.length(f"{partial(path, _ANYBODY)}{_NOTE}"))
    except UnicodeEncodeError:
        raise refusal(relative, msg("is not valid text")) from None
    if name > MAX_NAME_BYTES:
        raise refusal(relative, msg("is too long for a file name"))
    if longest > MAX_PATH:
        raise refusal(
            relative, msg("makes the path too long for this system; choose an output folder with a shorter path")
        )


def check_links(relative: str, folder: Path, path: Path) -> None:
    """Check that no link on the way leads outside; the folder itself may well be a link.

    Args:
        relative: the file's name, for the message.
        folder: the output folder.
        path: absolute, below it.

    Raises:
        LocalProblem: one does.
    """
    base = os.path.realpath(folder)
    real = os.path.realpath(path.parent)
    if real != base and not PurePosixPath(Path(real).as_posix()).is_relative_to(Path(base).as_posix()):
        raise refusal(relative, msg("leads outside the output folder through a link"))


def partial(path: Path, owner: str) -> Path:
    """Where a file is until it is complete: in the same folder, hidden, short enough, unique to one submission."""
    mark = owner[:8]
    name = f".{mark}.{path.name}{_PARTIAL}"
    if len(os.fsencode(name)) + len(_NOTE) > MAX_NAME_BYTES:
        digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:32]
        name = f".{mark}.{digest}{path.suffix[:16]}{_PARTIAL}"
    return path.with_name(name)


def refusal(relative: str, reason: str) -> LocalProblem:
    """The error for a file that is not saved."""
    shown = relative if len(relative) <= 80 else f"{relative[:77]}…"
    return LocalProblem(
        msg("The server named a file {name}, which {reason}.", name=ascii(shown), reason=reason),
        "This file was not saved; all others are.",
        "Contact the service, or rename the output in the scene and render again.",
    )


def collision_key(path: Path) -> str:
    """Equal for two paths that some file system treats as the same file (case, accents)."""
    return unicodedata.normalize("NFC", str(path)).casefold()


def apart(path: Path, name: str) -> Path:
    """Another name in the same folder for a file whose name only differs in case from an existing one."""
    end = f"~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}{path.suffix}"
    room = max(0, MAX_NAME_BYTES - len(end.encode("utf-8")))
    return path.with_name(path.stem.encode("utf-8")[:room].decode("utf-8", "ignore") + end)


def _check_name(relative: str, name: str) -> None:
    if without_forbidden(name) != name:
        raise refusal(relative, msg("contains characters that are not allowed in a file name"))
    if is_device(name):
        raise refusal(relative, msg("is a device name on Windows"))
    if name.endswith((".", " ")):
        raise refusal(relative, msg("ends with a dot or a space, which Windows removes"))
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        raise refusal(relative, msg("is not valid text")) from None
    if size > MAX_NAME_BYTES:
        raise refusal(relative, msg("is too long for a file name"))
