"""A farm that starts quickly, behind a proxy that breaks things."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_proxy import fault_proxy
from quick_engine import QuickFarm
from world import Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    farm = QuickFarm(tmp_path / "farm")
    try:
        with fault_proxy(farm.port) as proxy:
            yield Service(farm, proxy)
    finally:
        farm.kill()
