"""X.509 certificates (RFC 5280) for P-256 keys: only as much as a farm and its nodes need.

The library `ecdsa` (pure Python) makes the signatures; OpenSSL parses and verifies certificates.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import secrets

from ecdsa import NIST256p, SigningKey, VerifyingKey, der
from ecdsa.util import sigencode_der

_DAYS = 3650
_BEGIN = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
"""Of every certificate, so that a computer whose clock is late can still connect; keys are revoked by the farm."""
SERVER, CLIENT = (1, 3, 6, 1, 5, 5, 7, 3, 1), (1, 3, 6, 1, 5, 5, 7, 3, 2)
"""What a certificate is valid for."""
_COMMON_NAME = (2, 5, 4, 3)
_BASIC_CONSTRAINTS, _KEY_USAGE, _EXTENDED_KEY_USAGE = (2, 5, 29, 19), (2, 5, 29, 15), (2, 5, 29, 37)
_KEY_ID, _AUTHORITY_KEY_ID = (2, 5, 29, 14), (2, 5, 29, 35)
_UTF8_STRING, _UTC_TIME, _TRUE = b"\x0c", b"\x17", b"\x01\x01\xff"
_SIGNS_CERTIFICATES = der.encode_bitstring(b"\x04", 2)
_SHA256_ECDSA = der.encode_sequence(der.encode_oid(1, 2, 840, 10045, 4, 3, 2))


def new_key() -> SigningKey:
    return SigningKey.generate(curve=NIST256p)


def key_as_pem(key: SigningKey) -> str:
    """PKCS #8, without a password."""
    text: str = key.to_pem(format="pkcs8").decode("ascii")
    return text


def key_from_pem(text: str) -> SigningKey:
    return SigningKey.from_pem(text)


def authority(name: str, key: SigningKey) -> str:
    """The certificate, as PEM, of an authority that signs certificates and no other authority's."""
    rights = [
        _extension(_BASIC_CONSTRAINTS, der.encode_sequence(_TRUE, der.encode_integer(0)), is_critical=True),
        _extension(_KEY_USAGE, _SIGNS_CERTIFICATES, is_critical=True),
    ]
    return _signed(name, key.verifying_key, rights, name, key)


def issued(name: str, public: VerifyingKey, purpose: tuple[int, ...], issuer: str, issuer_key: SigningKey) -> str:
    """A certificate, as PEM, that is valid for one purpose.

    Args:
        name: whose it is (CN).
        public: whose key it vouches for.
        purpose: SERVER or CLIENT.
        issuer: the name (CN) of the authority that signs.
        issuer_key: the authority's own key.
    """
    rights = [
        _extension(_BASIC_CONSTRAINTS, der.encode_sequence(), is_critical=True),
        _extension(_EXTENDED_KEY_USAGE, der.encode_sequence(der.encode_oid(*purpose)), is_critical=True),
    ]
    return _signed(name, public, rights, issuer, issuer_key)


def subject(pem: str) -> str:
    """The CN of the first certificate in a file, which this module has made; "" if there is none."""
    _, _, text = pem.partition("-----BEGIN CERTIFICATE-----")
    try:
        whole, _ = der.remove_sequence(base64.b64decode(text.partition("-----END")[0]))
        rest, _ = der.remove_sequence(whole)
        _, _, rest = der.remove_constructed(rest)
        _, rest = der.remove_integer(rest)
        for _ in ("algorithm", "issuer", "validity"):
            _, rest = der.remove_sequence(rest)
        name, _ = der.remove_sequence(rest)
        kind = der.encode_oid(*_COMMON_NAME)
        return bytes(name[name.index(kind) + len(kind) + 2 :]).decode()
    except (der.UnexpectedDER, ValueError, IndexError):  # damaged
        return ""


def _signed(subject: str, public: VerifyingKey, rights: list[bytes], issuer: str, issuer_key: SigningKey) -> str:
    moment = datetime.datetime.now(datetime.UTC)
    of_issuer = der.encode_implicit(0, _key_id(issuer_key.verifying_key))
    extensions = [
        *rights,
        _extension(_KEY_ID, der.encode_octet_string(_key_id(public))),
        _extension(_AUTHORITY_KEY_ID, der.encode_sequence(of_issuer)),
    ]
    told = der.encode_sequence(
        der.encode_constructed(0, der.encode_integer(2)),  # version 3
        der.encode_integer(secrets.randbits(127) + 1),
        _SHA256_ECDSA,
        _name(issuer),
        der.encode_sequence(_time(_BEGIN), _time(moment + datetime.timedelta(days=_DAYS))),
        _name(subject),
        public.to_der(),
        der.encode_constructed(3, der.encode_sequence(*extensions)),
    )
    signature = issuer_key.sign_deterministic(told, hashfunc=hashlib.sha256, sigencode=sigencode_der)
    whole = der.encode_sequence(told, _SHA256_ECDSA, der.encode_bitstring(signature, 0))
    lines = base64.encodebytes(whole).decode("ascii").replace("\n", "")
    wrapped = "\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    return f"-----BEGIN CERTIFICATE-----\n{wrapped}\n-----END CERTIFICATE-----\n"


def _extension(kind: tuple[int, ...], value: bytes, *, is_critical: bool = False) -> bytes:
    critical = [_TRUE] if is_critical else []
    return bytes(der.encode_sequence(der.encode_oid(*kind), *critical, der.encode_octet_string(value)))


def _key_id(public: VerifyingKey) -> bytes:
    return hashlib.sha1(public.to_string("uncompressed"), usedforsecurity=False).digest()


def _name(text: str) -> bytes:
    said = _tagged(_UTF8_STRING, text.encode())
    one = der.encode_sequence(der.encode_oid(*_COMMON_NAME), said)
    return bytes(der.encode_sequence(_tagged(b"\x31", one)))


def _time(moment: datetime.datetime) -> bytes:
    """UTCTime, which has two digits for the year and is good until 2049."""
    return _tagged(_UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode("ascii"))


def _tagged(tag: bytes, content: bytes) -> bytes:
    return bytes(tag + der.encode_length(len(content)) + content)
