"""Text for people that can be shown in another language: an English template, and the values that go into it.

A Message is a str, its English text, so it can be logged, searched and written to JSON like any other. It remembers
the template and the values, as zope.i18nmessageid's messages do, so that the interface can look the template up in
a catalog first. A plain str is a template without values. Standard library only.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Look = Callable[[str], str]
"""Translates a template; returns it unchanged when it has no translation."""
Value = str | int | float
"""What a template is filled with. A Message is translated in turn; other text, such as a path, is shown as it is."""
_ENCODED = '{"template":'


class Message(str):
    """English text, with the template and the values it was made from. Immutable.

    template: has a place ``{name}`` or ``{name:format}`` for each value, as in str.format; taken literally when there
    are no values.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, values: Mapping[str, object] = MappingProxyType({})) -> Message:
        if not isinstance(template, str):
            raise TypeError(f"a template is a text, not {template!r}")
        kept = {name: one if isinstance(one, Message | int | float) else str(one) for name, one in values.items()}
        self = super().__new__(cls, _filled(template, kept))
        object.__setattr__(self, "template", str(template))
        object.__setattr__(self, "values", MappingProxyType(kept))
        return self

    @classmethod
    def from_text(cls, text: str) -> Message:
        """The text itself if it is a Message, else a Message without values."""
        return text if isinstance(text, Message) else cls(text)

    @classmethod
    def from_error(cls, error: BaseException) -> Message:
        """The text of a built-in exception: the Message it was raised with, or its str."""
        return cls.from_text(error.args[0] if error.args and isinstance(error.args[0], Message) else str(error))

    @classmethod
    def joined(cls, parts: Iterable[str], separator: str = " ") -> Message:
        """Several sentences as one Message; empty ones are left out."""
        messages = [cls.from_text(part) for part in parts if part]
        return messages[0] if len(messages) == 1 else cls._row(messages, separator)

    @classmethod
    def listed(cls, items: Iterable[str]) -> Message:
        """The items joined with commas; as with all values, only Messages are translated."""
        return cls._row(list(items), ", ")

    @classmethod
    def _row(cls, parts: Sequence[str], separator: str) -> Message:
        names = [str(number) for number in range(len(parts))]
        return cls(separator.join(f"{{{name}}}" for name in names), dict(zip(names, parts, strict=True)))

    @classmethod
    def decoded(cls, text: str) -> Message:
        """The inverse of `encoded`. Text that was stored without a template is shown as it is."""
        if text.startswith(_ENCODED):
            try:
                return from_json(json.loads(text))
            except (ValueError, TypeError, KeyError, AttributeError):
                pass
        return cls(text)

    def filled(self, values: Mapping[str, object]) -> Message:
        """The same template, with those of the values that it has a place for."""
        names = {name for _, name, _, _ in string.Formatter().parse(self.template) if name}
        return Message(self.template, {name: values[name] for name in names})

    def encoded(self) -> str:
        """As text for a file or a database: JSON, or the bare text when there are no values."""
        if not self.values and not self.startswith(_ENCODED):
            return str(self)
        return json.dumps(self.as_json(), ensure_ascii=False)

    def as_json(self) -> dict[str, Any]:
        """``{"template": …, "values": {…}}``; a value that is a Message has the same shape."""
        values = {name: one.as_json() if isinstance(one, Message) else one for name, one in self.values.items()}
        return {"template": self.template, "values": values}

    def translated(self, look: Look) -> str:
        """The text in another language: template and nested messages are looked up, other values stay."""
        values = {name: one.translated(look) if isinstance(one, Message) else one for name, one in self.values.items()}
        return _filled(look(self.template), values) if self.template else ""

    def __str__(self) -> str:
        return self[:]

    def __getitem__(self, key: Any) -> str:
        return str.__getitem__(self, key)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Message cannot be changed: {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.template, dict(self.values))

    def __deepcopy__(self, _memo: object) -> Message:
        return self


def msg(template: str, /, **values: object) -> Message:
    """A Message. The template is a literal, so that a test can collect it for the translations.

    values: Messages, numbers, or anything that has a text, such as a path.
    """
    return Message(template, values)


def translated(text: str, look: Look) -> str:
    """A Message or a plain text in another language."""
    return Message.from_text(text).translated(look)


def from_json(found: Any) -> Message:
    """The inverse of `Message.as_json`. Raises KeyError, TypeError or AttributeError for any other shape."""
    values = {name: from_json(one) if isinstance(one, dict) else one for name, one in found["values"].items()}
    return Message(found["template"], values)


def _filled(template: str, values: Mapping[str, Value]) -> str:
    return "".join(_parts(template, values)) if values else template


def _parts(template: str, values: Mapping[str, Value]) -> Iterator[str]:
    for literal, name, layout, _ in string.Formatter().parse(template):
        yield literal
        if name is not None:
            yield format(values[name], layout or "")
