"""How an invited computer gets its key: it proves that it knows the code, and the farm proves the same."""

from __future__ import annotations

import hmac
import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...client.cancellation import NEVER, run_with_deadline, shut_down
from ...client.errors import LocalProblem
from ...client.message import msg
from ...client.network.bounded_response import BoundedResponse
from ...client.redaction import shown
from ...jobs.private_folder import replace_private
from ..cluster.pairing import pairing_code

_SECONDS = 15.0
_ALL_SECONDS = 60.0
"""For the whole answer, however steadily it trickles in: Leave waits for it."""
_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Paired:
    """key: the key file's text (PEM). port: where the farm listens for nodes."""

    key: str
    port: int


def pair(host: str, port: int, code: str, name: str) -> Paired:
    """Exchange the one-time code for a key.

    Args:
        host, port: where the farm accepts codes, shown with the code.
        name: of this computer, for the list of nodes.

    Raises:
        LocalProblem: the code is invalid, there is no answer, or this is not the farm that showed the code.
    """
    try:
        key = pairing_code.key_of(code)
    except ValueError as error:
        raise LocalProblem(
            "This is not a valid code. Codes have twelve letters and digits, such as K7QF-2M9T-XW4P.",
            "",
            "Check the code, then try again.",
        ) from error
    status, body, certificate = _asked(host, port, key, name)
    if status != http.client.OK:
        raise LocalProblem(
            "The farm does not recognize this code.",
            "A code works once and expires after one hour.",
            "Ask for a new code on the farm's computer.",
        )
    return _checked(body, key, certificate)


def _asked(host: str, port: int, key: bytes, name: str) -> tuple[int, bytes, bytes]:
    """Status and body of the answer, and the certificate of who answered. Raises LocalProblem."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the code authenticates the certificate
    connection = http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=context)
    connection.response_class = BoundedResponse
    try:
        return run_with_deadline(
            lambda: _exchanged(connection, key, name), _ALL_SECONDS, NEVER, lambda: _abort(connection)
        )
    except (OSError, http.client.HTTPException) as error:
        raise LocalProblem(
            msg("No farm answered at {address} ({reason}).", address=f"{host}:{port}", reason=_plain(error)),
            "",
            "Check the address, and that Let Other Computers Help is on there.",
        ) from error


def _exchanged(connection: http.client.HTTPSConnection, key: bytes, name: str) -> tuple[int, bytes, bytes]:
    try:
        connection.connect()
        assert isinstance(connection.sock, ssl.SSLSocket)
        certificate = connection.sock.getpeercert(binary_form=True) or b""
        proof = pairing_code.proof(key, pairing_code.NODE, certificate, name)
        connection.request("POST", "/pair", json.dumps({"name": name, "proof": proof}))
        with connection.getresponse() as response:
            return response.status, response.read(_ANSWER_BYTES), certificate
    finally:
        connection.close()


def _abort(connection: http.client.HTTPSConnection) -> None:
    if connection.sock is not None:
        shut_down(connection.sock)


def save(key: str, path: Path) -> None:
    """Write the key file so that this user alone can read it."""
    replace_private(path, key)


def _checked(body: bytes, key: bytes, certificate: bytes) -> Paired:
    try:
        told: dict[str, Any] = json.loads(body)
        paired = Paired(str(told["key"]), int(told["port"]))
        wanted = pairing_code.proof(key, pairing_code.FARM, certificate, paired.key, str(paired.port))
        is_farm = hmac.compare_digest(wanted.encode(), str(told["proof"]).encode())
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        is_farm = False
    if not is_farm:
        raise LocalProblem(
            "The computer that answered is not the farm that created this code.",
            "Nothing was sent to it.",
            "Ask for a new code on the farm's computer.",
        )
    return paired


def _plain(error: BaseException) -> str:
    return shown(str(getattr(error, "strerror", None) or error)) or type(error).__name__
