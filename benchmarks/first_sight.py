"""How long after a frame is complete on disk its thumbnail is on the screen.

    .venv/bin/python benchmarks/first_sight.py [--frames 20] [--write]

A Blender 5.2.2 with a window (Xvfb, drawn in software) and the built extension in it renders on This Computer. Each
frame has one color that nothing else on the screen has. A frame is complete when it gets its name, and visible with
the first picture of the screen, taken again and again from outside, that shows its color in the Properties editor.
Needs root on Debian and `make blender`. --write renews the table in benchmarks/README.md.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
for folder in ("tools", "tests/support", "tests/windows"):
    sys.path.insert(0, str(ROOT / folder))

import journey  # noqa: E402  none of these is a package: they are found by their folders
import readme_table  # noqa: E402
from never_freezes import VERSION, display  # noqa: E402

import build_extension  # noqa: E402
from cache import chroot_blender  # noqa: E402
from zips import install_extension  # noqa: E402

AIM_SECONDS = 1.0
COLORS = """
def linear(value):
    return (value / 255 / 12.92) if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4
scene = bpy.context.scene
for thing in list(scene.objects):
    if thing.type == "MESH":
        thing.scale = (0.0, 0.0, 0.0)  # without any object Farmhand would ask whether that is meant
    elif thing.type != "CAMERA":
        bpy.data.objects.remove(thing)
scene.view_settings.view_transform = "Standard"
scene.render.resolution_percentage = 50
scene.cycles.samples = {samples}
world = scene.world = bpy.data.worlds.new("Colors")
if not world.node_tree:
    world.use_nodes = True
color = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND").inputs["Color"]
for frame, values in {colors}.items():
    color.default_value = (*(linear(value) for value in values), 1.0)
    color.keyframe_insert("default_value", frame=int(frame))
bpy.ops.wm.save_mainfile()
"""
SAMPLES = 200
"""A frame then takes a second or two: none is overtaken by the next before it could be shown."""
ENOUGH_PIXELS = 100
TOLERANCE = 4


def main() -> int:
    """Measure, print the table; 1 when the aim is missed."""
    arguments = _arguments()
    blender = chroot_blender(VERSION)
    if not blender.exists():
        print(f"Blender {VERSION} is not here: run `make blender` as root on Debian.")
        return 2
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="farmhand-sight-") as folder:
        delays = _measure(Path(folder), [str(blender)], arguments.frames)
    table = _table(delays, arguments.frames, load)
    print(table)
    if arguments.write:
        readme_table.write("sight", table)
    return 0 if max(delays) <= AIM_SECONDS else 1


def _measure(folder: Path, blender: list[str], frames: int) -> list[float]:
    """Seconds from complete to visible, for each frame that was shown."""
    profile = folder / "profile"
    install_extension.install(blender, build_extension.build_test(folder / "dist"), profile)
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(profile)}
    with display() as screen, journey.open_stage(blender, screen, environment, folder) as on:
        on.window.run("give_properties_the_column()")
        on.prepare(frames)
        colors = {frame: (10 * frame, 190, 250 - 10 * frame) for frame in range(1, frames + 1)}
        on.window.run(COLORS.format(samples=SAMPLES, colors=colors))
        on.submit()
        visible = _watch(on, screen, colors)
        complete = {frame: (on.rendered / f"shot_{frame:04}.png").stat().st_ctime for frame in colors}
        return [visible[frame] - complete[frame] for frame in visible]


def _watch(on: journey.Stage, screen: str, colors: dict[int, tuple[int, int, int]]) -> dict[int, float]:
    """When each frame's color was first seen in the Properties editor, until some time after the last frame."""
    crop = on.window.properties_crop()
    command = ["import", "-window", "root", "-crop", crop, "+repage", "-depth", "8", "rgb:-"]
    visible: dict[int, float] = {}
    last = on.rendered / f"shot_{max(colors):04}.png"
    while not (last.exists() and time.time() - last.stat().st_ctime > 3 * AIM_SECONDS):
        raw = subprocess.run(command, check=True, capture_output=True, env={**os.environ, "DISPLAY": screen}).stdout
        now, pixels = time.time(), np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(int)
        for frame in colors.keys() - visible.keys():
            if (np.abs(pixels - colors[frame]).max(axis=1) <= TOLERANCE).sum() >= ENOUGH_PIXELS:
                visible[frame] = now
    return visible


def _table(delays: list[float], frames: int, load: float) -> str:
    shown = f"{statistics.median(delays):.2f} | {max(delays):.2f}"
    return "\n".join(
        [
            (
                f"Blender {VERSION}, {frames} frames rendered on the same {os.cpu_count()} cores "
                f"({time.strftime('%Y-%m-%d')}); load from elsewhere at the start: {load:.1f}. Seconds."
            ),
            "",
            "| from complete to visible | frames shown | median | longest |",
            "|---|---|---|---|",
            f"| thumbnail of the latest frame | {len(delays)} of {frames} | {shown} |",
        ]
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time from a frame on disk to its thumbnail on the screen.")
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="renew the table")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
