"""Renews the pictures of the guide: runs journeys in Blender 5.2.2 and a browser, and cuts their pictures to size.

.venv/bin/python tools/doc_pictures.py [FOLDER]     FOLDER: pictures that a run has left; without it the journeys run
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cache import ROOT

IMAGES = ROOT / "docs" / "images"
VERSION = "5.2.2"
JOURNEYS = ("first_render", "journeys", "before_sending", "checked_job_in_window", "two_computers")
JOURNEYS += ("server_jobs_in_window",)
# What is cut out of a picture of the whole window: WIDTHxHEIGHT+X+Y; "" for all of it.
WHOLE = {
    "panel": "",
    "where": "290x420+1310+330",
    "all-cameras": "620x236+160+434",
    "cancel": "940x720+660+30",
    "compare": "1600x965+0+35",
    "existing": "640x330+960+60",
    "image-editor": "1340x960+0+30",
    "no-camera": "680x300+920+60",
    "preset": "300x620+1300+60",
    "strip": "1340x440+0+540",
    "compositor": "1340x960+0+30",
    "server-jobs": "412x452+4+472",
    "service-details": "412x736+4+188",
}
# Of the Properties editor, what stands above the latest frame's buttons.
TOPS = {"no-key": 474, "not-there": 545, "own-server-good": 415, "own-server-wrong": 490}
WHOLE |= {name: f"252x{height}+0+0" for name, height in TOPS.items()}
# Pictures of the Properties editor, cut below the last panel.
PANELS = ("advanced", "check-first", "details", "done", "farm-killed", "missing", "overrides")
PANELS += ("test-frames", "other-computers", "help-render", "help-render-pair")
# The farm's web page, by tests/farm/test_page_pictures.py in Chromium.
PAGES = ("farm-page", "farm-page-job", "farm-page-phone")
# The panel at work, cut out of the first picture.
PANEL_AT_WORK = "rendering"


def main() -> int:
    """Returns 0 when every picture was renewed."""
    if len(sys.argv) > 1:
        return _cut(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory(prefix="farmhand-pictures-") as folder:
        tests = [str(ROOT / "tests" / "windows" / f"test_{name}.py") for name in JOURNEYS]
        journeys = [sys.executable, "-m", "pytest", "--quiet", "-k", VERSION, *tests]
        page = ROOT / "tests" / "farm" / "test_page_pictures.py"
        pages = [sys.executable, "-m", "pytest", "--quiet", "-m", "soak", str(page)]
        environment = {**os.environ, "FARMHAND_PICTURES": folder}
        codes = [subprocess.run(each, cwd=ROOT, env=environment, check=False).returncode for each in (journeys, pages)]
        return max(codes) or _cut(Path(folder))


def _cut(folder: Path) -> int:
    missing = [name for name in (*WHOLE, *PANELS) if not (folder / f"{name}-{VERSION}.png").exists()]
    for name in missing:
        print(f"No picture of {name}: its journey did not leave one.")
    for name, crop in WHOLE.items():
        if name not in missing:
            _convert(folder, name, name, *(["-crop", crop, "+repage"] if crop else []))
    for name in PANELS:
        if name not in missing:
            _convert(folder, name, name, *_below_the_panel())
    for name in PAGES:
        if (folder / f"{name}.png").exists():
            small = ["-colors", "256", "-strip", str(IMAGES / f"{name}.png")]
            subprocess.run(["convert", str(folder / f"{name}.png"), *small], check=True)
        else:
            missing.append(name)
            print(f"No picture of {name}: its test did not leave one.")
    if "panel" not in missing:
        _convert(
            folder,
            "panel",
            PANEL_AT_WORK,
            "-gravity",
            "northeast",
            "-crop",
            "332x914+0+52",
            "+repage",
            *_below_the_panel(),
        )
    return 1 if missing else 0


def _below_the_panel() -> list[str]:
    """Without the empty rest of the editor, but for a margin."""
    # The editor's own edge runs down to its end, and would keep the empty rest.
    return [
        "-shave",
        "4x4",
        "-bordercolor",
        "#303030",
        "-border",
        "1",
        "-fuzz",
        "3%",
        "-trim",
        "+repage",
        "-border",
        "6",
    ]


def _convert(folder: Path, source: str, target: str, *options: str) -> None:
    path = folder / f"{source}-{VERSION}.png"
    subprocess.run(["convert", str(path), *options, "-strip", str(IMAGES / f"{target}.png")], check=True)


if __name__ == "__main__":
    raise SystemExit(main())
