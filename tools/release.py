"""`make release`: all that a release consists of, in dist/release; the same bytes from every clone of a commit.

farmhand-VERSION-PLATFORM.zip         the extension, taken by the tools of Blender 4.2 and 5.3
farmhand_node-VERSION-PLATFORM.zip    the optional extension for rendering on several computers, likewise
farmhand-VERSION.cdx.json             the libraries inside, their licenses and hashes (CycloneDX)
RELEASE_NOTES.md                      what CHANGELOG.md and changes/ say of this version
SHA256SUMS                            checksums of them all
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import build_extension
import old_pictures
from cache import ROOT
from zips import sbom
from zips.wheels import FARMHAND, NODE, PLATFORMS, RELEASE_PYTHONS, wheels

RELEASE = build_extension.DIST / "release"


def main() -> int:
    """Build it anew, and name each file with its checksum."""
    shutil.rmtree(RELEASE, ignore_errors=True)
    RELEASE.mkdir(parents=True)
    try:
        build(RELEASE)
    except (subprocess.CalledProcessError, ValueError) as problem:
        print(f"The release could not be made: {problem}\n{getattr(problem, 'stdout', '') or ''}", file=sys.stderr)
        return 1
    print((RELEASE / "SHA256SUMS").read_text(encoding="utf-8"), end="")
    if old := old_pictures.old_pictures(ROOT):
        print(f"Older than the code that they show: {', '.join(old)}. See tools/doc_pictures.py.", file=sys.stderr)
    return 0


def build(target: Path) -> None:
    """Put the release into a folder. Raises CalledProcessError, ValueError."""
    for bundle in (FARMHAND, NODE):
        for file in build_extension.build_release(target, bundle):
            build_extension.validate(file)
        manifest = build_extension.manifest(bundle)
        bundled = {wheel.name: wheel for platform in PLATFORMS for wheel in wheels(platform, RELEASE_PYTHONS, bundle)}
        name, version = str(manifest["name"]), str(manifest["version"])
        sbom.write(target / f"{manifest['id']}-{version}.cdx.json", name, version, sorted(bundled.values()))
    (target / "RELEASE_NOTES.md").write_text(notes(version), encoding="utf-8")
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(target.iterdir())]
    (target / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def notes(version: str) -> str:
    """What is new: the version's part of the changelog, and the fragments that are not in it yet."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(version)}\b.*?\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    fragments = ""
    if any((ROOT / "changes").glob("*.*.md")):
        call = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", version, "--date", "unreleased"]
        drafted = subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        fragments = drafted.partition("## ")[2].partition("\n")[2]
    parts = [f"# Farmhand {version}", found[1].strip() if found else "", fragments.strip()]
    return "\n\n".join(part for part in parts if part) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
