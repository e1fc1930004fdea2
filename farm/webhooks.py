"""Tells a studio's server when a job is over: signed, retried until it is received, kept across restarts.

Tried at most ATTEMPTS times: at once, then after 5, 10, 20, … seconds, each wait twice the one before (about ten
minutes in all). A receiver has 7 seconds to answer with a 2xx.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import truststore

from ..client.webhooks import RENDER_COMPLETE, RENDER_FAIL, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from .errors import CannotStart
from .responses import Views
from .settings import LOOPBACK_HOSTS, FarmSettings
from .state.job_status import COMPLETED
from .state.records import DeliveryRecord, JobRecord, iso
from .state.store import Store

_log = logging.getLogger(__name__)
ATTEMPTS = 8
ANSWER_SECONDS = 7.0
_CLOCK_SECONDS = 5.0
"""Clocks that are corrected bit by bit are never this far off at once."""


def checked_url(url: str) -> str:
    """The address that webhooks go to, "" for none. Raises CannotStart when it is invalid."""
    try:
        parts, host = urlsplit(url), httpx.URL(url).host
        usable = parts.scheme in ("http", "https") and parts.port != 0 and bool(host) and "%" not in host
    except (httpx.InvalidURL, ValueError):
        usable = False
    if url and not usable:
        raise CannotStart(
            f"“{url}” is not a valid webhook address. "
            "Write --webhook-url as https://host/path, or http:// in your own network."
        )
    return url


class Webhooks:
    """Deliveries of one farm; does nothing without a URL in the settings."""

    def __init__(self, settings: FarmSettings, store: Store, views: Views) -> None:
        self._settings = settings
        self._store = store
        self._views = views
        self._wake = asyncio.Event()

    def event_of(self, status: str) -> str:
        """The event for a job's final status, or "" if webhooks do not report it."""
        if not self._settings.webhook_url:
            return ""
        if status == COMPLETED:
            return RENDER_COMPLETE
        return RENDER_FAIL if self._settings.webhook_on_fail else ""

    @property
    def is_owing(self) -> bool:
        """Whether a delivery is still due."""
        return bool(self._settings.webhook_url) and self._store.next_delivery() is not None

    def wake(self) -> None:
        """Call when a delivery may be due."""
        self._wake.set()

    async def deliver(self) -> None:
        """Send what is due, for as long as the farm runs."""
        if not self._settings.webhook_url:
            return
        is_local = httpx.URL(self._settings.webhook_url).host in LOOPBACK_HOSTS
        trust = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with httpx.AsyncClient(verify=trust, trust_env=not is_local) as client:
            while True:
                try:
                    await self._deliver(client, await self._next_due())
                except Exception:  # probably a full disk, which may have space again soon
                    _log.exception("A webhook could not be dealt with; the next try is in a moment")
                    await asyncio.sleep(self._settings.webhook_first_wait)

    async def _next_due(self) -> DeliveryRecord:
        while True:
            delivery = self._store.next_delivery()
            wait = delivery.due - time.time() if delivery else None
            if delivery is not None and wait is not None and not 0 < wait <= self._longest_wait(delivery):
                return delivery
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)

    def _longest_wait(self, delivery: DeliveryRecord) -> float:
        """The longest possible wait in seconds; a longer one means that the computer's clock was set back."""
        return _CLOCK_SECONDS + self._settings.webhook_first_wait * 2.0**delivery.attempts

    async def _deliver(self, client: httpx.AsyncClient, delivery: DeliveryRecord) -> None:
        job = self._store.job(delivery.job_id)
        problem = await self._send(client, delivery.event, job) if job else ""
        if not problem:
            self._store.drop_delivery(delivery.job_id, delivery.event)
        elif delivery.attempts + 1 >= ATTEMPTS:
            _log.error("Webhook %s of job %s is given up: %s", delivery.event, delivery.job_id, problem)
            self._store.drop_delivery(delivery.job_id, delivery.event)
        else:
            wait = self._settings.webhook_first_wait * 2**delivery.attempts
            _log.warning("Webhook %s of job %s: %s; again in %.0f s", delivery.event, delivery.job_id, problem, wait)
            self._store.postpone_delivery(delivery.job_id, delivery.event, time.time() + wait)

    async def _send(self, client: httpx.AsyncClient, event: str, job: JobRecord) -> str:
        """Send once. Returns "" or what went wrong: any error counts as an attempt, and the others continue."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._post(client, event, job)
        except TimeoutError:
            return f"no answer within {ANSWER_SECONDS:.0f} s"
        except Exception as error:
            return str(error) or type(error).__name__
        return "" if answer.is_success else f"answered {answer.status_code}"

    async def _post(self, client: httpx.AsyncClient, event: str, job: JobRecord) -> httpx.Response:
        body = json.dumps(await self.body(event, job)).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(self._settings.webhook_secret, timestamp, body),
        }
        return await client.post(self._settings.webhook_url, content=body, headers=headers, timeout=None)

    async def body(self, event: str, job: JobRecord) -> dict[str, Any]:
        """The body of a job's webhook, as JSON."""
        frames = (await asyncio.to_thread(self._views.prepared(job))).frames
        return {
            "event": event,
            "status": job.status,
            "jobId": job.id,
            "workspaceId": job.workspace_id,
            "completedAt": iso(job.updated),
            **({"outputs": {"frames": frames}} if frames else {}),
        }
