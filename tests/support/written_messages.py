"""The templates of all messages, collected from the source.

That is every ``msg("…")``, and every literal that is given straight to an error, a finding, a problem, a note or a text
of the journal. What is put together from pieces there is found too.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from farmhand.client import errors

PARTS = ("client", "jobs", "scene", "courier", "farm/node", "ui", "operators", "panels")
COMMAND_LINE_ONLY = {
    "client/__init__.py",
    "client/webhooks.py",
    "courier/__main__.py",
    "courier/webhook_bodies.py",
    "courier/webhook_receiver.py",
    "jobs/server_address.py",
    "jobs/submit.py",
    "scene/headless.py",
}
"""What these say shows on a command line, or to a program alone; both are English."""
_ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
_FIRST = dict.fromkeys((*_ERRORS, "JournalLost", "msg"), 0) | {"Problem": 1, "Finding": 2, "save": 1}
"""Where the messages of a call begin."""
_LAST = {"msg": 1, "Finding": 3}
_KEYWORDS = {"what", "meaning", "advice", "note", "reason"}


def templates(root: Path) -> set[str]:
    """Every template that Blender may show."""
    return {
        part.value
        for _, part in _parts(root)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value
    }


def put_together(root: Path) -> list[str]:
    """Where a text is made of pieces instead of a template: no other language could show it."""
    made = (ast.JoinedStr, ast.BinOp)
    return [f"{file}:{part.lineno}" for file, part in _parts(root) if isinstance(part, made) or _is_formatted(part)]


def _is_formatted(part: ast.expr) -> bool:
    return (
        isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and part.func.attr in ("format", "join")
        and isinstance(part.func.value, ast.Constant)
    )


def _parts(root: Path) -> Iterator[tuple[str, ast.expr]]:
    for folder in PARTS:
        for path in sorted((root / folder).rglob("*.py")):
            file = str(path.relative_to(root))
            if file in COMMAND_LINE_ONLY:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from ((file, one) for text in _texts(node) for one in _branches(text))


def _texts(call: ast.Call) -> Iterator[ast.expr]:
    name = ast.unparse(call.func).rpartition(".")[2]
    if name in _FIRST:
        yield from call.args[_FIRST[name] : _LAST.get(name)]
    yield from (one.value for one in call.keywords if one.arg in _KEYWORDS and name not in ("msg", "prop"))


def _branches(text: ast.expr) -> Iterator[ast.expr]:
    if isinstance(text, ast.IfExp):
        yield from _branches(text.body)
        yield from _branches(text.orelse)
    else:
        yield text
