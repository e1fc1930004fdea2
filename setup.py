"""The one thing that pyproject.toml cannot say: the version, which the manifest has."""

import tomllib
from pathlib import Path

from setuptools import setup

MANIFEST = Path(__file__).with_name("blender_manifest.toml")

if __name__ == "__main__":
    setup(version=tomllib.loads(MANIFEST.read_text(encoding="utf-8"))["version"])
