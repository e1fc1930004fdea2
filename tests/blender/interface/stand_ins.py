"""Stand-ins for what Blender alone can make: instances of its classes, layouts, and parts where everything raises."""

import functools
import importlib
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

PACKAGE = "bl_ext.user_default.farmhand"
METHODS = ("poll", "description", "execute", "invoke", "modal", "cancel", "check")
METHODS += ("draw", "draw_header", "draw_header_preset", "draw_filter", "draw_item")


class Broken:
    """Whatever is asked of it raises."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError("on purpose")

    def __call__(self, *args: Any, **options: Any) -> Any:
        raise ZeroDivisionError("on purpose")


class BrokenLayout:
    """Takes a line of words, and nothing else."""

    def __init__(self, said: list[str]) -> None:
        vars(self)["said"] = said

    def label(self, *, text: str, icon: str, translate: bool) -> None:
        self.said.append(text)

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError("on purpose")

    def __setattr__(self, name: str, value: Any) -> None:
        raise ZeroDivisionError("on purpose")


class Layout:
    """Takes every call that a layout takes, and remembers the texts; what is timed is ours alone."""

    def __init__(self, texts: list[str] | None = None) -> None:
        self.texts = [] if texts is None else texts

    def label(self, text: str = "", **options: Any) -> None:
        self.texts.append(text)

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: self


class Items(list[Any]):
    """A collection property of an operator."""

    def add(self) -> Any:
        self.append(types.SimpleNamespace(name="", use=True))
        return self[-1]

    def get(self, name: str) -> Any:
        return next((one for one in self if one.name == name), None)

    def __contains__(self, name: object) -> bool:
        return any(one.name == name for one in self)


class Stand:
    """Stands for an instance of one of Blender's classes; its properties have their defaults."""

    def __init__(self, cls: type, layout: Any = None) -> None:
        self.cls = cls
        self.said: list[str] = []
        self.layout = BrokenLayout(self.said) if layout is None else layout

    def report(self, level: set[str], text: str) -> None:
        if not isinstance(text, str):
            raise TypeError("a report is a text, on purpose")
        self.said.append(text)

    def __getattr__(self, name: str) -> Any:
        cls = vars(self)["cls"]
        known = _defaults(cls)
        if name in known:
            value = known[name]
            return vars(self).setdefault(name, Items()) if value is Items else value
        found = getattr(cls, name)
        return types.MethodType(found, self) if isinstance(found, types.FunctionType) else found


@functools.cache
def _defaults(cls: type) -> dict[str, Any]:
    """What an operator's properties are before somebody sets them."""
    import bpy

    name = getattr(cls, "bl_idname", "").removeprefix("farmhand.")
    if name not in dir(bpy.ops.farmhand):
        return {}
    properties = getattr(bpy.ops.farmhand, name).get_rna_type().properties
    found = {one.identifier: one.default for one in properties if hasattr(one, "default")}
    return found | {one.identifier: Items for one in properties if one.type == "COLLECTION"}


def classes(part: Callable[[str], types.ModuleType], kind: type) -> list[type]:
    """All of the extension's classes of one of Blender's kinds."""
    return [cls for cls in part("registration")._CLASSES if issubclass(cls, kind)]


def methods(cls: type) -> Iterator[str]:
    """Those that Blender calls and that are written in Python."""
    return (name for name in METHODS if any(name in vars(base) for base in cls.__mro__))


def said(cls: type, name: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Call this method with everything that it needs broken, and tell the words that came of it."""
    import bpy

    with monkeypatch.context() as patch:
        stand = Stand(cls)
        if issubclass(cls, bpy.types.Operator):
            patch.setattr(cls, "poll_message_set", stand.said.append, raising=False)
        method = getattr(cls, name)
        is_of_class = isinstance(method, types.MethodType)
        count = method.__code__.co_argcount - 1
        given: list[Any] = [Broken() for _ in range(count)]
        if name in ("draw_item", "draw_filter"):
            given[1] = stand.layout
        _break_modules(cls, patch)
        answer = method(*given) if is_of_class else method(stand, *given)
    if name == "poll" and not issubclass(cls, bpy.types.Panel):
        assert answer is False
    elif name == "poll":
        assert answer is True
        return ["what the panel draws"]
    if name in ("execute", "invoke", "modal"):
        assert answer == {"CANCELLED"}
    return stand.said


def _break_modules(cls: type, patch: pytest.MonkeyPatch) -> None:
    """Modules and functions that the class's own modules know; the guard's own stay whole."""
    names = {base.__module__ for base in cls.__mro__ if base.__module__.startswith((PACKAGE, "bl_operators"))}
    for name in names - {f"{PACKAGE}.ui.guard"}:
        module = importlib.import_module(name)
        for key, value in list(vars(module).items()):
            if isinstance(value, types.ModuleType | types.FunctionType):
                patch.setattr(module, key, Broken())
