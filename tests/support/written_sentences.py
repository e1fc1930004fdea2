"""The sentences that scene, client, jobs and courier can say to an artist, read from their source.

A value in a sentence is {0}, {1} … in an f-string, and keeps its name in a text that is formatted later.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

FOR_SCRIPTS = {
    "client/__init__.py",
    "client/webhooks.py",
    "courier/__main__.py",
    "jobs/server_address.py",
    "courier/webhook_receiver.py",
    "jobs/submit.py",
    "scene/headless.py",
}
"""What these say shows on a command line, or to a program alone."""
_NO_SENTENCE = re.compile(r"\s*(CREATE|SELECT|INSERT|UPDATE|DELETE|PRAGMA|AND|WHERE) |\(\?i\)|%s: ")


def sentences(root: Path) -> set[str]:
    """Every one of them."""
    files = [file for folder in ("scene", "client", "jobs", "courier") for file in (root / folder).rglob("*.py")]
    files.append(root / "ui" / "state.py")
    shown = [file for file in files if str(file.relative_to(root)) not in FOR_SCRIPTS]
    return {text for file in shown for text in _of(ast.parse(file.read_text(encoding="utf-8"))) if _is_sentence(text)}


def _of(tree: ast.Module) -> Iterator[str]:
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in statements | parts:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(_pieces(node))


def _pieces(text: ast.JoinedStr) -> Iterator[str]:
    number = 0
    for part in text.values:
        if isinstance(part, ast.Constant):
            yield str(part.value)
        else:
            yield f"{{{number}}}"
            number += 1


def _is_sentence(text: str) -> bool:
    words = len(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w*\}", "", text)))
    return not _NO_SENTENCE.match(text) and " " in text and (words >= 3 or (words >= 1 and text.endswith((".", "?"))))
