"""Every file that a render of the chosen frames reads, with its owner and why. Reads the open file, changes nothing.

usage       which data-blocks the render uses; strips and visibility say what is shown of a sequencer and of a scene
references  what a data-block names on disk, for each kind; the same enumeration rewrites paths in the copies
sequence    which files of a sequence, tile set or cache folder are needed
usd, osl    which other files a USD file or an OSL script is composed of
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bpy.types import Object, Scene

from ...client.message import msg
from . import osl, references, usage, usd
from .animated.animation import Animation
from .frame_users import FrameUsers
from .reference import Reference

LAYER = "USD layer"
INCLUDE = "OSL include"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that the render reads.

    path: absolute, as the owner names it: a file, a folder, one file of a sequence, or a name with <UDIM>.
    files: the needed files behind it, absolute. missing: those of them that do not exist.
    beside: the .blend that it must be next to, for what Blender finds by location and not by path, or "".
    unread: those of the files that may need others that cannot be determined.
    whole: how many files the sequence has in all, 0 if it is not a sequence. why_whole: why all of them are needed.
    """

    kind: str
    owner: str
    reason: str
    path: str
    files: tuple[str, ...]
    missing: tuple[str, ...]
    beside: str = ""
    unread: tuple[str, ...] = ()
    whole: int = 0
    why_whole: str = ""


def scan(
    scene: Scene,
    frames: Iterable[int],
    camera: Object | None = None,
    animation: Animation | None = None,
    engine: str = "",
) -> tuple[Found, ...]:
    """Everything that rendering these frames of the scene reads, each thing once.

    Args:
        frames: the numbers to render.
        camera: the one for all frames, or None for the scene's own cameras.
        animation: an existing one, to reuse its cache; None for a new one.
        engine: the one that renders it, or "" for the scene's own.
    """
    animation = animation or Animation()
    every: usage.Used = {}
    found: dict[tuple[str, str], Found] = {}
    for run, used in usage.walks(scene, frames, camera, animation):
        every = every | used
        users = FrameUsers(used, run.frames or (), run.shown or [], animation, engine)
        for block, puller in used.items():
            for reference in references.references_of(block, users):
                _add(found, _resolve(reference, usage.words(puller) if puller else ""))
    for reference in references.of_libraries(every):
        _add(found, _resolve(reference, reference.reason))
    for one in [each for each in found.values() if usd.is_usd(each.path)]:
        found |= {(each.kind, each.path): each for each in _composed(one)}
    for one in [each for each in found.values() if each.kind in osl.KINDS]:
        found |= {(each.kind, each.path): each for each in _included(one)}
    for each in list(_in_code(every, found.values())):
        _add(found, each)
    return tuple(sorted(map(_counted, found.values()), key=lambda one: (one.path, one.kind)))


def _add(found: dict[tuple[str, str], Found], one: Found) -> None:
    """Add it, or merge it: another strip or scene may need other files of the same folder or sequence."""
    if one.kind == osl.TEXTURE and not one.files:
        return
    before = found.setdefault((one.kind, one.path), one)
    if before is not one:
        files = tuple(dict.fromkeys((*before.files, *one.files)))
        missing = tuple(dict.fromkeys((*before.missing, *one.missing)))
        why = before.why_whole or one.why_whole
        found[one.kind, one.path] = replace(before, files=files, missing=missing, why_whole=why)


def _resolve(reference: Reference, puller: str) -> Found:
    files, missing = reference.find()
    reason = reference.reason or (msg("used by {owner}", owner=puller) if puller else msg("used by the scene"))
    whole = reference.whole() if reference.whole and len(files) > len(missing) else 0
    return Found(
        *(reference.kind, reference.owner, reason, reference.path, files, missing, reference.beside),
        whole=whole,
        why_whole=reference.why_whole,
    )


def _counted(one: Found) -> Found:
    """Adds to the reason how much of a sequence is needed."""
    if one.why_whole and one.whole:
        return replace(
            one,
            reason=msg(
                "{reason}; all {count:,} files because {why}", reason=one.reason, count=one.whole, why=one.why_whole
            ),
        )
    if one.whole > len(one.files):
        return replace(
            one,
            reason=msg(
                "{reason}; {count:,} of {total:,} files in the sequence",
                reason=one.reason,
                count=len(one.files),
                total=one.whole,
            ),
        )
    return one


def _composed(one: Found) -> Iterator[Found]:
    """The USD file or sequence, and the files that it is composed of."""
    unread = []
    for file in (each for each in one.files if each not in one.missing):
        layers = usd.layers(file)
        unread += [file] if layers.unread else []
        for layer in (*layers.files, *layers.missing):
            missing = (layer,) if layer in layers.missing else ()
            yield Found(LAYER, one.owner, msg("read by {file}", file=os.path.basename(file)), layer, (layer,), missing)
    yield replace(one, unread=tuple(unread))


def _included(script: Found) -> Iterator[Found]:
    """The files that an OSL script includes."""
    for file in (each for each in script.files if each not in script.missing):
        included = osl.includes(file)
        for path in (*included.files, *included.missing):
            missing = (path,) if path in included.missing else ()
            yield Found(INCLUDE, script.owner, f"included by {os.path.basename(file)}", path, (path,), missing)


def _in_code(used: Iterable[Any], found: Iterable[Found]) -> Iterator[Found]:
    """The files that scripts name in their code."""
    scripts = [one for one in found if one.kind in osl.KINDS]
    named = [(one.owner, osl.literals_of(file)) for one in scripts for file in one.files if file not in one.missing]
    named += [
        (usage.words(block), osl.literals(block.as_string()))
        for block in used
        if block.id_type == "TEXT" and block.is_in_memory
    ]
    for owner, paths in named:
        yield from (Found(osl.LITERAL, owner, owner, path, (), ()) for path in paths)


def missing_of(found: Iterable[Found]) -> Iterator[tuple[str, Found]]:
    """Each missing file with what needs it."""
    for one in found:
        for path in one.missing:
            yield path, one
