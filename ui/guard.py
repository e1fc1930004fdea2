"""Prevents tracebacks for the artist: errors in anything that Blender calls are reported as text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Context, Event, Operator, UILayout

from ..client.errors import FarmhandError, LocalProblem
from ..client.message import translated


class NoTraceback:
    """First base of an operator, panel, menu, list or preferences: reports errors of its methods as text.

    Methods that a class inherits from Blender's own, such as AddPresetBase, are guarded too.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, guard in _GUARDS.items():
            owner = next((base for base in cls.__mro__ if name in vars(base)), None)
            if owner is cls or (owner is not None and not issubclass(owner, NoTraceback)):
                setattr(cls, name, guard(vars(owner)[name]))


def report_error(operator: Operator | NoTraceback, error: Exception, *_given: object) -> set[str]:
    """Report an error as text."""
    operator.report({"ERROR"}, translated(in_words(error).message, rpt_))
    return {"CANCELLED"}


def unexpected(error: Exception) -> FarmhandError:
    """The message for an unexpected error."""
    return LocalProblem(
        rpt_("Unexpected error in Farmhand: {error}.").format(error=f"{type(error).__name__}: {error}"),
        rpt_("Running renders are not affected."),
        rpt_("Try again; if the error persists, use Copy Report in the job list and send it to the authors."),
    )


def in_words(error: Exception) -> FarmhandError:
    """The error itself if it is written for users, else the message for an unexpected one."""
    return error if isinstance(error, FarmhandError) else unexpected(error)


def _leave(operator: Operator, error: Exception, context: Context, _event: Event) -> set[str]:
    """End a modal operator, and release its resources: otherwise each tick of its timer would fail again."""
    if hasattr(operator, "cancel"):
        operator.cancel(context)
    return report_error(operator, error)


def _label(shown: Any, error: Exception, _context: Context, layout: UILayout | None = None, *_given: object) -> None:
    """Show one line instead of the rest, because panels are narrow."""
    place = shown.layout if layout is None else layout
    if isinstance(error, FarmhandError):
        text = translated(error.what, rpt_)
    else:
        text = rpt_("Not shown: {error}").format(error=f"{type(error).__name__}: {error}")
    place.label(text=text, icon="ERROR", translate=False)


# Blender counts the arguments of callbacks: it would refuse a wrapper with *args.


def _of_two(method: Callable[..., Any], failed: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def guarded(self: Any, context: Context) -> Any:
        try:
            return method(self, context)
        except Exception as error:
            return failed(self, error, context)

    return guarded


def _of_three(method: Callable[..., Any], failed: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def guarded(self: Any, context: Context, given: Any) -> Any:
        try:
            return method(self, context, given)
        except Exception as error:
            return failed(self, error, context, given)

    return guarded


def _line(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flag=0):
        try:
            return method(self, context, layout, data, item, icon, active_data, active_property, index, flag)
        except Exception as error:
            return _label(self, error, context, layout)

    return draw_item


def _poll(method: classmethod[Any, Any, bool]) -> classmethod[Any, Any, bool]:
    """Gray out an operator, with the error as the reason; show a panel, whose draw will report it."""

    @wraps(method.__func__)
    def poll(cls: Any, context: Context) -> bool:
        try:
            return method.__func__(cls, context)
        except Exception as error:
            if not issubclass(cls, Operator):
                return True
            cls.poll_message_set(translated(in_words(error).message, rpt_))
            return False

    return classmethod(poll)


def _description(method: classmethod[Any, Any, str]) -> classmethod[Any, Any, str]:
    """Without a description, Blender shows that of the class."""

    @wraps(method.__func__)
    def description(cls: Any, context: Context, properties: Any) -> str:
        try:
            return method.__func__(cls, context, properties)
        except Exception:
            return ""

    return classmethod(description)


def _drawn_again(shown: Any, error: Exception, _context: Context) -> bool:
    """Draw a dialog that could not be updated as it is."""
    report_error(shown, error)
    return True


drawn = partial(_of_two, failed=_label)
"""Decorates a function that Blender calls to draw, such as one that was appended to a menu of its own."""

_GUARDS: dict[str, Callable[[Any], Any]] = {
    "poll": _poll,
    "description": _description,
    "execute": partial(_of_two, failed=report_error),
    "cancel": partial(_of_two, failed=report_error),
    "check": partial(_of_two, failed=_drawn_again),
    "invoke": partial(_of_three, failed=report_error),
    "modal": partial(_of_three, failed=_leave),
    "draw": drawn,
    "draw_header": drawn,
    "draw_header_preset": drawn,
    "draw_filter": partial(_of_three, failed=_label),
    "draw_item": _line,
}


class Explained(NoTraceback):
    """An operator whose button is grayed out while there is a reason against it, which its tooltip shows."""

    @classmethod
    def poll(cls, context: Context) -> bool:
        reason = cls.reason_against(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    @classmethod
    def reason_against(cls, context: Context) -> str:
        """The reason in the interface's language; "" for none."""
        raise NotImplementedError


class Guarded(NoTraceback):
    """An operator that does its work in `run`."""

    def execute(self, context: Context) -> set[str]:
        return self.run(context) or {"FINISHED"}
