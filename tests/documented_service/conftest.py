"""The documented service in each of its variants."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from carrying import Carrying, carrying
from documented_service import KEY, DocumentedService, serving
from documented_variants import VARIANTS

from farmhand.client.network.network import NetworkSettings

OFTEN = ("documented", "empty new lists beside legacy ones", "links good for two seconds", "odd optional members")
"""The variants that `make test` takes through what takes long; `make soak` takes the others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        variant = getattr(getattr(item, "callspec", None), "params", {}).get("service")
        takes_long = item.path.name in ("test_main_job.py", "test_jobs_from_elsewhere.py") and variant is not None
        if takes_long and str(variant) not in OFTEN:
            item.add_marker(pytest.mark.soak)


@pytest.fixture(params=VARIANTS, ids=str)
def service(request: pytest.FixtureRequest) -> Iterator[DocumentedService]:
    with serving(request.param) as service:
        yield service
        assert service.faults == []


@pytest.fixture
def courier(service: DocumentedService, tmp_path: Path) -> Iterator[Carrying]:
    with carrying(tmp_path, service.url, KEY) as ours:
        ours.network = NetworkSettings()
        yield ours
