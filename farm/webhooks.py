"""Tells a studio's server when a job is over: signed, repeated until it is heard, remembered over a restart.

Tried at most ATTEMPTS times: at once, then after 5, 10, 20, … seconds, each wait twice the one before (about ten
minutes in all).  A receiver has 7 seconds to answer with a 2xx.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import truststore

from ..client.webhooks import RENDER_COMPLETE, RENDER_FAIL, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from .records import JobRecord, iso
from .settings import LOOPBACK_HOSTS, Settings
from .store import Store
from .transitions import COMPLETED
from .views import Views

_log = logging.getLogger(__name__)
ATTEMPTS = 8
ANSWER_SECONDS = 7.0


class Webhooks:
    """Deliveries of one farm; does nothing without a URL in the settings."""

    def __init__(self, settings: Settings, store: Store, views: Views) -> None:
        self._settings = settings
        self._store = store
        self._views = views
        self._wake = asyncio.Event()

    def announce(self, job: JobRecord) -> None:
        """Remember that this job's end is to be told."""
        event = RENDER_COMPLETE if job.status == COMPLETED else RENDER_FAIL
        if self._settings.webhook_url and (event == RENDER_COMPLETE or self._settings.webhook_on_fail):
            self._store.add_delivery(job.id, event)
            self._wake.set()

    async def deliver(self) -> None:
        """Send what is due, for as long as the farm runs."""
        if not self._settings.webhook_url:
            return
        is_local = urlsplit(self._settings.webhook_url).hostname in LOOPBACK_HOSTS
        trust = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with httpx.AsyncClient(verify=trust, trust_env=not is_local) as client:
            while True:
                await self._wait_until_due()
                await self._deliver_next(client)

    async def _wait_until_due(self) -> None:
        while True:
            delivery = self._store.next_delivery()
            wait = delivery.due - time.time() if delivery else None
            if wait is not None and wait <= 0:
                return
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), wait)
            except TimeoutError:
                continue

    async def _deliver_next(self, client: httpx.AsyncClient) -> None:
        delivery = self._store.next_delivery()
        job = self._store.job(delivery.job_id) if delivery else None
        if delivery is None or job is None:
            return
        problem = await self._send(client, delivery.event, job)
        if not problem:
            self._store.drop_delivery(job.id, delivery.event)
        elif delivery.attempts + 1 >= ATTEMPTS:
            _log.error("Webhook %s of job %s is given up: %s", delivery.event, job.id, problem)
            self._store.drop_delivery(job.id, delivery.event)
        else:
            wait = self._settings.webhook_first_wait * 2**delivery.attempts
            _log.warning("Webhook %s of job %s: %s; again in %.0f s", delivery.event, job.id, problem, wait)
            self._store.postpone_delivery(job.id, delivery.event, time.time() + wait)

    async def _send(self, client: httpx.AsyncClient, event: str, job: JobRecord) -> str:
        """Send once.  Returns "" or what went wrong."""
        body = json.dumps(self._body(event, job)).encode()
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(self._settings.webhook_secret, timestamp, body),
        }
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await client.post(self._settings.webhook_url, content=body, headers=headers, timeout=None)
        except TimeoutError:
            return f"no answer within {ANSWER_SECONDS:.0f} s"
        except httpx.HTTPError as error:
            return str(error) or type(error).__name__
        return "" if answer.is_success else f"answered {answer.status_code}"

    def _body(self, event: str, job: JobRecord) -> dict[str, Any]:
        frames = self._views.downloads(job)["frames"]
        return {
            "event": event,
            "status": job.status,
            "jobId": job.id,
            "workspaceId": job.workspace_id,
            "completedAt": iso(job.updated),
            **({"outputs": {"frames": frames}} if frames else {}),
        }
