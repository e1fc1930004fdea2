"""A farm's objects, and links to them that are signed and expire: what a cloud service has object storage for."""

from __future__ import annotations

import functools
import hashlib
import hmac
import time
from urllib.parse import quote, urlsplit

from .objects import Objects, is_key


class Storage:
    """Keys are made by the farm alone; in links of its own they are checked by their signatures."""

    def __init__(self, objects: Objects, secret: bytes) -> None:
        self.objects = objects
        self._secret = hmac.new(secret, b"storage", hashlib.sha256).digest()

    @functools.cached_property
    def picture_source(self) -> str:
        """What a page's policy says of pictures that come from elsewhere: "" or a space and where links lead."""
        parts = urlsplit(self.objects.link("any", "GET", int(time.time()) + 60) or "")
        return f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""

    def link(self, base_url: str, key: str, method: str, expires: int) -> str:
        """A link to where an object is: the bucket, or the farm itself.

        Args:
            base_url: by which the caller reached the farm.
            key: of the object.
            method: the one that is allowed, GET or PUT.
            expires: Unix seconds.
        """
        return self.objects.link(key, method, expires) or self.own_link(base_url, key, method, expires)

    def own_link(self, base_url: str, key: str, method: str, expires: int) -> str:
        """Like `link`, but by way of the farm, which makes some things only when they are asked for.

        Args:
            base_url: by which the caller reached the farm.
            key: of the object, which need not exist yet.
            method: the one that is allowed.
            expires: Unix seconds.
        """
        return self.signed(f"{base_url}/storage/", key, method, expires)

    def signed(self, place: str, key: str, method: str, expires: int) -> str:
        """An address of anything that the farm serves without a login.

        Args:
            place: what stands before the key in the address.
            key: what `allows` is asked for later, the page's prefix with it.
            method: the one that is allowed.
            expires: Unix seconds.
        """
        return f"{place}{quote(key)}?expires={expires}&signature={self._sign(key, method, expires)}"

    def allows(self, key: str, method: str, expires: str, signature: str) -> bool:
        """Whether a link is ours, for this method, and still good.

        Args:
            key: of the object or page.
            method: what it must allow; GET for a HEAD too.
            expires, signature: from the address, untrusted.
        """
        if not is_key(key) or not expires.isascii() or not expires.isdigit() or len(expires) > 15:
            return False
        good = self._sign(key, method, int(expires))
        return hmac.compare_digest(good, signature.encode("ascii", "replace").decode()) and time.time() < int(expires)

    def _sign(self, key: str, method: str, expires: int) -> str:
        message = f"{method}\n{key}\n{expires}".encode()
        return hmac.digest(self._secret, message, "sha256").hex()
