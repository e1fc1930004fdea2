"""A painting farm, a proxy that breaks things, and user folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from carrying import Carrying, carrying
from fault_proxy import FaultProxy, fault_proxy
from painting_farm import PaintingFarm


@pytest.fixture(scope="session")
def painting_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaintingFarm]:
    """A farm that paints its frames at once; shared, do not end it."""
    farm = PaintingFarm(tmp_path_factory.mktemp("painting"))
    yield farm
    farm.stop()


@pytest.fixture(scope="session")
def shared_proxy(painting_farm: PaintingFarm) -> Iterator[FaultProxy]:
    with fault_proxy(int(painting_farm.url.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture
def proxy(shared_proxy: FaultProxy) -> FaultProxy:
    """The proxy in front of the painting farm, with nothing wrong yet."""
    shared_proxy.clear()
    return shared_proxy


@pytest.fixture
def courier(tmp_path: Path, painting_farm: PaintingFarm, proxy: FaultProxy) -> Iterator[Carrying]:
    """A user folder whose submissions go through the proxy to the painting farm."""
    with carrying(tmp_path, proxy.url, painting_farm.token) as ours:
        yield ours
