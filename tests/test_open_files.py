"""How many files a process of Farmhand may open."""

import sys

import pytest

from farmhand.jobs.process import open_files

if sys.platform == "win32":
    pytest.skip("Windows has no such limit", allow_module_level=True)
import resource


def test_a_system_that_refuses_more_than_it_tells_gives_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Macs begin desktop programs with 256, tell of no other limit, and have one that is lower than we want."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(before[1], open_files.WANTED) - 1
    change = resource.setrlimit

    def on_a_mac(kind: int, limits: tuple[int, int]) -> None:
        if limits[0] > most:
            raise ValueError("current limit exceeds maximum limit")
        change(kind, limits)

    monkeypatch.setattr(resource, "setrlimit", on_a_mac)
    try:
        change(resource.RLIMIT_NOFILE, (256, before[1]))
        assert open_files.raise_limit() == resource.getrlimit(resource.RLIMIT_NOFILE)[0] == (most + 1) // 2
    finally:
        change(resource.RLIMIT_NOFILE, before)
