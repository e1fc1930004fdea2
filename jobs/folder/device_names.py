"""Names that mean a device on Windows, with any extension. Standard library only."""

from __future__ import annotations

import re

_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?")


def is_device(name: str) -> bool:
    """Whether Windows takes the name of a file or folder for a device, such as CON, aux.png or COM¹ .txt.

    Source: “Naming Files, Paths, and Namespaces” on learn.microsoft.com.
    """
    return _DEVICE.fullmatch(name) is not None
