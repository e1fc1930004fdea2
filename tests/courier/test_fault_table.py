"""Every fault at every stage: recovered by itself, or stopped clearly and gone on with by *Retry*."""

from collections.abc import Callable

import pytest
from carrying import Carrying
from fault_proxy import FaultProxy
from fault_table import Cell, cells, try_cell
from painting_farm import PaintingFarm

from farmhand.client.models import Downloads
from farmhand.client.service import Service

Record = Callable[[str, object], None]


@pytest.mark.parametrize("cell", [cell for cell in cells() if not cell.for_good], ids=str)
def test_a_fault_that_strikes_once(
    cell: Cell, courier: Carrying, proxy: FaultProxy, painting_farm: PaintingFarm, record_property: Record
) -> None:
    outcome = try_cell(cell, courier, proxy, painting_farm)
    record_property("cell", f"{cell.fault}, once|{cell.stage}|{outcome}")


def test_a_flipped_byte_is_noticed_without_the_services_checksum(
    courier: Carrying,
    proxy: FaultProxy,
    painting_farm: PaintingFarm,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Record,
) -> None:
    downloads = Service.downloads

    def without_checksums(service: Service, job_id: str, frames: int = 0) -> Downloads:
        found = downloads(service, job_id, frames)
        bare = [each.model_copy(update={"sha256": None}) for each in found.frame_outputs or []]
        return found.model_copy(update={"frame_outputs": bare})

    monkeypatch.setattr(Service, "downloads", without_checksums)
    outcome = try_cell(Cell("byte flipped", "pull", for_good=False), courier, proxy, painting_farm)
    record_property("cell", f"byte flipped, no checksum given, once|pull|{outcome}")


EVERY_TIME = Cell("429, wait", "poll", for_good=True)
"""A wait that is asked for is no failed try, and yet it must come to an end."""


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(cell, id=str(cell), marks=() if cell == EVERY_TIME else pytest.mark.soak)
        for cell in cells()
        if cell.for_good
    ],
)
def test_a_fault_that_stays_until_somebody_mends_it(
    cell: Cell, courier: Carrying, proxy: FaultProxy, painting_farm: PaintingFarm, record_property: Record
) -> None:
    outcome = try_cell(cell, courier, proxy, painting_farm)
    record_property("cell", f"{cell.fault}, for good|{cell.stage}|{outcome}")
