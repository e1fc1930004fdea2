"""`make architecture`: docs/images/architecture.svg, drawn from the imports: packages as boxes on their layers.

With --check it only says, by its exit code, whether the picture in docs/ is that of today's imports.
"""

import ast
import sys
from collections import Counter
from dataclasses import dataclass

from cache import ROOT
from layers import LAYERS, TREES, imports, layer_of

PICTURE = ROOT / "docs" / "images" / "architecture.svg"
WORDS = {
    "registration": "adds Farmhand to Blender",
    "operators": "what a button does",
    "panels": "what is drawn",
    "ui": "what buttons and panels share",
    "cli": "the command line",
    "scene": "checks and packs the .blend",
    "courier": "the background process",
    "farm": "the render service",
    "jobs": "what a submission is, on disk",
    "client": "the API and the transfers",
    "translations": "one table per language",
}
WIDTH, ROW, BOX_WIDTH, BOX_HEIGHT = 960, 118, 180, 62
STYLE = """
text { font: 15px sans-serif; fill: #24292f; text-anchor: middle; }
.small { font-size: 11px; fill: #57606a; }
rect { fill: #f6f8fa; stroke: #8c959f; rx: 8; }
line { stroke: #8c959f; stroke-width: 1.2; marker-end: url(#head); }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .small { fill: #9198a1; }
  rect { fill: #212830; stroke: #656c76; } line { stroke: #656c76; }
}
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A package, and where its top center is in the picture."""

    name: str
    x: float
    y: float


def main(argv: list[str]) -> int:
    """Write the picture, or compare it."""
    picture = _svg()
    if "--check" in argv:
        return 0 if PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == picture else 1
    PICTURE.write_text(picture, encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: {len(_boxes())} packages, {len(_arrows())} arrows")
    return 0


def _boxes() -> dict[str, Box]:
    """One box for each package, the highest layer on top."""
    shown = [[name for name in layer if name] for layer in reversed(LAYERS)]
    boxes = {}
    for row, names in enumerate(layer for layer in shown if layer):
        for place, name in enumerate(names):
            x = WIDTH * (place + 1) / (len(names) + 1)
            boxes[name] = Box(name, x, 20 + row * ROW)
    return boxes


def _arrows() -> Counter[tuple[str, str]]:
    """(package, imported package) → how many imports; of what a higher layer reaches anyway only the next one down."""
    found = Counter[tuple[str, str]]()
    for name, tree in TREES.items():
        package = name.split(".")[0]
        for target, is_ours in imports(name, ast.walk(tree)):
            other = target.split(".")[0]
            if is_ours and package and other and other != package and layer_of(other) < layer_of(package):
                found[package, other] += 1
    direct = {pair for pair in found if not _goes_around(pair, found)}
    return Counter({pair: count for pair, count in found.items() if pair in direct})


def _goes_around(pair: tuple[str, str], arrows: Counter[tuple[str, str]]) -> bool:
    """Whether the second package is also reached by way of another one, so that the arrow would say nothing new."""
    start, end = pair
    waiting = [to for from_, to in arrows if from_ == start and to != end]
    seen = set[str]()
    while waiting:
        here = waiting.pop()
        if here == end:
            return True
        if here not in seen:
            seen.add(here)
            waiting += [to for from_, to in arrows if from_ == here]
    return False


def _svg() -> str:
    boxes = _boxes()
    height = max(box.y for box in boxes.values()) + BOX_HEIGHT + 20
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
            'aria-label="The packages of Farmhand on their layers; arrows point to what a package imports">'
        ),
        f"<style>{STYLE}</style>",
        (
            '<defs><marker id="head" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
            '<path d="M0,0 L8,4 L0,8 z" fill="#8c959f"/></marker></defs>'
        ),
        *(_line(boxes[start], boxes[end]) for start, end in sorted(_arrows()) if start in boxes and end in boxes),
        *(_rectangle(box) for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _line(start: Box, end: Box) -> str:
    return f'<line x1="{start.x:.0f}" y1="{start.y + BOX_HEIGHT:.0f}" x2="{end.x:.0f}" y2="{end.y - 2:.0f}"/>'


def _rectangle(box: Box) -> str:
    left = box.x - BOX_WIDTH / 2
    suffix = ".py" if (ROOT / f"{box.name}.py").is_file() else "/"
    return (
        f'<rect x="{left:.0f}" y="{box.y:.0f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}"/>'
        f'<text x="{box.x:.0f}" y="{box.y + 28:.0f}">{box.name}{suffix}</text>'
        f'<text class="small" x="{box.x:.0f}" y="{box.y + 47:.0f}">{WORDS.get(box.name, "")}</text>'
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
