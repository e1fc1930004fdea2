"""Whose a place in a bucket is."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bucket_server import BUCKET, BucketServer
from waiting import PATIENCE

from farmhand.farm.errors import CannotStart
from farmhand.farm.objects.bucket import BucketObjects

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bucket's server is for Linux here")


def test_of_two_farms_that_start_at_once_with_one_place_one_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked before either has written its name."""
    server = BucketServer(tmp_path / "bucket")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    named, have_looked = BucketObjects._named, threading.Barrier(2)
    waiting = {name: BucketObjects(f"s3://{BUCKET}/farms") for name in ("first", "second")}
    left = set(map(id, waiting.values()))

    def looked(objects: BucketObjects) -> str:
        try:
            return named(objects)
        finally:
            if id(objects) in left:
                left.remove(id(objects))
                have_looked.wait(PATIENCE)
                time.sleep(0.0 if objects is waiting["first"] else 0.5)

    def got(name: str) -> bool:
        try:
            waiting[name].check(name)
        except CannotStart as error:
            assert "The files of another farm" in str(error)
            return False
        return True

    monkeypatch.setattr(BucketObjects, "_named", looked)
    try:
        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(got, waiting)) == [False, True]
    finally:
        server.stop()
