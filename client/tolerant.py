"""How the answers of a service are read: an unreadable member is dropped and logged; of a list, only the bad entry.

The API documents few shapes, so a surprise must not cost a render. Members that the reference requires stay required.
Only `Answer.read` is tolerant: an answer that our own farm builds is checked strictly.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence, Set
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic.alias_generators import to_camel

from .answers import Oversized
from .plain_text import tidy

MAX_COUNT = 2**53
"""JSON keeps integers exact up to here, and the journal's 64 bits hold them."""
MAX_ENTRIES = 20_000
"""Allowed in all lists of an answer together, as far as they become objects of ours: 1 to 2 kB of memory each."""
MAX_ID = 200
_log = logging.getLogger(__name__)
_logged: set[tuple[str, str, str]] = set()


def _no_truth_value(value: object) -> object:
    """Python treats True as 1."""
    if isinstance(value, bool):
        raise ValueError("no number")
    return value


def _one_line(value: str) -> str:
    """IDs are shown and sent back, so they are taken only as they can be shown."""
    if tidy(value, MAX_ID) != value:
        raise ValueError("it is too long or not printable")
    return value


Count = Annotated[int, Field(ge=0, le=MAX_COUNT), BeforeValidator(_no_truth_value)]
Seconds = Annotated[float, Field(ge=0, le=MAX_COUNT, allow_inf_nan=False), BeforeValidator(_no_truth_value)]
Id = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]


class Model(BaseModel):
    """Base: camelCase on the wire, snake_case here, immutable, unknown fields kept."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True, protected_namespaces=()
    )

    def to_wire(self) -> dict[str, Any]:
        """The JSON object as it travels, without the fields that were never set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Allowance:
    """How many entries the lists of an answer may still have."""

    def __init__(self, entries: int) -> None:
        self._left = entries

    def take(self, entries: int) -> None:
        """Raises Oversized if they are too many."""
        self._left -= entries
        if self._left < 0:
            raise Oversized


class Answer(Model):
    """Base of everything that a service sends.

    marks: sets of member names that identify the object in envelopes; it has all names of at least one set.
    """

    marks: ClassVar[Sequence[Set[str]]] = ()

    @classmethod
    def read(cls, answer: object, most: int = MAX_ENTRIES) -> Self:
        """Read a decoded JSON answer.

        Args:
            answer: as `answers.decoded` returns it.
            most: how many entries its lists may have together. Lists of undocumented shape are not counted.

        Raises:
            ValidationError: a required member is missing or unreadable.
            Oversized: there are more entries.
        """
        return cls.model_validate(answer, context=Allowance(most))

    @field_validator("*", mode="wrap")
    @classmethod
    def _read_member(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        if not isinstance(info.context, Allowance) or info.field_name is None:
            return read(value)
        if isinstance(value, list) and cls.model_fields[info.field_name].annotation is not Any:
            info.context.take(len(value))
        return read_member(cls, info.field_name, value, read)


def read_member(model: type[BaseModel], name: str, value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Read one member of an answer.

    Args:
        model: what the member belongs to.
        name: the member.
        value: as the service sent it.
        read: pydantic's own way to read it.

    Returns:
        Its value, or its default when it cannot be read; of a list, the entries that can.
    """
    try:
        return read(value)
    except ValidationError as error:
        _log_once(model.__name__, name, value)
        if isinstance(value, list) and (kept := _without_bad_entries(value, error)) is not None:
            return read(kept)
        field = model.model_fields[name]
        if field.is_required():
            raise
        return field.get_default(call_default_factory=True)


def _without_bad_entries(entries: list[Any], error: ValidationError) -> list[Any] | None:
    """None if the list itself is wrong."""
    bad = {problem["loc"][0] if problem["loc"] else None for problem in error.errors(include_url=False)}
    if not all(isinstance(index, int) for index in bad):
        return None
    return [entry for index, entry in enumerate(entries) if index not in bad]


def _log_once(model: str, name: str, value: object) -> None:
    """Log once, since answers repeat with every poll; only the value's type is logged, since links are secrets."""
    kind = (model, name, type(value).__name__)
    if kind not in _logged:
        _logged.add(kind)
        _log.warning("%s: what the service sends cannot be read and is ignored (a JSON %s)", f"{model}.{name}", kind[2])
