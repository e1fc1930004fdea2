"""The version of this Farmhand, from the manifest: the one place where it is written."""

from __future__ import annotations

import tomllib
from pathlib import Path


def version() -> str:
    manifest = Path(__file__).resolve().parent.parent / "blender_manifest.toml"
    return str(tomllib.loads(manifest.read_text(encoding="utf-8"))["version"])
