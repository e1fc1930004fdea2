"""What the service has reported about a job: in Details, and beside the buttons of a job that waits to be started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Context, UILayout

from ...client.message import translated
from ...jobs.folder.service_report import NOTHING, ServiceReport
from ...ui.choices import shown_value
from ...ui.request.checked_job import CheckedJob
from ...ui.text import draw_broken, draw_sentence, region_width
from ..buttons import draw_label
from ..fields import EDGES, PADDING, name_part, named_row

MOST_FACTS = 30
MOST_MISSING = 6
ABSENT = ("No", "0", "{}", "[]")
"""What a service says of what a file does not have."""


def draw_pairs(layout: UILayout, context: Context, pairs: Iterable[tuple[str, str]]) -> None:
    """Lines of a name at the left and a value at the right; those without a value are left out."""
    shown = [pair for pair in pairs if pair[1]]
    part = name_part(context, [name for name, _ in shown])
    room = (1 - part) * (region_width(context) - EDGES) - PADDING
    column = layout.column(align=True)
    for name, value in shown:
        if part:
            draw_broken(named_row(column, context, name, part), context, value, room)
        else:
            draw_sentence(column, context, f"{name}: {value}")


def draw_checked(layout: UILayout, context: Context, checked: CheckedJob) -> None:
    """What will be rendered of a job that waits to be started."""
    draw_label(layout, context, iface_("To Render"), "RENDER_ANIMATION")
    draw_pairs(layout, context, _to_render(checked))


def draw_report(layout: UILayout, context: Context, report: ServiceReport) -> None:
    """Everything that the service has reported."""
    if report == NOTHING:
        return
    if report.failed_name or report.failed_type:
        failure = (iface_("Failure"), report.failed_name), (iface_("Failure Type"), report.failed_type)
        draw_pairs(layout, context, failure)
    if not report.names_all_missing:
        _draw_missing(layout, context, report)
    column = layout.column()
    for sentence in report.unexpected:
        draw_sentence(column, context, sentence, "ERROR")
    for notice in report.notices:
        draw_sentence(column, context, notice, "INFO")
    used = tuple(_used(report))
    if used:
        draw_label(layout, context, iface_("Settings on the Server"), "PREFERENCES")
        draw_pairs(layout, context, used)
    if report.analysis:
        draw_label(layout, context, iface_("Found by the Server"), "VIEWZOOM")
        draw_pairs(layout, context, islice(_facts(report.analysis), MOST_FACTS))


def _to_render(checked: CheckedJob) -> Iterator[tuple[str, str]]:
    yield iface_("Frames"), checked.frames
    if not checked.settings:
        yield iface_("Settings"), iface_("As in the file")
    for label, value in checked.settings:
        yield iface_(label), iface_(value)


def _facts(facts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Facts with a value; all are in Copy Report. Blender's own translations include many of the names."""
    for name, value in facts:
        if value not in ABSENT or (value == "0" and "Frame" in name):  # 0 is a valid frame
            yield iface_(name), _value(value)


def _value(value: str) -> str:
    """A value, translated if it is a term of the contract; names that an artist gave are not translated."""
    if value in ("Yes", "No"):
        return iface_("On") if value == "Yes" else iface_("Off")
    shown = shown_value(value)
    return iface_(shown) if shown != value else value


def _used(report: ServiceReport) -> Iterator[tuple[str, str]]:
    """Settings that differ from the request. Those that were not requested, such as the number of GPUs, are only in
    Copy Report."""
    for name, *values in report.used:
        asked, used = map(_value, values)
        if asked:
            yield iface_(name), iface_("{used} instead of {asked}").format(used=used, asked=asked)


def _draw_missing(layout: UILayout, context: Context, report: ServiceReport) -> None:
    if not report.missing_count:
        return
    column = layout.column(align=True)
    draw_label(column, context, iface_("Missing on the Server"), "ERROR")
    for path in report.missing[:MOST_MISSING]:
        draw_sentence(column, context, translated(path, str), "BLANK1")
    if report.missing_count > MOST_MISSING:
        rest = iface_("and {count} more").format(count=report.missing_count - MOST_MISSING)
        draw_label(column, context, rest, "BLANK1")
