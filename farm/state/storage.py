"""Objects in a folder, behind links that are signed and expire: what a cloud service has object storage for."""

from __future__ import annotations

import hashlib
import hmac
import time
from pathlib import Path
from urllib.parse import quote

from ...client import files

_NOT_IN_A_KEY = "\\:\x7f"


def is_key(key: str) -> bool:
    """Whether a text is a relative path of plain names, below the storage's folder on every system."""
    return bool(key) and not any(
        part in ("", ".", "..") or any(letter in _NOT_IN_A_KEY or ord(letter) < 32 for letter in part)
        for part in key.split("/")
    )


class Storage:
    """key: the path of an object, relative, with slashes; made by the farm alone and checked by its signature."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self.folder = folder
        self._secret = hmac.new(secret, b"storage", hashlib.sha256).digest()

    def path(self, key: str) -> Path:
        """Where an object lies. Raises ValueError for a key that leaves the folder."""
        if not is_key(key):
            raise ValueError(f"{key!a} is not the key of an object")
        return self.folder.joinpath(*key.split("/"))

    def link(self, base_url: str, key: str, method: str, expires: int) -> str:
        """A link that allows one method on one object until a Unix time."""
        return self.signed(f"{base_url}/storage/", key, method, expires)

    def signed(self, place: str, key: str, method: str, expires: int) -> str:
        """The same for anything that the farm serves without a login."""
        return f"{place}{quote(key)}?expires={expires}&signature={self._sign(key, method, expires)}"

    def allows(self, key: str, method: str, expires: str, signature: str) -> bool:
        """Whether a link is ours, for this method, and still good."""
        if not is_key(key) or not expires.isascii() or not expires.isdigit() or len(expires) > 15:
            return False
        good = self._sign(key, method, int(expires))
        return hmac.compare_digest(good, signature.encode("ascii", "replace").decode()) and time.time() < int(expires)

    def put_in_place(self, temporary: Path, key: str) -> int:
        """Give a finished file its name and return its size."""
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        files.replace(temporary, target)
        return target.stat().st_size

    def put_first(self, temporary: Path, key: str) -> bool:
        """Give a finished file its name unless another one has it by now. Returns whether it was given."""
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(temporary)
        except FileExistsError:
            return False
        except OSError:  # a disk without links: Windows refuses the rename, others have one request at a time here
            if target.exists():
                return False
            files.rename(temporary, target)
        return True

    def _sign(self, key: str, method: str, expires: int) -> str:
        message = f"{method}\n{key}\n{expires}".encode()
        return hmac.digest(self._secret, message, "sha256").hex()
