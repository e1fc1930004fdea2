"""Reads render settings that people write by hand, and explains what is wrong. Standard library only."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from ..client.setting_limits import GROUP, SETTINGS, Setting

_NEAR = 0.65
_SIDES = re.compile(r"(\d+)\s*[x,]\s*(\d+)")


def value_of(name: str, text: str) -> Any:
    """The value of a setting, from text; null is None. Raises ValueError, with a sentence."""
    setting = setting_named(name)
    if text == "null":
        return None
    read = _read(setting.kind, text)
    numbers = read if isinstance(read, list) else [read] if setting.kind in (int, float) else []
    if read is None or not all(_is_within(setting, number) for number in numbers):
        raise ValueError(f"{name} must be {_expected(setting)}, not “{text}”.")
    return read


def setting_named(name: str) -> Setting:
    """Raises ValueError, with a sentence that suggests similar names."""
    if name in SETTINGS:
        return SETTINGS[name]
    if name == "frameRanges":
        raise ValueError("frameRanges cannot be set by itself; use --frames.")
    near = _near(name)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Valid names: {', '.join(SETTINGS)}."
    raise ValueError(f"“{name}” is not a render setting. {hint}")


def check_names(config: Mapping[str, Any]) -> None:
    """Raises ValueError, with a sentence, for an unknown member."""
    for name, value in config.items():
        if name == GROUP and isinstance(value, Mapping):
            for inner in value:
                setting_named(f"{GROUP}.{inner}")
        else:
            setting_named(name)


def _near(name: str) -> list[str]:
    """Names that may have been meant: other case, an underscore, no group, a typo."""
    plain = {_plain(known): known for known in SETTINGS}
    meant = _plain(name)
    if meant in plain:
        return [plain[meant]]
    part_of = [known for key, known in plain.items() if len(meant) > 2 and meant in key]
    return part_of[:3] or [plain[each] for each in difflib.get_close_matches(meant, plain, cutoff=_NEAR)]


def _plain(name: str) -> str:
    return name.rpartition(".")[2].lower().replace("_", "").replace("-", "")


def _read(kind: type, text: str) -> Any:
    """The text as a value of that kind, or None."""
    if kind is bool:
        return {"true": True, "false": False}.get(text.strip().lower())
    if kind is list and (sides := _SIDES.fullmatch(text.strip())):
        return [int(side) for side in sides.groups()]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if kind is str:
        return value if isinstance(value, str) else text
    if kind is list:
        return (
            value if isinstance(value, list) and len(value) == 2 and all(type(side) is int for side in value) else None
        )
    return value if type(value) in ((int, float) if kind is float else (int,)) else None


def _is_within(setting: Setting, number: float) -> bool:
    if setting.kind is float:
        return (setting.least or 0) < number < math.inf
    return (setting.least is None or number >= setting.least) and (setting.most is None or number <= setting.most)


def _expected(setting: Setting) -> str:
    if setting.kind is bool:
        return "true or false"
    if setting.kind is float:
        return "a number above 0"
    if setting.kind is list:
        return f"a width and a height from {setting.least} to {setting.most}, such as 1920x1080"
    limits = f"of {setting.least} or more" if setting.most is None else f"from {setting.least} to {setting.most}"
    return f"a whole number {limits}"
