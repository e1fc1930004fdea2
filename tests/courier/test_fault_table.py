"""Every fault at every stage: recovered by itself, or stopped clearly and gone on with by *Retry*."""

from collections.abc import Callable

import pytest
from carrying import Carrying
from fault_proxy import FaultProxy
from fault_table import Cell, cells, try_cell
from painting_farm import PaintingFarm

Record = Callable[[str, object], None]


@pytest.mark.parametrize("cell", [cell for cell in cells() if not cell.for_good], ids=str)
def test_a_fault_that_strikes_once(
    cell: Cell, courier: Carrying, proxy: FaultProxy, painting_farm: PaintingFarm, record_property: Record
) -> None:
    outcome = try_cell(cell, courier, proxy, painting_farm)
    record_property("cell", f"{cell.fault}, once|{cell.stage}|{outcome}")


@pytest.mark.soak
@pytest.mark.parametrize("cell", [cell for cell in cells() if cell.for_good], ids=str)
def test_a_fault_that_stays_until_somebody_mends_it(
    cell: Cell, courier: Carrying, proxy: FaultProxy, painting_farm: PaintingFarm, record_property: Record
) -> None:
    outcome = try_cell(cell, courier, proxy, painting_farm)
    record_property("cell", f"{cell.fault}, for good|{cell.stage}|{outcome}")
