"""Where an invited computer gets its key: HTTPS for everyone, with an answer only for those who know a code."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...api import bodies
from ...errors import ApiError
from ..certificates import Authority
from . import invitations, pairing_code

_LONGEST = 100


def create_pairing_app(
    folder: Path, authority: Authority, new_key: Callable[[str], str], node_port: Callable[[], int]
) -> Starlette:
    """The one route by which a computer with a one-time code gets a key.

    Args:
        folder: the farm's folder for nodes, which contains the invitations.
        authority: of the farm, which signs keys.
        new_key: notes a key for a computer of this name, and returns its id.
        node_port: where the farm listens for nodes; called for each computer.
    """
    certificate = ssl.PEM_cert_to_DER_cert(_certificate(authority.own))

    async def pair(request: Request) -> Response:
        name, proof = await _told(request)
        found = invitations.find(folder, proof, certificate, name)
        if found is None or not found.use():
            return JSONResponse({}, 403, {"Connection": "close"})
        pem = authority.issue(new_key(found.name or name))
        port = node_port()
        said = pairing_code.proof(found.key, pairing_code.FARM, certificate, pem, str(port))
        return JSONResponse({"key": pem, "port": port, "proof": said})

    return Starlette(routes=[Route("/pair", pair, methods=["POST"])])


async def _told(request: Request) -> tuple[str, str]:
    """Name and proof; empty if the request is invalid."""
    try:
        receive = await bodies.bounded(request.receive)
        body = json.loads((await receive())["body"])
        name, proof = str(body["name"]), str(body["proof"])
    except (ApiError, ValueError, KeyError, TypeError):
        return "", ""
    good = bool(name.strip()) and len(name) <= _LONGEST and name.isprintable()
    return (name, proof) if good else ("", "")


def _certificate(pem: Path) -> str:
    text = pem.read_text("ascii")
    end = "-----END CERTIFICATE-----\n"
    return text[: text.index(end) + len(end)]
