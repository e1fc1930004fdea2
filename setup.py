"""What pyproject.toml cannot say: the version, which the manifest has, and the packages, which lie in the root."""

import tomllib
from pathlib import Path

from setuptools import find_namespace_packages, setup

ROOT = Path(__file__).parent
PRODUCT = ("cli", "client", "courier", "farm", "jobs", "operators", "panels", "presets", "scene", "translations", "ui")

if __name__ == "__main__":
    found = find_namespace_packages(str(ROOT), include=[name for each in PRODUCT for name in (each, f"{each}.*")])
    setup(
        version=tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["version"],
        packages=["farmhand", *(f"farmhand.{name}" for name in found)],
        package_data={"": ["*.css", "*.html", "*.js", "*.svg"], "farmhand": ["blender_manifest.toml", "py.typed"]},
    )
