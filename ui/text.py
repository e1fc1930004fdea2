"""Sentences in panels: Blender's labels do not wrap, so lines are broken for the width of the region."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath

import blf
import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ..client.message import translated
from ..jobs.journal.submission import Submission

CHARACTER = 6.1
"""Width of an average letter at UI scale 1, in pixels."""
MARGIN = 70
"""What a box, an icon and the paddings of a label take of a line."""
FEWEST = 8
"""Letters that a line has room for, however narrow the region is."""
NARROW = 170
"""Width of a region below which a sentence stands without its icon, in pixels at UI scale 1."""
NARROW_MARGIN = 50

NEVER_FIRST = frozenset(
    "、。，．,.:;：；？！?!）)]｝}】〕〉》」』〙〗’”»%％…‥・ー～々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
NEVER_LAST = frozenset("（([［｛{【〔〈《「『〘〖‘“«")


def draw_sentence(layout: UILayout, context: Context, text: str, icon: str = "NONE", width: int = 0) -> None:
    """A sentence in the interface's language, over as many lines as it needs.

    Args:
        text: the English one, or an already translated one.
        icon: Blender's identifier; shown on the first line, if the region is wide enough.
        width: of the dialog that contains it, in pixels at UI scale 1; 0 for the region's.
    """
    column = layout.column(align=True)
    column.scale_y = 0.85
    is_narrow = _region(context, width) < NARROW
    icon = "NONE" if is_narrow else icon
    indent = "NONE" if icon == "NONE" else "BLANK1"
    room = max(FEWEST * CHARACTER, _region(context, width) - (NARROW_MARGIN if is_narrow else MARGIN))
    for number, line in enumerate(_lines(translated(text, iface_), room, *_font(context))):
        column.label(text=line, icon=indent if number else icon, translate=False)


def draw_broken(layout: UILayout, context: Context, text: str, room: float) -> None:
    """Draw a value on as many lines as it needs, so that it is never cut. room: for a line, in pixels at UI scale 1."""
    column = layout.column(align=True)
    for line in _lines(text, max(FEWEST * CHARACTER, room), *_font(context)):
        column.label(text=line, translate=False)


def draw_lines(layout: UILayout, context: Context, sentences: Iterable[str], icon: str, count: int) -> None:
    """Draw sentences on exactly this many lines: text that does not fit ends with …, and unused lines stay empty.

    Args:
        sentences: as shown; each starts a line.
        icon: Blender's identifier; shown on the first line, if the region is wide enough.
        count: number of lines.
    """
    is_narrow = region_width(context) < NARROW
    room = max(FEWEST * CHARACTER, region_width(context) - (NARROW_MARGIN if is_narrow else MARGIN))
    lines = [line for text in sentences for line in _lines(text, room, *_font(context))]
    if len(lines) > count:
        last = lines[count - 1]
        lines[count - 1 :] = [(last.rpartition(" ")[0] or last[:-1]).rstrip(" .,") + "…"]
    for number in range(count):
        text = lines[number] if number < len(lines) else ""
        shown = "NONE" if is_narrow or not lines else icon if number == 0 else "BLANK1"
        layout.label(text=text, icon=shown, translate=False)


def letters(context: Context, width: int = 0) -> int:
    """How many average letters fit on a line of the region, or of a dialog of this width."""
    return max(FEWEST, int((_region(context, width) - MARGIN) / CHARACTER))


def region_width(context: Context) -> float:
    """Width of the region, in pixels at UI scale 1."""
    return _region(context, 0)


def text_width(context: Context, text: str) -> float:
    """Width of a text in the font of labels, in pixels at UI scale 1."""
    return _width(text, *_font(context))


def plain_folder(one: Submission) -> str:
    """Where a job's frames go, as Blender writes it: // is the folder of the open file."""
    folder, home = PurePath(one.output_folder), PurePath(one.blend).parent
    if not one.blend or one.blend != bpy.data.filepath or not folder.is_relative_to(home):
        return str(folder)
    below = folder.relative_to(home).as_posix()
    return "//" if below == "." else f"//{below}"


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The text in lines of at most this width, broken at spaces, and next to Chinese and Japanese characters.

    A word that is too long for a line, such as a path, is broken after a slash, or anywhere if it has none.

    Args:
        width: of a line, in the unit of `measure`.
        measure: the width of a text.
    """
    lines: list[str] = []
    line = ""
    for gap, piece in _pieces(text):
        if line and measure(line + gap + piece) > width:
            lines.append(line)
            line = piece
        else:
            line += gap + piece if line else piece
        while len(line) > 1 and measure(line) > width:
            end = _end(line, width, measure)
            lines.append(line[:end])
            line = line[end:]
    return [*lines, line]


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The unbreakable pieces, each with what precedes it on the same line: a space or nothing."""
    for word in text.split():
        start, gap = 0, " "
        for place in range(1, len(word)):
            if _may_break(word[place - 1], word[place]):
                yield gap, word[start:place]
                start, gap = place, ""
        yield gap, word[start:]


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two letters of a word."""
    return (_is_wide(before) or _is_wide(after)) and before not in NEVER_LAST and after not in NEVER_FIRST


@functools.cache
def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _end(word: str, width: float, measure: Callable[[str], float]) -> int:
    """Where to break a word that is too long for a line."""
    end = max(1, next(count for count in range(len(word) - 1, -1, -1) if measure(word[:count]) <= width))
    return max(word.rfind(mark, 0, end) for mark in "/\\") + 1 or end


@functools.lru_cache(maxsize=256)
def _lines(text: str, room: float, points: float, scale: float, _font_file: str) -> tuple[str, ...]:
    """Cached, because panels draw the same sentences repeatedly."""
    blf.size(0, points * scale)
    return tuple(wrapped(text, room * scale, lambda part: blf.dimensions(0, part)[0]))  # type: ignore[index]


@functools.lru_cache(maxsize=512)
def _width(text: str, points: float, scale: float, _font_file: str) -> float:
    blf.size(0, points * scale)
    return float(blf.dimensions(0, text)[0]) / scale  # type: ignore[index]


def _region(context: Context, width: int) -> float:
    """Width of the region, or of a dialog, in pixels at UI scale 1."""
    if width:
        return width
    return (context.region.width if context.region else 400) / _scale(context)


def _font(context: Context) -> tuple[float, float, str]:
    """Size of the font that labels have, the scale that it is drawn with, and its file."""
    preferences = context.preferences
    return preferences.ui_styles[0].widget.points, _scale(context), preferences.view.font_path_ui


def _scale(context: Context) -> float:
    return context.preferences.system.ui_scale or 1.0  # 0 without a window
