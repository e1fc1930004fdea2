"""The farm tells a studio's server of its jobs: signed, again when it was not heard, also after a restart."""

import asyncio
import contextlib
import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import painting_farm
import pytest
from running_farm import RunningFarm
from waiting import PATIENCE, wait_until

from farmhand.client.webhooks import Delivery, verify
from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.objects.storage import Storage
from farmhand.farm.responses import Views
from farmhand.farm.settings import FarmSettings
from farmhand.farm.state.records import Upload
from farmhand.farm.state.store import Store
from farmhand.farm.webhooks import Webhooks

SECRET = "a studio's secret"
StartFarm = Callable[..., RunningFarm]
Scenes = Callable[..., Path]
# A painting farm whose process ends as in a power cut, once, right after a job's end has been written.
DYING_FARM = """
import os, runpy, signal, sys
from pathlib import Path

program, data, settings = sys.argv[1:]
sys.argv = [program, settings]
sys.path.insert(0, str(Path(program).parent))

from farmhand.farm.state.store import Store

move = Store.move

def move_and_die(store, job_id, status, **changes):
    job = move(store, job_id, status, **changes)
    if status == "completed" and not Path(data, "has-died").exists():
        Path(data, "has-died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return job

Store.move = move_and_die
runpy.run_path(program, run_name="__main__")
"""


class Receiver:
    """A server that checks and keeps deliveries, after it has refused as many as it is told to."""

    def __init__(self) -> None:
        self.refuse = 0
        self.heard: list[Delivery] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.refuse > 0:
                    receiver.refuse -= 1
                    self.send_response(503)
                else:
                    receiver.heard.append(verify(SECRET, dict(self.headers), body))
                    self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


def settings(receiver: Receiver, **more: Any) -> dict[str, Any]:
    return {"webhook_url": receiver.url, "webhook_secret": SECRET, "webhook_first_wait": 0.2, **more}


def test_a_completed_job_is_told_with_its_frames(start_farm: StartFarm, scene_file: Scenes, receiver: Receiver) -> None:
    farm = start_farm("--webhook-url", receiver.url, environment={"FARMHAND_WEBHOOK_SECRET": SECRET})
    job = farm.rendered(scene_file("animated"), frameRanges=["1-2"])
    wait_until(lambda: bool(receiver.heard), "the delivery is here")
    delivery = receiver.heard[0]
    assert (delivery.event, delivery.job_id, delivery.status) == ("onRenderComplete", job["id"], "completed")
    assert delivery.outputs is not None
    assert len([farm.fetch(url) for url in delivery.outputs.frames]) == 2


def test_a_delivery_that_is_refused_twice_is_sent_again(
    start_farm: StartFarm, scene_file: Scenes, receiver: Receiver
) -> None:
    receiver.refuse = 2
    farm = start_farm(settings=settings(receiver))
    farm.rendered(scene_file("animated"), frameRanges=["1"])
    wait_until(lambda: bool(receiver.heard), "the delivery is here")


def test_an_idle_farm_that_still_has_to_tell_somebody_stays(
    start_farm: StartFarm, scene_file: Scenes, receiver: Receiver
) -> None:
    receiver.refuse, scene = 1, scene_file("animated")
    farm = start_farm(settings=settings(receiver, webhook_first_wait=8.0, idle_exit=2.0))
    farm.rendered(scene, frameRanges=["1"])
    wait_until(lambda: farm.process.poll() is not None, "the farm has ended")
    assert receiver.heard


def test_a_delivery_that_was_not_heard_is_sent_after_a_restart(
    start_farm: StartFarm, scene_file: Scenes, receiver: Receiver
) -> None:
    receiver.refuse = 1
    farm = start_farm(settings=settings(receiver, webhook_first_wait=2.0))
    job = farm.rendered(scene_file("animated"), frameRanges=["1"])
    wait_until(lambda: receiver.refuse == 0, "the first attempt was refused")
    farm.kill()
    farm.start()
    wait_until(lambda: bool(receiver.heard), "the delivery is here")
    assert receiver.heard[0].job_id == job["id"]


def test_a_farm_that_dies_the_moment_a_job_is_completed_tells_of_it_after_a_restart(
    receiver: Receiver, tmp_path: Path
) -> None:
    data = tmp_path / "farm"
    data.mkdir()
    painted = settings(receiver, data=str(data), words=["0", "96", "54", "{}", "{}"])
    program = [sys.executable, "-c", DYING_FARM, painting_farm.__file__, str(data), json.dumps(painted)]
    farm = RunningFarm(data, [], command=program)
    blend = tmp_path / "shot.blend"
    blend.write_bytes(b"BLENDER")
    job = farm.start_render(blend, frameRanges=["1-2"])
    assert farm.process.wait(PATIENCE) < 0
    farm.kill()
    farm.start()
    try:
        assert farm.job(job)["status"] == "completed"
        wait_until(lambda: bool(receiver.heard), "the delivery is here")
    finally:
        farm.stop()


@pytest.fixture
def sender(receiver: Receiver, tmp_path: Path) -> Iterator[tuple[Webhooks, Store]]:
    """What sends, and a state in which two completed jobs are to be told."""
    here = FarmSettings(tmp_path, (), **settings(receiver))
    store = Store(tmp_path / "farm.sqlite3")
    store.add_upload(Upload("slug", "shot.blend", "blend", 0, None))
    for _ in range(2):
        job = store.create_job("slug")
        for status in ("validating", "validated", "booting", "finalizing"):
            store.move(job.id, status)
        store.move(job.id, "completed", event="onRenderComplete")
    yield Webhooks(here, store, Views(here, store, Storage(FolderObjects(tmp_path), b"secret"), "http://farm")), store
    store.close()


def send_until(sender: Webhooks, condition: Callable[[], bool]) -> None:
    async def send() -> None:
        sending = asyncio.create_task(sender.deliver())
        async with asyncio.timeout(10):
            while not condition():
                assert not sending.done(), sending.exception()
                await asyncio.sleep(0.02)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending

    asyncio.run(send())


def test_a_full_disk_does_not_end_the_sending(
    sender: tuple[Webhooks, Store], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks, store = sender
    full: list[bool] = []
    drop = store.drop_delivery

    def drop_once_there_is_room(job_id: str, event: str) -> None:
        if not full:
            full.append(True)
            raise sqlite3.OperationalError("database or disk is full")
        drop(job_id, event)

    monkeypatch.setattr(store, "drop_delivery", drop_once_there_is_room)
    send_until(webhooks, lambda: store.next_delivery() is None)
    assert full and len({each.job_id for each in receiver.heard}) == 2


def test_a_job_that_cannot_be_told_of_does_not_keep_others_from_it(
    sender: tuple[Webhooks, Store], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks, store = sender
    first = store.next_delivery()
    assert first is not None
    send = webhooks.body
    monkeypatch.setattr(webhooks, "body", lambda event, job: 1 / 0 if job.id == first.job_id else send(event, job))
    send_until(webhooks, lambda: bool(receiver.heard))
    assert receiver.heard[0].job_id != first.job_id


def test_a_delivery_of_a_job_that_is_gone_is_dropped(
    sender: tuple[Webhooks, Store], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks, store = sender
    monkeypatch.setattr(store, "job", lambda job_id: None)
    send_until(webhooks, lambda: store.next_delivery() is None)
    assert not receiver.heard


@pytest.mark.parametrize("is_wanted", [False, True])
def test_a_failed_job_is_told_only_where_that_is_wanted(
    start_farm: StartFarm, scene_file: Scenes, receiver: Receiver, tmp_path: Path, is_wanted: bool
) -> None:
    farm = start_farm(settings=settings(receiver, webhook_on_fail=is_wanted))
    broken = tmp_path / "broken.blend"
    broken.write_bytes(b"no blend")
    farm.validated(broken)
    farm.rendered(scene_file("animated"), frameRanges=["1"])
    wait_until(lambda: len(receiver.heard) == 1 + is_wanted, "the deliveries are here")
    assert [each.event for each in receiver.heard] == ["onRenderFail"] * is_wanted + ["onRenderComplete"]


def test_webhooks_without_a_secret_are_refused_at_the_start(start_farm: StartFarm) -> None:
    with pytest.raises(AssertionError, match="FARMHAND_WEBHOOK_SECRET"):
        start_farm("--webhook-url", "http://127.0.0.1:9/hook")


@pytest.mark.parametrize("url", ["http://[::bad/hook", "http://a b/", "http://studio:99999/", "ftp://studio/", "hook"])
def test_an_address_that_is_none_is_refused_at_the_start(start_farm: StartFarm, url: str) -> None:
    with pytest.raises(AssertionError, match="is not a valid webhook address"):
        start_farm("--webhook-url", url, environment={"FARMHAND_WEBHOOK_SECRET": SECRET})


def test_a_clock_that_is_set_back_delays_no_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = FarmSettings(tmp_path, (), webhook_url="http://127.0.0.1:9/", webhook_secret=SECRET)
    store = Store(tmp_path / "farm.sqlite3")
    store.add_upload(Upload("slug", "a.blend", "blend", 0.0, None))
    job = store.create_job("slug")
    store.move(job.id, "canceled", event="onRenderComplete")
    views = Views(settings, store, Storage(FolderObjects(tmp_path / "objects"), b"secret"), "http://127.0.0.1:9")
    webhooks = Webhooks(settings, store, views)
    yesterday = time.time() - 24 * 3600
    monkeypatch.setattr("farmhand.farm.webhooks.time.time", lambda: yesterday)

    async def next_due() -> str:
        return (await asyncio.wait_for(webhooks._next_due(), PATIENCE)).job_id

    assert asyncio.run(next_due()) == job.id
    store.close()
