"""What a farm may have a node do: functions that Dask calls by name. The farm imports this too: no libraries here."""

from __future__ import annotations

from typing import Any, Protocol

PLUGIN = "farmhand"


class Hands(Protocol):
    """What carries orders out; the node's program puts it into its Dask worker."""

    async def carry_out(self, key: str, order: dict[str, Any]) -> None: ...

    async def end_job(self, job_id: str) -> None: ...


async def carry_out(key: str, order: dict[str, Any]) -> None:
    """An analysis or a frame; what comes of it goes to the farm's door. key: Dask's, by which it is canceled."""
    await _hands().carry_out(key, order)


async def end_job(job_id: str) -> None:
    """Blenders that wait for the next frame of a job end."""
    await _hands().end_job(job_id)


def _hands() -> Hands:
    from distributed import get_worker

    hands: Hands = get_worker().plugins[PLUGIN]  # type: ignore[assignment]
    return hands
