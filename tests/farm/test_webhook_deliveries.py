"""The farm tells a studio's server of its jobs: signed, again when it was not heard, also after a restart."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from running_farm import RunningFarm, wait_until

from farmhand.client.webhooks import Delivery, verify

SECRET = "a studio's secret"
StartFarm = Callable[..., RunningFarm]
Scenes = Callable[..., Path]


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
    wait_until(lambda: bool(receiver.heard), 10, "the delivery is here")
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
    wait_until(lambda: bool(receiver.heard), 20, "the delivery is here")


def test_a_delivery_that_was_not_heard_is_sent_after_a_restart(
    start_farm: StartFarm, scene_file: Scenes, receiver: Receiver
) -> None:
    receiver.refuse = 1
    farm = start_farm(settings=settings(receiver, webhook_first_wait=2.0))
    job = farm.rendered(scene_file("animated"), frameRanges=["1"])
    wait_until(lambda: receiver.refuse == 0, 10, "the first attempt was refused")
    farm.kill()
    farm.start()
    wait_until(lambda: bool(receiver.heard), 20, "the delivery is here")
    assert receiver.heard[0].job_id == job["id"]


@pytest.mark.parametrize("is_wanted", [False, True])
def test_a_failed_job_is_told_only_where_that_is_wanted(
    start_farm: StartFarm, scene_file: Scenes, receiver: Receiver, tmp_path: Path, is_wanted: bool
) -> None:
    farm = start_farm(settings=settings(receiver, webhook_on_fail=is_wanted))
    broken = tmp_path / "broken.blend"
    broken.write_bytes(b"no blend")
    farm.validated(broken)
    farm.rendered(scene_file("animated"), frameRanges=["1"])
    wait_until(lambda: len(receiver.heard) == 1 + is_wanted, 10, "the deliveries are here")
    assert [each.event for each in receiver.heard] == ["onRenderFail"] * is_wanted + ["onRenderComplete"]


def test_webhooks_without_a_secret_are_refused_at_the_start(start_farm: StartFarm) -> None:
    with pytest.raises(AssertionError, match="FARMHAND_WEBHOOK_SECRET"):
        start_farm("--webhook-url", "http://127.0.0.1:9/hook")
