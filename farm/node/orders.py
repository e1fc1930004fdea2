"""The orders that a farm may give a node: functions that Dask calls by name. The farm imports it too: no libraries."""

from __future__ import annotations

from typing import Any, Protocol

PLUGIN = "farmhand"


class OrderPlugin(Protocol):
    """Carries orders out; the node's program installs it in its Dask worker."""

    async def carry_out(self, key: str, order: dict[str, Any]) -> None: ...

    async def end_job(self, job_id: str) -> None: ...


async def carry_out(key: str, order: dict[str, Any]) -> None:
    """Analyze or render; the result goes to the farm over HTTPS. key: Dask's, for canceling it."""
    await _plugin().carry_out(key, order)


async def end_job(job_id: str) -> None:
    """End the Blenders that wait for the next frame of this job."""
    await _plugin().end_job(job_id)


def _plugin() -> OrderPlugin:
    from distributed import get_worker

    plugin: OrderPlugin = get_worker().plugins[PLUGIN]  # type: ignore[assignment]
    return plugin
