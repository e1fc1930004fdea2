"""Workspaces take turns with validations, and each file is opened once."""

import asyncio
import errno
import sqlite3
from types import SimpleNamespace
from typing import Any

from farmhand.farm.render.backend import WorkFailed
from farmhand.farm.render.scheduling.shortages import Shortages
from farmhand.farm.render.scheduling.validation import Validation
from farmhand.farm.render.scheduling.validation_turns import ValidationTurns


def test_a_workspace_with_one_file_does_not_wait_for_all_files_of_another() -> None:
    order: list[str] = []
    most = 0

    async def validate(turns: ValidationTurns, workspace: str) -> None:
        nonlocal most
        async with turns.turn(workspace):
            under_way.add(task := asyncio.current_task())
            most = max(most, len(under_way))
            order.append(workspace)
            await asyncio.sleep(0)
            under_way.discard(task)

    under_way: set[object] = set()

    async def run() -> None:
        turns = ValidationTurns(2)
        many = [asyncio.create_task(validate(turns, "many")) for _ in range(20)]
        await asyncio.sleep(0)
        await asyncio.gather(*many, *(validate(turns, "few") for _ in range(2)))

    asyncio.run(run())
    assert (len(order), most) == (22, 2)
    assert order.index("few") <= 4


def test_one_workspace_alone_has_all_turns() -> None:
    async def run() -> None:
        turns = ValidationTurns(2)
        async with turns.turn("one"), asyncio.timeout(5), turns.turn("one"):
            pass

    asyncio.run(run())


def test_who_is_canceled_while_waiting_or_working_takes_no_turn_along() -> None:
    async def run() -> None:
        turns = ValidationTurns(1)
        ended = asyncio.Event()

        async def work() -> None:
            async with turns.turn("one"):
                await ended.wait()

        working = asyncio.create_task(work())
        await asyncio.sleep(0)
        waiting = asyncio.create_task(work())
        await asyncio.sleep(0)
        working.cancel()
        waiting.cancel()
        await asyncio.gather(waiting, working, return_exceptions=True)
        async with asyncio.timeout(5), turns.turn("other"):
            pass

    asyncio.run(run())


def record(job_id: str) -> SimpleNamespace:
    return SimpleNamespace(id=job_id, workspace_id="one")


def test_packages_that_find_no_room_keep_no_other_from_its_turn() -> None:
    kept: list[str] = []

    async def analyze(job_id: str, *_: Any) -> dict[str, Any]:
        if job_id.startswith("large"):
            raise OSError(errno.ENOSPC, "the package does not fit")
        return {}

    async def take(_: Any) -> None:
        pass

    async def validate() -> None:
        store: Any = SimpleNamespace(move=lambda job_id, *_, **__: kept.append(job_id), get=record, pause_reason="")
        files: Any = SimpleNamespace(take=take, package=lambda job: None)
        backend: Any = SimpleNamespace(analyze=analyze)
        validation = Validation(store, files, backend, Shortages(store, 60.0))
        large = [asyncio.create_task(validation.of_job(f"large {number}")) for number in range(5)]
        await asyncio.sleep(0.1)
        await asyncio.wait_for(validation.of_job("small"), 10)
        for each in large:
            each.cancel()
        await asyncio.gather(*large, return_exceptions=True)

    asyncio.run(validate())
    assert kept == ["small"]


def test_a_file_is_opened_once_however_long_its_analysis_cannot_be_written_down() -> None:
    full, opened, kept = [True, True], [], []

    def move(job_id: str, status: str, **changes: Any) -> None:
        if full:
            full.pop()
            raise sqlite3.OperationalError("database or disk is full")
        kept.append((status, changes["analysis"]))

    async def analyze(job_id: str, *_: Any) -> dict[str, Any]:
        opened.append(job_id)
        return {"scene": "Scene"}

    async def take(_: Any) -> None:
        pass

    async def validate() -> WorkFailed | None:
        store: Any = SimpleNamespace(move=move, get=record, pause_reason="")
        files: Any = SimpleNamespace(take=take, package=lambda job: None)
        backend: Any = SimpleNamespace(analyze=analyze)
        return await Validation(store, files, backend, Shortages(store, 0.01)).of_job("job")

    assert asyncio.run(validate()) is None
    assert (opened, kept) == (["job"], [("validated", {"scene": "Scene"})])
