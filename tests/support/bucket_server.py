"""A real S3 server (SeaweedFS) in processes of its own, with one bucket and a key that reaches that bucket alone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import obstore
from obstore.store import S3Store
from running_cluster import free_ports
from waiting import PATIENCE, wait_until

BUCKET, KEY, SECRET = "studio", "FARMSKEY", "FarmsSecretOfTheTest"
_OWNER, _OWNERS_SECRET = "OWNERSKEY", "OwnersSecretOfTheTest"


class BucketServer:
    """folder: where it keeps what it is given."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.port = free_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        may = [f"{what}:{BUCKET}" for what in ("Read", "Write", "List", "Tagging")]
        identities = [_identity("farm", KEY, SECRET, may), _identity("owner", _OWNER, _OWNERS_SECRET, ["Admin"])]
        (folder / "keys.json").write_text(json.dumps({"identities": identities}))
        self.start()
        wait_until(self._make_bucket, "there is a bucket")

    @property
    def environment(self) -> dict[str, str]:
        """What a farm needs to know of it."""
        return {
            "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }  # fmt: skip

    def start(self) -> None:
        weed = Path(sysconfig.get_path("scripts")) / ("weed.exe" if sys.platform == "win32" else "weed")
        master, volume = free_ports(), free_ports()
        words = [
            "-logtostderr=true", "server", f"-dir={self._folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer",
            f"-master.port={master}", f"-master.port.grpc={master + 1}", "-master.volumeSizeLimitMB=64",
            f"-volume.port={volume}", f"-volume.port.grpc={volume + 1}", "-volume.max=20",
            f"-filer.port={master + 2}", f"-filer.port.grpc={volume + 2}",
            "-s3", f"-s3.port={self.port}", f"-s3.port.grpc={self.port + 1}", "-s3.port.iceberg=0", "-s3.port.lance=0",
            f"-s3.config={self._folder / 'keys.json'}",
        ]  # fmt: skip
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen([str(weed), *words], stdout=log, stderr=log, cwd=self._folder)
        wait_until(self._listens, "the bucket's server listens")

    def stop(self) -> None:
        """At once, as a power cut would: what it has said to keep is kept."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def keys(self, prefix: str = "") -> list[str]:
        """Everything that is in the bucket below a prefix, without it."""
        found = obstore.list(self._store(prefix)).collect()
        return sorted(each["path"] for each in found)

    def read(self, prefix: str, key: str) -> bytes:
        return bytes(obstore.get(self._store(prefix), key).bytes())

    def _make_bucket(self) -> bool:
        """This server makes a bucket for its owner at the first file."""
        try:
            obstore.put(self._store(""), "first", b"")
            obstore.delete(self._store(""), "first")
        except obstore.exceptions.BaseError:
            return False
        return True

    def _store(self, prefix: str) -> S3Store:
        return S3Store(
            BUCKET,
            prefix=prefix or None,
            endpoint=self.url,
            access_key_id=_OWNER,
            secret_access_key=_OWNERS_SECRET,
            region="us-east-1",
            client_options={"allow_http": True},
        )

    def _listens(self) -> bool:
        assert self._process.poll() is None, (self._folder / "server.log").read_text()[-2000:]
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


def _identity(name: str, key: str, secret: str, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}


def without_keys() -> dict[str, str]:
    """The environment without anything that concerns buckets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
