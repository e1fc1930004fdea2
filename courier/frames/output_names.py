"""What a file of the service is called: from its fileName, its relativePath or its link, whichever has a name.

Works on names only. They are untrusted: `safe_paths` decides what may become a file.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlsplit

from ...client.models import FrameOutput
from .safe_paths import as_folder, without_forbidden

NODE_MARK = "compositor:"
"""Prefix of the key of a compositor node's file: no frame's name can begin like this."""
LONGEST = 1024
"""Characters of a name or path. A longer one is no file's name on any system, and would take long to compare."""
_ENCODED_LENGTH = len("%F0%9F%8E%AC")
"""Of one character, at most."""
_ENCODED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
_SUFFIX = re.compile(r"\.[A-Za-z]\w{1,4}$")
_DISPOSITION = re.compile(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamedOutput:
    """key: identifies the file within its job, in every list. below: its path below the output folder, slashes only.
    file: its name as the service gives it. view: to be added to a name that we choose, or "".
    position: of a file without a name of its own, its index among such files, from 0.
    is_too_long: whether the service's names were cut; such a file is not saved.
    """

    key: str
    below: str
    file: str
    view: str
    output: FrameOutput
    position: int | None = None
    is_too_long: bool = False


def named(outputs: Sequence[FrameOutput], is_plain: Callable[[str], bool] = lambda name: False) -> list[NamedOutput]:
    """The outputs with their names; of two for the same file, the first.

    is_plain: whether a name is known to be literal, although it could be percent-encoded.
    """
    found: dict[str, NamedOutput] = {}
    for is_frame in (True, False):
        for one in _of_list([_cut(_decoded(one, is_plain)) for one in outputs if one.is_frame is is_frame]):
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


def _of_list(outputs: Sequence[FrameOutput]) -> Iterator[NamedOutput]:
    names = [_file_name(output) for output in outputs]
    marks = _marks_of_views(outputs, names)
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
            key = f"{NODE_MARK}{_without_slashes(output.composite_node_name or '')}/{key}"
        below = _below(output, with_view(file, marks[view]), file)
        yield NamedOutput(key, below, file, marks[view], output, position, bool(_long_texts(output)))


def _marks_of_views(outputs: Sequence[FrameOutput], names: Sequence[str]) -> dict[str, str]:
    """For each view, the suffix for its files' names; "" if there is only one view."""
    tails = dict[str, set[str]]()
    for output, name in zip(outputs, names, strict=True):
        stem = name.removesuffix(found[0]) if (found := _SUFFIX.search(name)) else name
        tails.setdefault(output.view or "", set()).add(re.split(r"\d", stem)[-1])
    if len(tails) < 2:
        return dict.fromkeys(tails, "")
    ends = {view: min(found) for view, found in tails.items() if len(found) == 1}
    return ends if len(set(ends.values())) == len(tails) else {view: view for view in tails}


def _long_texts(output: FrameOutput) -> dict[str, str]:
    """Those members of which a name is made that are too long."""
    names = ("file_name", "relative_path", "view", "composite_node_name")
    return {name: value for name in names if (value := getattr(output, name)) and len(value) > LONGEST}


def _cut(output: FrameOutput) -> FrameOutput:
    """The output with its long texts cut; they stay too long, and different."""
    cut = {name: f"{value[:LONGEST]}~{_digest(value)}" for name, value in _long_texts(output).items()}
    return output.model_copy(update=cut) if cut else output


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _decoded(output: FrameOutput, is_plain: Callable[[str], bool]) -> FrameOutput:
    """Its names without percent-encoding. A name that is the same in its decoded link is kept as it is."""
    given = {"file_name": output.file_name, "relative_path": output.relative_path}
    in_link = _name_in(output.url)
    meant = {
        member: _unquoted(name)
        for member, name in given.items()
        if name and (last := _last_part(name)) != in_link and not is_plain(last)
    }
    return output if meant.items() <= given.items() else output.model_copy(update=meant)


def _unquoted(name: str) -> str:
    if "%" not in name or len(name) > _ENCODED_LENGTH * LONGEST or not _ENCODED.fullmatch(name):
        return name
    try:
        plain = unquote(name, errors="strict")
    except UnicodeDecodeError:
        return name
    is_same_path = len(re.findall(r"[/\\]", plain)) == len(re.findall(r"[/\\]", name))
    # “shot:0002” would be refused, although its encoded form was a valid file name.
    return without_forbidden(plain) if plain.isprintable() and is_same_path else name


def _below(output: FrameOutput, file: str, original: str) -> str:
    """Folder and file. A relativePath may be only the folder, or end in the file itself, in any spelling."""
    folders = [part for part in (output.relative_path or "").replace("\\", "/").split("/") if part not in ("", ".")]
    if folders and _is_file_itself(folders[-1], file, original):
        folders.pop()
    if (output.relative_path or "").startswith(("/", "\\")) and folders:
        folders.insert(0, "")  # absolute: to be refused
    if not folders and not output.is_frame and output.composite_node_name:
        folders = [as_folder(output.composite_node_name)]
    return _whole_text("/".join([*folders, file]))


def _is_file_itself(part: str, file: str, original: str) -> bool:
    if part.casefold() in (file.casefold(), original.casefold()):
        return True
    suffix, ours = _SUFFIX.search(part), _SUFFIX.search(file)
    return suffix is not None and (ours is None or suffix[0].casefold() == ours[0].casefold())


def _file_name(output: FrameOutput) -> str:
    last = _last_part(output.relative_path or "")
    if output.file_name:
        is_cut = last.startswith(f"{output.file_name}.") and _SUFFIX.search(last)
        return _whole_text(last if is_cut else output.file_name)
    return _whole_text(last if _SUFFIX.search(last) else _name_in(output.url))


def _last_part(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _name_in(url: str) -> str:
    """The last part of the link's path; if that is not a file name, the first file name in its query."""
    try:
        parts = urlsplit(url)
        name = unquote(PurePosixPath(parts.path).name)
        query = [value for _, value in parse_qsl(parts.query)]
    except ValueError:
        return ""
    name = name[-LONGEST:]
    if _SUFFIX.search(name):
        return name
    given = [match[1] if (match := _DISPOSITION.search(value)) else value for value in query]
    files = [PurePosixPath(unquote(value)).name for value in given]
    return next((file[-LONGEST:] for file in files if _SUFFIX.search(file)), name)


def _without_slashes(name: str) -> str:
    """Escaped, so that different names stay different."""
    return name.replace("%", "%25").replace("/", "%2F").replace("\\", "%5C")


def _whole_text(name: str) -> str:
    """A journal cannot store lone surrogates."""
    return name.encode("utf-8", "xmlcharrefreplace").decode("utf-8")
