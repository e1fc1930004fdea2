"""The farm's own certificate authority: a farm and its nodes know each other by it, and nobody else gets a word.

A node's certificate carries the id of its key, is good for being a client alone, and can so never pass for the farm.
"""

from __future__ import annotations

import datetime
import os
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAYS = 3650
_EARLY = datetime.timedelta(days=1)
"""Clocks differ."""


class Authority:
    """folder: where the authority and the farm's own certificate are kept; made at the first use."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "authority.pem"
        self.own = folder / "farm.pem"
        self._key = folder / "authority.key"
        folder.mkdir(parents=True, exist_ok=True)
        if not self.own.exists():
            self._make()

    def issue(self, key_id: str) -> str:
        """Everything that a node needs to be let in: its certificate and private key, and the authority, as PEM."""
        authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        key = serialization.load_pem_private_key(self._key.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        pair = _signed(key_id, authority.subject, key, ExtendedKeyUsageOID.CLIENT_AUTH)
        return pair + self.certificate.read_text("ascii")

    def context(self) -> ssl.SSLContext:
        """For a server that nodes connect to: without a certificate of this authority none is let in."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.own)
        context.load_verify_locations(self.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Farmhand farm authority")
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        certificate = (
            _builder(name, name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        _write_private(self._key, _pem_of_key(key))
        _write_private(self.certificate, certificate.public_bytes(serialization.Encoding.PEM).decode())
        _write_private(self.own, _signed("farm", name, key, ExtendedKeyUsageOID.SERVER_AUTH))


def client_context(pem: Path) -> ssl.SSLContext:
    """For a node that has this key file: it talks to the farm of the key alone. Raises OSError, ssl.SSLError.

    A farm has no one name in a network, so its name is not checked: the authority is the farm's own, and only the
    farm's certificate is good for a server.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(pem)
    context.load_verify_locations(pem)
    return context


def _signed(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, purpose: x509.ObjectIdentifier) -> str:
    own = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(name), issuer, own.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode() + _pem_of_key(own)


def _builder(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    moment = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - _EARLY)
        .not_valid_after(moment + datetime.timedelta(days=_DAYS))
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(text)
