"""Webhook deliveries: how the service signs them, and how a receiver tells a real one from anything else.

    delivery = verify(secret, request_headers, raw_body)     # raises BadDelivery, whose .status is the HTTP answer
    if delivery.identity not in seen: …

The signature covers the raw body, so it must be checked before anything parses or re-encodes it. docs/contract.md
says which of this is documented.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from . import answers
from .errors import BadDelivery, LocalProblem
from .tolerant import Answer

TIMESTAMP_HEADER = "X-Renderjuice-Timestamp"
SIGNATURE_HEADER = "X-Renderjuice-Signature"
RENDER_COMPLETE = "onRenderComplete"
RENDER_FAIL = "onRenderFail"
MAX_AGE_SECONDS = 300
MAX_BODY_BYTES = 16 * 1024 * 1024
"""The links of 20,000 frames, of 800 bytes each; the service never sends more."""
_DIGEST_BYTES = hashlib.sha256().digest_size


class DeliveryOutputs(Answer):
    """frames: signed links, which expire; ask the API for fresh ones before downloading."""

    frames: list[str]


class Delivery(Answer):
    """One event from the service. outputs is missing when there are no frames.

    Only event and job id are strict: they say what to do, and a surprise elsewhere must not lose a delivery.
    """

    event: str = Field(min_length=1)
    job_id: str = Field(min_length=1)
    status: str | None = None
    workspace_id: str | None = None
    completed_at: datetime | None = None
    outputs: DeliveryOutputs | None = None

    @property
    def identity(self) -> tuple[str, str]:
        """The same for every repetition of one event."""
        return self.job_id, self.event


def sign(secret: str, timestamp: int | str, body: bytes) -> str:
    """Sign a delivery.

    Args:
        secret: shared with the receiver.
        timestamp: Unix seconds, also sent beside the signature.
        body: the bytes that are sent.

    Returns:
        The signature header's value: HMAC-SHA256 in hex.
    """
    return _digest(secret, str(timestamp), body).hex()


def verify(secret: str, headers: Mapping[str, str], body: bytes | bytearray, *, now: float | None = None) -> Delivery:
    """Read a delivery if it is the service's own, fresh and well formed.

    Args:
        secret: shared with the service.
        headers, body: as they came.
        now: Unix seconds; None for this computer's clock.

    Raises:
        BadDelivery: it is not.
        LocalProblem: there is no secret.
    """
    if not secret:
        raise LocalProblem(
            "No webhook secret is set.",
            "Deliveries cannot be verified.",
            "Copy the secret from the service's settings.",
        )
    if len(body) > MAX_BODY_BYTES:
        raise BadDelivery(f"Refused a delivery of {len(body):,} bytes, which is too large.", status=413)
    timestamp, signature = fresh_signature(headers, now=now)
    if not hmac.compare_digest(signature, _digest(secret, timestamp, body)):
        raise BadDelivery("Refused a delivery with an invalid signature.", status=401)
    try:
        return Delivery.read(answers.decoded(body), answers.MAX_VALUES)
    except (ValueError, RecursionError, answers.Oversized):  # a ValidationError is a ValueError
        raise BadDelivery("A signed delivery could not be understood.", status=400) from None


def fresh_signature(headers: Mapping[str, str], *, now: float | None = None) -> tuple[str, bytes]:
    """What a delivery's headers claim, as far as they can be checked before the body is read.

    Args:
        headers: as they came.
        now: Unix seconds; None for this computer's clock.

    Returns:
        The time stamp and the signature's digest.

    Raises:
        BadDelivery: one is missing or malformed, or the time stamp is too old or too new.
    """
    known = {name.lower(): value.strip() for name, value in headers.items()}
    timestamp, signature = known.get(TIMESTAMP_HEADER.lower(), ""), known.get(SIGNATURE_HEADER.lower(), "")
    if not timestamp or not signature:
        raise BadDelivery("Refused a delivery without a timestamp or signature.", status=401)
    digest = _decoded(signature)
    if len(digest) != _DIGEST_BYTES:
        raise BadDelivery("Refused a delivery with an invalid signature.", status=401)
    _check_age(timestamp, time.time() if now is None else now)
    return timestamp, digest


def _digest(secret: str, timestamp: str, body: bytes | bytearray) -> bytes:
    signed = hmac.new(secret.encode(), timestamp.encode("latin-1", "replace") + b".", hashlib.sha256)
    signed.update(body)  # separately: joining them would copy a large body
    return signed.digest()


def _decoded(signature: str) -> bytes:
    """The digest of a signature in hex or base64 (either alphabet, padded or not), or b"" when it is neither."""
    if signature[:7].lower() == "sha256=":
        signature = signature[7:]
    try:
        if len(signature) == 2 * _DIGEST_BYTES:
            return binascii.unhexlify(signature)
        standard = signature.rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError:
        return b""


def _check_age(timestamp: str, now: float) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise BadDelivery("Refused a delivery with an invalid timestamp.", status=400)
    if abs(now - int(timestamp)) > MAX_AGE_SECONDS:
        raise BadDelivery(
            f"Refused a delivery whose timestamp is off by more than {MAX_AGE_SECONDS // 60} minutes.",
            "It is either a replay, or a clock is wrong.",
            "Check this computer's clock.",
            status=401,
        )
