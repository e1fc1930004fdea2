"""The client, connected to a real farm."""

from collections.abc import Iterator

import pytest
from running_farm import API, RunningFarm

from farmhand.client.service import Service
from farmhand.client.transfer.connections import ConnectionPool


@pytest.fixture
def pool() -> Iterator[ConnectionPool]:
    with ConnectionPool() as pool:
        yield pool


@pytest.fixture
def service(farm: RunningFarm) -> Iterator[Service]:
    with Service(farm.url + API, farm.token) as service:
        yield service
