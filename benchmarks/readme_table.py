"""Puts the table of a benchmark into README.md, between two comments with its name."""

import re
from pathlib import Path

README = Path(__file__).resolve().with_name("README.md")


def write(name: str, table: str) -> None:
    """Renew the text between <!-- name --> and <!-- /name -->."""
    text = README.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    new = re.sub(rf"(?s){begin}.*{end}", lambda _: f"{begin}\n{table}\n{end}", text)
    README.write_text(new, encoding="utf-8")
