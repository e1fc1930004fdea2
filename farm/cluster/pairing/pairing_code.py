"""One-time codes that a person copies from a farm to a computer that will render for it. Standard library only.

Neither end can know the other's certificate yet, so the code authenticates both: each proves that it knows the code,
and the proof is bound to the certificate of the connection. A man in the middle has another certificate, so a proof
that he receives is useless to him. A code has 60 bits: guessing one, even offline, is infeasible.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

DEFAULT_PORT = 8788
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Those of Crockford's base 32: none looks like another."""
_LENGTH, _GROUP = 12, 4
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_ROUNDS = 200_000
NODE, FARM = b"node", b"farm"
"""Who proves."""


def new_code() -> str:
    """A code such as K7QF-2M9T-XW4P."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def key_of(code: str) -> bytes:
    """What both ends derive from the code, however it was typed. Raises ValueError for text that cannot be a code."""
    letters = code.strip().upper().translate(_MEANT)
    if len(letters) != _LENGTH or set(letters) - set(_LETTERS):
        raise ValueError(f"{code!r} is not a code")
    return hashlib.pbkdf2_hmac("sha256", letters.encode("ascii"), b"farmhand pairing", _ROUNDS)


def proof(key: bytes, who: bytes, certificate: bytes, *said: str) -> str:
    """Proof of knowing the code, bound to the connection and to the data sent with it.

    Args:
        key: made of the code, see `key_of`.
        who: NODE or FARM, so that neither can replay the other's proof.
        certificate: of the connection's farm, DER.
        said: texts that are sent with the proof and must arrive unchanged.

    Returns:
        A digest in hexadecimal digits, to be compared with `hmac.compare_digest`.
    """
    parts = [who, hashlib.sha256(certificate).digest(), *(hashlib.sha256(one.encode()).digest() for one in said)]
    return hmac.new(key, b"".join(parts), hashlib.sha256).hexdigest()
