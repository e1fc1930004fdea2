"""A request that puts one content under one key of a bucket, signed by the farm and sent by somebody else.

AWS Signature Version 4 over the content's size and SHA-256: the bucket refuses any other body. The signature is in
headers, so that it does not appear in logs of URLs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

_NOTHING = hashlib.sha256(b"").hexdigest()
_SERVICE, _END, _ALGORITHM = "s3", "aws4_request", "AWS4-HMAC-SHA256"
_SHOWN = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".mp4": "video/mp4"}


def media_type(name: str) -> str:
    """The media type of a file by its extension, for types that browsers show."""
    return _SHOWN.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Content:
    """The content to put. sha256: in hex. kind: its media type."""

    bytes: int
    sha256: str
    kind: str = "application/octet-stream"

    @property
    def headers(self) -> dict[str, str]:
        """The headers that describe it to an S3 server."""
        return {
            "Content-Length": str(self.bytes),
            "Content-Type": self.kind,
            "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(self.sha256)).decode(),
            "x-amz-content-sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """url: without a query. headers: all that must be sent."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Signer:
    """token: of a temporary key, "" for none."""

    key: str
    secret: str
    region: str
    token: str = ""

    def put(self, url: str, content: Content) -> SignedRequest:
        """A PUT that is valid for 15 minutes. url: with its path encoded."""
        return self.now("PUT", url, content.headers)

    def now(self, method: str, url: str, headers: Mapping[str, str]) -> SignedRequest:
        """Sign any request, to be sent at once.

        Args:
            method: in capital letters.
            url: with the names in its query sorted.
            headers: the content's SHA-256 (`x-amz-content-sha256`) among them, unless it has no content.
        """
        token = {"x-amz-security-token": self.token} if self.token else {}
        return self.signed(method, url, {"x-amz-content-sha256": _NOTHING, **headers, **token}, datetime.now(UTC))

    def signed(self, method: str, url: str, headers: Mapping[str, str], at: datetime) -> SignedRequest:
        """Sign a request by AWS's rules (Signature Version 4).

        Args:
            method: in capital letters.
            url: with the names in its query sorted.
            headers: all that are signed; `host` and `x-amz-date` are added.
            at: when it is sent, UTC; the bucket accepts it for 15 minutes.
        """
        moment, parts = at.strftime("%Y%m%dT%H%M%SZ"), urlsplit(url)
        all_headers = {**headers, "x-amz-date": moment}
        canonical = {name.lower(): value.strip() for name, value in {**all_headers, "host": parts.netloc}.items()}
        names = ";".join(sorted(canonical))
        request = "\n".join(
            [
                method,
                parts.path or "/",
                parts.query,
                *(f"{name}:{canonical[name]}" for name in sorted(canonical)),
                "",
                names,
                canonical["x-amz-content-sha256"],
            ]
        )
        scope = f"{moment[:8]}/{self.region}/{_SERVICE}/{_END}"
        to_sign = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()])
        signature = hmac.digest(self._key_of(moment[:8]), to_sign.encode(), "sha256").hex()
        all_headers["Authorization"] = (
            f"{_ALGORITHM} Credential={self.key}/{scope},SignedHeaders={names},Signature={signature}"
        )
        return SignedRequest(url, all_headers)

    def _key_of(self, day: str) -> bytes:
        key: Any = f"AWS4{self.secret}".encode()
        for part in (day, self.region, _SERVICE, _END):
            key = hmac.digest(key, part.encode(), "sha256")
        return bytes(key)
