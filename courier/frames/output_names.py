"""What a file of the service is called: from its fileName, its relativePath or its link, whichever tells.

Knows names alone. They are a stranger's words: `safe_paths` decides what may become a file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlsplit

from ...client.models import FrameOutput

NODE_MARK = "compositor:"
"""Begins the key of a file that a compositor node wrote: no name of a frame can begin so."""
_SUFFIX = re.compile(r"\.[A-Za-z]\w{1,4}$")
_DISPOSITION = re.compile(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamedOutput:
    """key: tells the file from all others of its job, at every look. below: its path below the output folder, slashes
    only. file: its name as the service gives it. view: to be added to a name that we choose, or "".
    position: of a file without a name of its own, its place in a list of such files, from 0.
    """

    key: str
    below: str
    file: str
    view: str
    output: FrameOutput
    position: int | None = None


def named(outputs: Sequence[FrameOutput]) -> list[NamedOutput]:
    """The outputs with their names; of two that mean the same file, the first."""
    found: dict[str, NamedOutput] = {}
    for is_frame in (True, False):
        listed = [one for one in outputs if one.is_frame is is_frame]
        has_views = len({one.view or "" for one in listed}) > 1
        for one in _of_list(listed, has_views):
            found.setdefault(one.key, one)
    return list(found.values())


def with_view(file: str, view: str) -> str:
    """Blender's own way to name the files of several views: the suffix before the extension."""
    stem, dot, suffix = file.rpartition(".")
    stem, suffix = (stem, dot + suffix) if dot else (file, "")
    if not view or stem.endswith(view):
        return file
    return f"{stem}{view if view[0] in '_.-' else '_' + view}{suffix}"


def is_of_node(key: str) -> bool:
    """Whether a file that has this key was written by a compositor node."""
    return key.startswith(NODE_MARK)


def _of_list(outputs: Sequence[FrameOutput], has_views: bool) -> Iterator[NamedOutput]:
    names = [_file_name(output) for output in outputs]
    count = Counter((file, output.relative_path) for file, output in zip(names, outputs, strict=True))
    unnamed = 0
    for output, file in zip(outputs, names, strict=True):
        is_twin = count[file, output.relative_path] > 1
        position = None
        if not output.file_name and (is_twin or not _SUFFIX.search(file)):
            position, unnamed = unnamed, unnamed + 1
            file = with_view(file, f"-{unnamed:04d}") if is_twin and file else file
        view = output.view or ""
        key = _below(output, with_view(file, view), file)
        if not output.is_frame:
            key = f"{NODE_MARK}{_plain(output.composite_node_name or '')}/{key}"
        below = _below(output, with_view(file, view if has_views else ""), file)
        yield NamedOutput(key, below, file, view if has_views else "", output, position)


def _below(output: FrameOutput, file: str, original: str) -> str:
    """Folder and file. A relativePath may be the folder alone, or end in the file itself, in whatever spelling."""
    folders = [part for part in (output.relative_path or "").replace("\\", "/").split("/") if part not in ("", ".")]
    if folders and _is_file_itself(folders[-1], file, original):
        folders.pop()
    if (output.relative_path or "").startswith(("/", "\\")) and folders:
        folders.insert(0, "")  # absolute: to be refused
    if not folders and not output.is_frame and output.composite_node_name:
        folders = [_plain(output.composite_node_name)]
    return _whole_text("/".join([*folders, file]))


def _is_file_itself(part: str, file: str, original: str) -> bool:
    if part.casefold() in (file.casefold(), original.casefold()):
        return True
    suffix, ours = _SUFFIX.search(part), _SUFFIX.search(file)
    return suffix is not None and (ours is None or suffix[0].casefold() == ours[0].casefold())


def _file_name(output: FrameOutput) -> str:
    last = (output.relative_path or "").replace("\\", "/").rpartition("/")[2]
    if output.file_name:
        is_cut = last.startswith(f"{output.file_name}.") and _SUFFIX.search(last)
        return _whole_text(last if is_cut else output.file_name)
    return _whole_text(last if _SUFFIX.search(last) else _name_in(output.url))


def _name_in(url: str) -> str:
    """The last part of the link's path; when that is not a file, the first name of a file in its query."""
    try:
        parts = urlsplit(url)
        name = unquote(PurePosixPath(parts.path).name)
        query = [value for _, value in parse_qsl(parts.query)]
    except ValueError:
        return ""
    if _SUFFIX.search(name):
        return name
    given = [match[1] if (match := _DISPOSITION.search(value)) else value for value in query]
    files = [PurePosixPath(unquote(value)).name for value in given]
    return next((file for file in files if _SUFFIX.search(file)), name)


def _plain(name: str) -> str:
    return name.replace("/", "_").replace("\\", "_")


def _whole_text(name: str) -> str:
    """Half characters cannot stand in a journal."""
    return name.encode("utf-8", "xmlcharrefreplace").decode("utf-8")
