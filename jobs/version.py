"""Farmhand's version, from the manifest; a courier of another version hands over."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


@cache
def version() -> str:
    """For example ``0.1.0``."""
    manifest = Path(__file__).resolve().parent.parent / "blender_manifest.toml"
    found = re.search(r'^version = "([^"]+)"', manifest.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""
