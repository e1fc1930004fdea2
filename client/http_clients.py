"""The connections of one `Service`: httpx clients, each lent to one call at a time."""

from __future__ import annotations

import threading

import httpx

from .network import NetworkSettings


class HttpClients:
    """httpx's clients, each with one connection and one call at a time: to close one disturbs no other call."""

    def __init__(self, network: NetworkSettings, base_url: str, key: str) -> None:
        proxy = network.proxy_for(base_url)
        self._proxy = (
            httpx.Proxy(proxy.url, auth=(proxy.user, proxy.password) if proxy.user else None) if proxy else None
        )
        self._tls = network.new_tls() if base_url.startswith("https:") else False
        self._timeout = httpx.Timeout(network.silence_seconds, connect=network.connect_seconds)
        self._headers = {"Accept": "application/json", "User-Agent": "farmhand"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._guard = threading.Lock()
        self._idle: list[httpx.Client] | None = []

    def take(self) -> httpx.Client:
        """One that nobody else uses."""
        with self._guard:
            if self._idle:
                return self._idle.pop()
        return httpx.Client(
            headers=self._headers, verify=self._tls, proxy=self._proxy, timeout=self._timeout, trust_env=False
        )

    def give_back(self, client: httpx.Client) -> None:
        """Keep it for the next call, unless it was closed meanwhile, or all were."""
        with self._guard:
            if self._idle is not None and not client.is_closed:
                self._idle.append(client)
                return
        client.close()

    def close(self) -> None:
        with self._guard:
            idle, self._idle = self._idle or [], None
        for client in idle:
            client.close()
