# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences of checks, transfers and the courier in the language of Blender's interface.

They are made, kept and logged in English, by code that knows no Blender and by processes that outlive it.  What is
shown is translated at the last moment: a sentence is recognized by its fixed words, and its values go into the
translation of its template.  Knows no bpy.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .. import translations

Look = Callable[[str], str]
"""Gives a text in the language of the interface, or as it is."""
_BLOCK = re.compile(r"([A-Z][\w -]*) “(.*)”", re.DOTALL)
_BOUNDARY = re.compile(r"(?<=[.?!]) ")
_MOST = 2000
_MARK = "Nothing was sent."
"""Looked up first: as long as it stays English, so does all the rest."""


@dataclass(frozen=True, slots=True)
class _Template:
    """names: of its values, in the order of the pattern's groups."""

    text: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]


def translated(text: str, look: Look) -> str:
    """The sentence, or several after each other, in the interface's language; untouched when they are unknown."""
    mark = look(_MARK)
    if mark == _MARK:
        return text
    known = _session()
    if known.setdefault("", mark) != mark or len(known) > _MOST:  # another language was chosen, or a long session
        known.clear()
        known[""] = mark
    if text not in known:
        known[text] = _one(text, look) or _several(text, look) or _filled(text, look) or text
    return known[text]


@functools.cache
def _session() -> dict[str, str]:
    """What was translated already: panels draw the same again and again."""
    return {}


@functools.cache
def _templates() -> tuple[_Template, ...]:
    """Those with values, the ones with most fixed words first."""
    found = [_template(text) for text in translations.sentences() if "{" in text]
    return tuple(sorted(found, key=lambda one: -len(re.sub(r"\{\w*\}", "", one.text))))


def _template(text: str) -> _Template:
    pattern, names = "", list[str]()
    for literal, name, _, _ in string.Formatter().parse(text):
        pattern += re.escape(literal)
        if name is not None:
            pattern += "(.*?)"
            names.append(name)
    return _Template(text, re.compile(pattern, re.DOTALL), tuple(names))


def _one(text: str, look: Look) -> str:
    """A text without values, or ""."""
    return look(text) if text in translations.sentences() else ""


def _several(text: str, look: Look) -> str:
    """Sentences after each other, each of them known, or ""."""
    for boundary in _BOUNDARY.finditer(text):
        head, rest = text[: boundary.start()], text[boundary.end() :]
        first = _one(head, look) or _filled(head, look)
        others = first and (_one(rest, look) or _several(rest, look) or _filled(rest, look))
        if others:
            return f"{first} {others}"
    return ""


def _filled(text: str, look: Look) -> str:
    """A sentence with values in it, or ""; values may be sentences themselves."""
    for template in _templates():
        match = template.pattern.fullmatch(text)
        if match:
            values = {name: _value(value, look) for name, value in zip(template.names, match.groups(), strict=True)}
            return _format(look(template.text), values)
    return ""


def _value(text: str, look: Look) -> str:
    return _one(text, look) or _block(text, look) or (_filled(text, look) if " " in text else "") or text


def _block(text: str, look: Look) -> str:
    """For example Material “Wood”: the kind in Blender's own words, the name as the artist gave it."""
    match = _BLOCK.fullmatch(text)
    return f"{look(match[1])} “{match[2]}”" if match else ""


def _format(template: str, values: dict[str, str]) -> str:
    """Like str.format, which takes numbers for positions."""
    return "".join(_parts(template, values))


def _parts(template: str, values: dict[str, str]) -> Iterator[str]:
    for literal, name, _, _ in string.Formatter().parse(template):
        yield literal
        if name is not None:
            yield values[name]
