"""The documented service in each of its variants."""

from collections.abc import Iterator

import pytest
from documented_service import DocumentedService, serving
from documented_variants import VARIANTS


@pytest.fixture(params=VARIANTS, ids=str)
def service(request: pytest.FixtureRequest) -> Iterator[DocumentedService]:
    with serving(request.param) as service:
        yield service
        assert service.faults == []
