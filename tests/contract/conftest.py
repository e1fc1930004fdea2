"""The client, connected to a real farm."""

from collections.abc import Iterator

import pytest
from running_farm import API, RunningFarm

from farmhand.client.network import NetworkSettings
from farmhand.client.service import Service


@pytest.fixture
def network() -> Iterator[NetworkSettings]:
    settings = NetworkSettings()
    yield settings
    settings.close()


@pytest.fixture
def service(farm: RunningFarm, network: NetworkSettings) -> Iterator[Service]:
    with Service(farm.url + API, farm.token, network=network) as service:
        yield service
