"""Objects in an S3 bucket. Clients upload and download directly, by links that the bucket itself checks.

Access keys and the endpoint come from the environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL and the like). Uploads
arrive under separate keys: anyone who has a link can put another file there until it expires.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import obstore
from obstore import exceptions
from obstore.store import S3Store

from ...client import files
from ..errors import CannotStart
from . import bucket_requests
from .objects import ATTEMPTS, INCOMING, CannotReach, is_key
from .signed_put import Content, SignedRequest, media_type

_PLACE = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*?))?/?")
_PIECE_BYTES = 4 * 1024 * 1024
_PART_BYTES, _MOST_PARTS = 8 * 1024 * 1024, 9_000
"""Larger files are sent in such parts, and fetched in them; a bucket takes 10,000 of a file."""
_MOST_AT_ONCE = 5 * 1024**3
"""Bytes that a bucket takes in one request, and copies in one."""
_OWNER = "farm"
_CLAIM_SECONDS = 1.0
"""Some buckets let the later of two farms that start at once replace what the first has written."""
_AGAIN_SECONDS, _TRIES = 10, 2
_SHORT, _LONG = 30, 300
"""Seconds for a question, and for one part: a line of 0.5 Mbit/s carries two at a time."""
_LEAST_LINK_SECONDS = 1
_STATUS = re.compile(r"status code: (\d{3})")
_ROLES = "http://169.254."
"""Where a machine in a cloud is asked for its role when there is no access key."""
_REFUSED = frozenset({"401", "403"})


class BucketObjects:
    """See Objects. place: s3://bucket, or s3://bucket/prefix. Raises CannotStart for anything else."""

    def __init__(self, place: str) -> None:
        found = _PLACE.fullmatch(place)
        prefix = (found[2] or "") if found else ""
        if found is None or (prefix and not is_key(prefix)):
            raise CannotStart(
                f"“{place}” is not a valid place for objects. Write --objects as s3://bucket or s3://bucket/prefix"
            )
        self._place, self._prefix = place, f"{prefix}/" if prefix else ""
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
        where: Any = {"endpoint": endpoint} if endpoint else {}

        def opened(seconds: int) -> S3Store:
            return S3Store(
                found[1],
                prefix=prefix or None,
                client_options={
                    "connect_timeout": "5s", "timeout": f"{seconds}s", "allow_http": endpoint.startswith("http://"),
                },
                retry_config={"max_retries": _TRIES, "retry_timeout": timedelta(seconds=_AGAIN_SECONDS)},
                **where,
            )  # fmt: skip

        try:
            self._store, self._transfers = opened(_SHORT), opened(_LONG)
            self._signs, self._opened = opened(_SHORT), opened
        except (exceptions.BaseError, ValueError) as error:
            raise CannotStart(f"The settings for {place} cannot be used: {_first_line(error)}") from error
        self._requests: bucket_requests.BucketRequests | None = None

    def check(self, farm: str = "") -> None:
        """Check that this farm can store, read, list and remove files here. Raises CannotStart.

        farm: its name; a second farm at the same place would remove files that this one is using.
        """
        key = f"{INCOMING}/check-{uuid.uuid4().hex}"
        advice = "Check the bucket's name, and AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY."
        try:
            with self._objects_errors(key):
                obstore.put(self._store, key, b"farmhand", use_multipart=False)
                obstore.get(self._store, key).bytes()
                self.names(INCOMING)
                obstore.delete(self._store, key)
                owner = self._owner(farm)
        except FileNotFoundError as error:
            raise CannotStart(f"There is no bucket {self._place} for the farm's files. {advice}") from error
        except OSError as error:
            raise CannotStart(f"The farm cannot use {self._place} for its files: {error.strerror}. {advice}") from error
        if owner != farm:
            raise CannotStart(
                f"The files of another farm are in {self._place}. Write --objects with a prefix of this farm's own; "
                f"if that farm is gone for good, remove the object {self._prefix}{_OWNER} from the bucket."
            )
        self._requests = bucket_requests.open_requests(
            lambda key: self.link(key, "GET", int(time.time()) + _SHORT), self._prefix
        )

    def _owner(self, farm: str) -> str:
        """The name of the farm that owns this place: this one, if it is unclaimed."""
        with contextlib.suppress(FileNotFoundError):
            return self._named()
        if not farm:
            return ""
        with contextlib.suppress(exceptions.AlreadyExistsError, exceptions.PreconditionError):
            obstore.put(self._store, _OWNER, farm.encode(), use_multipart=False, mode="create")
        time.sleep(_CLAIM_SECONDS)
        return self._named()

    def _named(self) -> str:
        return bytes(obstore.get(self._store, _OWNER).bytes()).decode("ascii", "replace")

    def path(self, key: str) -> None:
        return None

    def link(self, key: str, method: str, expires: int) -> str:
        seconds = max(_LEAST_LINK_SECONDS, expires - int(time.time()))
        place = _incoming(key) if method == "PUT" else _checked(key)
        with self._objects_errors(key):
            return obstore.sign(self._signs, "PUT" if method == "PUT" else "GET", place, timedelta(seconds=seconds))

    def renew(self) -> None:
        """With a role, the first signature requests keys from the machine, however long that takes: do it here."""
        fresh = self._opened(_SHORT)
        with self._objects_errors(ATTEMPTS):
            obstore.sign(fresh, "GET", f"{ATTEMPTS}/check", timedelta(seconds=_SHORT))
        self._signs = fresh

    def signed_put(self, key: str, content: Content) -> SignedRequest | None:
        if self._requests is None or not self._requests.takes_from_others or content.bytes > _MOST_AT_ONCE:
            return None
        return self._requests.put(_checked(key), content)

    def arrived(self, key: str) -> int:
        with self._objects_errors(key):
            return int(obstore.head(self._store, _incoming(key))["size"])

    def take(self, key: str) -> int:
        try:
            return self.size(key)
        except FileNotFoundError:
            # Another job of the same upload may be taking it now.
            with contextlib.suppress(FileNotFoundError), self._objects_errors(key):
                obstore.copy(self._transfers, _incoming(key), _checked(key))
                obstore.delete(self._store, _incoming(key))
        return self.size(key)

    def size(self, key: str) -> int:
        with self._objects_errors(key):
            return int(obstore.head(self._store, _checked(key))["size"])

    def sizes(self, folder: str) -> Mapping[str, int]:
        with self._objects_errors(folder):
            found = obstore.list(self._store, _checked(folder)).collect()
        return {each["path"]: each["size"] for each in found}

    def open(self, key: str) -> BinaryIO:
        size = self.size(key)

        def read(start: int, stop: int) -> bytes:
            with self._objects_errors(key):
                return bytes(obstore.get_range(self._transfers, key, start=start, end=stop))

        return io.BufferedReader(_Ranges(read, size), _PIECE_BYTES)

    def fetch(self, key: str, target: Path) -> None:
        size = self.size(key)
        with target.open("xb") as file:
            for start in range(0, size, _PART_BYTES):
                with self._objects_errors(key):
                    file.write(obstore.get_range(self._transfers, key, start=start, end=min(size, start + _PART_BYTES)))

    def put(self, file: Path, key: str) -> int:
        size = file.stat().st_size
        with self._objects_errors(key):
            obstore.put(
                self._transfers,
                _checked(key),
                file,
                attributes={"Content-Type": media_type(key)},
                use_multipart=size > _PART_BYTES,
                chunk_size=max(_PART_BYTES, size // _MOST_PARTS),
                max_concurrency=2,
            )
        files.remove(file)
        return size

    def copy(self, key: str, target: str) -> int:
        with self._objects_errors(key):
            obstore.copy(self._transfers, _checked(key), _checked(target))
        return self.size(target)

    def names(self, folder: str) -> Iterable[str]:
        with self._objects_errors(folder):
            found = obstore.list_with_delimiter(self._store, _checked(folder))
        keys = [*found["common_prefixes"], *(each["path"] for each in found["objects"])]
        return [key.rstrip("/").rpartition("/")[2] for key in keys]

    def remove(self, key: str) -> None:
        with self._objects_errors(key):
            for page in obstore.list(self._store, _checked(key)):
                obstore.delete(self._store, [each["path"] for each in page])
            obstore.delete(self._store, key)

    def clean(self, before: float) -> None:
        """Removes files that nodes have sent and the farm has not taken, and unfinished multipart uploads."""
        with self._objects_errors(ATTEMPTS):
            for page in obstore.list(self._store, ATTEMPTS):
                old = [each["path"] for each in page if each["last_modified"].timestamp() < before]
                if old:
                    obstore.delete(self._store, old)
        if self._requests is not None:
            self._requests.end_uploads(before)

    @contextlib.contextmanager
    def _objects_errors(self, key: str) -> Iterator[None]:
        """Turns the bucket's errors into those of Objects."""
        try:
            yield
        except FileNotFoundError as error:
            raise FileNotFoundError(errno.ENOENT, "it is no longer in the bucket", key) from error
        except exceptions.BaseError as error:
            raise CannotReach(errno.EHOSTUNREACH, _why(error)) from error


class _Ranges(io.RawIOBase):
    """Reads a file of a known size piece by piece. read: the bytes from a position up to another."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        self._read = read
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        stop = min(self._size, self._at + len(buffer))
        if self._at >= stop:
            return 0
        piece = self._read(self._at, stop)
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _checked(key: str) -> str:
    if not is_key(key):
        raise ValueError(f"{key!a} is not the key of an object")
    return key


def _incoming(key: str) -> str:
    """Where an upload for this key arrives."""
    return f"{INCOMING}/{PurePosixPath(_checked(key)).name}"


def _why(error: Exception) -> str:
    """Half a sentence. The bucket's own message may contain parts of the request, so it is not shown."""
    if _ROLES in str(error):
        return "no access key for the bucket is set"
    status = _STATUS.search(str(error))
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError) or (
        status and status[1] in _REFUSED
    ):
        return "the bucket refuses the farm's access keys"
    return f"the bucket answers with status {status[1]}" if status else "the bucket does not answer"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
