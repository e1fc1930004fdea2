"""The farm's own certificate authority: a farm and its nodes recognize each other by it, and refuse all others.

A node's certificate carries the id of its key, is valid for clients only, and so can never impersonate the farm.
"""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from ecdsa import SigningKey

from ...client import files
from ...jobs.private_folder import make_private, write_private
from . import x509

_log = logging.getLogger(__name__)
_AUTHORITY, _FARM = "Farmhand farm authority", "farm"
_END_OF_KEY = "-----END PRIVATE KEY-----"


class Authority:
    """folder: where the authority and the farm's own certificate are kept; created on first use, and again if a power
    cut has emptied them."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "authority.pem"
        self.own = folder / "farm.pem"
        self._key = folder / "authority.key"
        make_private(folder)
        if not (_holds_key(self._key) and _names(self.certificate, _AUTHORITY)):
            if any(each.exists() for each in (self._key, self.certificate, self.own)):
                _log.warning("The farm's certificates were damaged and have been replaced: its nodes need new keys")
            self._make()
        elif not (_names(self.own, _FARM) and _holds_key(self.own)):
            self._make_own(x509.key_from_pem(self._key.read_text("ascii")))

    def issue(self, key_id: str) -> str:
        """Everything that a node needs to connect: its certificate and private key, and the authority, as PEM."""
        key = x509.key_from_pem(self._key.read_text("ascii"))
        return _pair(key_id, x509.CLIENT, key) + self.certificate.read_text("ascii")

    def context(self) -> ssl.SSLContext:
        """For a server that nodes connect to: only clients with a certificate of this authority are admitted."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.own)
        context.load_verify_locations(self.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _make(self) -> None:
        for half_made in (self._key, self.certificate):
            files.remove(half_made, missing_ok=True)
        key = x509.new_key()
        write_private(self._key, x509.key_as_pem(key))
        write_private(self.certificate, x509.authority(_AUTHORITY, key))
        self._make_own(key)

    def _make_own(self, key: SigningKey) -> None:
        files.remove(self.own, missing_ok=True)
        write_private(self.own, _pair(_FARM, x509.SERVER, key))


def client_context(pem: Path) -> ssl.SSLContext:
    """For a node with this key file: it connects only to the farm that issued the key. Raises OSError, ssl.SSLError.

    A farm has several names in a network, so host names are not checked: the authority is the farm's own, and it
    signs only the farm's certificate for a server.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(pem)
    context.load_verify_locations(pem)
    return context


def _names(pem: Path, name: str) -> bool:
    """Whether the file exists and starts with a complete certificate of this name."""
    return x509.subject(_text(pem)) == name


def _holds_key(pem: Path) -> bool:
    return _END_OF_KEY in _text(pem)


def _text(pem: Path) -> str:
    """Empty if the file does not exist."""
    return pem.read_text("ascii", errors="replace") if pem.exists() else ""


def _pair(name: str, purpose: tuple[int, ...], authority: SigningKey) -> str:
    """A new key and its certificate, as PEM."""
    key = x509.new_key()
    return x509.issued(name, key.verifying_key, purpose, _AUTHORITY, authority) + x509.key_as_pem(key)
