"""Paths that would be too long below the farm of This Computer."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace


def test_a_path_that_gets_too_long_on_the_farm_stops_the_job(part: Callable[[str], ModuleType], tmp_path: Path) -> None:
    local = part("jobs.journal.submission").LOCAL
    deep = SimpleNamespace(path="folder/" * 700 + "wood.png", source="//deep/wood.png")
    plain = SimpleNamespace(path="wood.png", source="//wood.png")

    def found(server_url: str, *files: SimpleNamespace) -> list[tuple[str, str, str]]:
        request = SimpleNamespace(server_url=server_url)
        context = SimpleNamespace(request=request, jobs=str(tmp_path / "jobs"), files=list(files))
        findings = part("scene.checks.files.path_lengths").find(context)
        return [(one.severity, one.code, one.where) for one in findings]

    assert found(local, plain, deep) == [("error", "path_too_long", "//deep/wood.png")]
    assert found(local, plain) == []
    assert found("https://studio.example", deep) == []
