"""Requests to a bucket that obstore lacks: signed ones for others to send, and ending multipart uploads."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

import httpx

from .objects import ATTEMPTS, JOBS
from .signed_put import Content, SignedRequest, Signer

_log = logging.getLogger(__name__)
_CREDENTIAL = re.compile(r"([^/]+)/\d{8}/([^/]+)/s3/aws4_request")
_SECONDS = 30.0
_LIST_BYTES = 4 * 1024 * 1024
_TRIED = b"farmhand"
_LINKED = f"{ATTEMPTS}/check"


class BucketRequests:
    """bucket: its address, without the prefix. prefix: of the farm's keys, "" or with a / at its end."""

    def __init__(self, signer: Signer, bucket: str, prefix: str) -> None:
        self._signer = signer
        self._bucket = bucket
        self._prefix = prefix
        self.takes_from_others = True
        """Whether what was signed may be sent by others: the bucket then looks at it."""

    def put(self, key: str, content: Content) -> SignedRequest:
        return self._signer.put(f"{self._bucket}/{quote(self._prefix + key)}", content)

    def checks_content(self) -> bool:
        """Whether the bucket accepts only the content that was signed."""
        request = self.put(_LINKED, Content(len(_TRIED), hashlib.sha256(_TRIED).hexdigest()))
        try:
            with httpx.Client(timeout=_SECONDS, trust_env=False) as client:
                wrong = client.put(request.url, content=_TRIED[::-1], headers=request.headers)
                right = client.put(request.url, content=_TRIED, headers=request.headers)
                self._send(client, "DELETE", request.url)
        except httpx.HTTPError:
            return False
        return right.is_success and wrong.is_client_error

    def end_uploads(self, before: float) -> None:
        """End multipart uploads that began before a Unix time: a killed farm leaves them behind."""
        try:
            with httpx.Client(timeout=_SECONDS, trust_env=False) as client:
                for key, upload in self.unfinished(client, before):
                    self._send(client, "DELETE", f"{self._bucket}/{quote(key)}?uploadId={quote(upload, safe='')}")
                    _log.info("Gave up an unfinished upload to the bucket")
        except (httpx.HTTPError, ElementTree.ParseError, ValueError) as error:
            _log.warning("The bucket does not tell what uploads are unfinished (%s)", type(error).__name__)

    def unfinished(self, client: httpx.Client, before: float) -> list[tuple[str, str]]:
        """Key and ID of each multipart upload that began before a Unix time."""
        ours = f"{self._prefix}{JOBS}/"
        url = f"{self._bucket}?prefix={quote(ours, safe='')}&uploads="
        response = self._send(client, "GET", url)
        if len(response.content) > _LIST_BYTES:
            raise ValueError("the list is too long")
        found = []
        for each in ElementTree.fromstring(response.content).iterfind("{*}Upload"):
            key, upload, begun = (each.findtext(f"{{*}}{name}") or "" for name in ("Key", "UploadId", "Initiated"))
            if key.startswith(ours) and upload and datetime.fromisoformat(begun).timestamp() < before:
                found.append((key, upload))
        return found

    def _send(self, client: httpx.Client, method: str, url: str) -> httpx.Response:
        request = self._signer.now(method, url, {})
        return client.request(method, request.url, headers=request.headers).raise_for_status()


def open_requests(sign: Callable[[str], str], prefix: str) -> BucketRequests | None:
    """sign: makes a link to a key, which shows where the bucket is and which access key signs. prefix: as above.

    None if the farm does not know the secret key, as with a machine's role.
    """
    link = sign(_LINKED)
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    credential = _CREDENTIAL.fullmatch(query["X-Amz-Credential"][0])
    if credential is None or credential[1] != key or not secret:
        _log.warning("What nodes render passes through the farm: the bucket's access key is not in the environment")
        return None
    token = query.get("X-Amz-Security-Token", [""])[0]
    place = parts.path.removesuffix(quote(_LINKED))
    requests = BucketRequests(
        Signer(key, secret, credential[2], token),
        f"{parts.scheme}://{parts.netloc}{place.removesuffix(quote(prefix))}".rstrip("/"),
        prefix,
    )
    if not requests.checks_content():
        _log.warning("What nodes render passes through the farm: the bucket does not check what it is sent")
        requests.takes_from_others = False
    return requests
