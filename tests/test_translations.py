"""Every text that the interface shows is translated, into every language, with the same places for values."""

import ast
import re
import string
from collections.abc import Iterator

import pytest

from cache import ROOT
from farmhand import translations

FILES = [
    *(ROOT / "operators").rglob("*.py"),
    *(ROOT / "panels").rglob("*.py"),
    *(ROOT / "ui").rglob("*.py"),
    ROOT / "scene" / "request" / "formats.py",
]
LANGUAGES = tuple(translations.LANGUAGES)
KEYWORDS = {"name", "description", "text", "title", "confirm_text", "heading", "message"}
ATTRIBUTES = {"bl_label", "title", "short_title", "unchanged", "why_not", "done", "question", "message", "button"}
SERVER_TEXTS = {"label", "description", "button", "entry"}
TABLES = {"_STATES", "_STAGES", "_SERVICE", "_EXPLAINED"}
# Names of products, formats and units are the same everywhere, and so is what an artist named.
SAME = {"Farmhand", "Renderjuice", "Cycles", "EEVEE", "Workbench", "PNG", "OpenEXR", "OpenEXR MultiLayer", "JPEG"}
SAME |= {"TIFF", "WebP", "BW", "RGB", "RGBA", "ZIP", "PIZ", "DWAA", "DWAB", "ACES", "Farmhand Presets"}
SAME |= {"CPU", "GPU", "CUDA", "OptiX", "HIP", "oneAPI", "Metal", "OpenImageDenoise", "Deflate", "LZW", "Pack Bits"}


def texts() -> set[str]:
    """Everything that is shown, read from the source."""
    return {
        text for file in FILES for text in _texts_of(ast.parse(file.read_text(encoding="utf-8"))) if _is_words(text)
    }


def _texts_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _in_call(node)
        elif isinstance(node, ast.ClassDef):
            yield from _in_class(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in TABLES or (name.endswith("_ITEMS") and isinstance(node.value, ast.Tuple)):
                yield from _in_table(node.value)


def _in_call(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func)
    if called in ("iface_", "rpt_") and isinstance(node.args[0], ast.Constant):
        yield node.args[0].value
    if called in ("ImageFormat", "RenderEngine"):
        yield from (keyword.value.value for keyword in node.keywords if keyword.arg == "tooltip")
    if called == "ServerKind":
        yield from (keyword.value.value for keyword in node.keywords if keyword.arg in SERVER_TEXTS)
    if called == "Field" and len(node.args) > 2 and isinstance(node.args[2], ast.Constant):
        yield node.args[2].value
    if called == "Override":
        yield node.args[1].value
        yield from (keyword.value.value for keyword in node.keywords if keyword.arg == "otherwise")
    is_ours = called.endswith(
        ("Property", ".label", ".operator", ".prop", ".row", ".column", ".menu", "invoke_confirm", "_range_property")
    )
    for keyword in node.keywords:
        if keyword.arg in KEYWORDS and is_ours and isinstance(keyword.value, ast.Constant):
            yield keyword.value.value
        if keyword.arg == "items" and isinstance(keyword.value, ast.Tuple):
            yield from _in_table(keyword.value)


def _in_class(node: ast.ClassDef) -> Iterator[str]:
    bases = {ast.unparse(base) for base in node.bases}
    if bases & {"Operator"}:
        yield ast.get_docstring(node) or ""
    for line in node.body:
        is_text = isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
        if is_text and ast.unparse(line.targets[0]) in ATTRIBUTES:
            yield line.value.value


def _in_table(table: ast.expr) -> Iterator[str]:
    rows = table.values if isinstance(table, ast.Dict) else table.elts
    for row in rows:
        if isinstance(row, ast.Constant):
            yield row.value
        elif isinstance(row, ast.Tuple):
            yield from (cell.value for cell in row.elts[1:3] if isinstance(cell, ast.Constant))


def _is_words(text: object) -> bool:
    return isinstance(text, str) and bool(re.search(r"[A-Za-z]{2}", text)) and text not in SAME


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    known = translations.LANGUAGES[language].TEXTS
    assert sorted(texts() - known.keys()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_over(language: str) -> None:
    known = translations.LANGUAGES[language].TEXTS
    assert sorted(known.keys() - texts()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_places_for_values(language: str) -> None:
    known = translations.LANGUAGES[language].TEXTS
    assert [text for text, said in known.items() if _fields(text) != _fields(said)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_empty_or_merely_english(language: str) -> None:
    known = translations.LANGUAGES[language].TEXTS
    alike = {"Add-ons", "Animation", "Code", "Color", "Compositor", "Details", "Job", "Jobs", "Name", "Server"}
    assert [text for text, said in known.items() if not said.strip() or (said == text and text not in alike)] == []


# One word for one idea in each language, Blender's own where it has one; and one way to speak to the reader.
NEVER = {
    "de_DE": re.compile(r"Abtastung|Vorgabe|Auftr[aä]g|Einsendung|Render-Engine|[a-zäöü]en Sie\b"),
    "es": re.compile(
        r"[Rr]ender(?!juice)|\b[Aa]ñad|\b[Tt]iras?\b|[Ss]ecuenciador|intervalo|[Ss]ustit|\b[Gg]estión|\busted\b|[Vv]uelva"
    ),
    "ja_JP": re.compile(
        r"レンダー(?!エンジン|設定|サービス|プロパティ|レイヤー|$)|自前|送信リスト|取り込み」|(?<!ま)する$|ない$|である"
    ),
    "zh_HANS": re.compile(r"作业|你|应答|提交列表|质量|在线访问|图块"),
}
PLACE = re.compile(r"\{.*?\}")
FRAME = re.compile(r"\bframes?\b", re.IGNORECASE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_word_for_one_idea(language: str) -> None:
    wrong = {text: said for text, said in _known(language).items() if NEVER[language].search(PLACE.sub("", said))}
    assert wrong == {}


def test_a_frame_is_no_image_in_german() -> None:
    wrong = {
        text: said
        for text, said in _known("de_DE").items()
        if FRAME.search(text) and "image" not in text.lower() and re.search(r"\bBild(er|ern|es)?\b", said)
    }
    assert wrong == {}


def _known(language: str) -> dict[str, str]:
    """All texts and messages of a language."""
    module = translations.LANGUAGES[language]
    return {**module.TEXTS, **module.MESSAGES}
