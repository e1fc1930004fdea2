"""Nodes of a farm whose files are in a bucket fetch packages there."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bucket_server import BUCKET, BucketServer
from running_cluster import RunningCluster


@pytest.mark.skipif(sys.platform != "linux", reason="the bucket's server is for Linux here")
def test_a_node_fetches_the_package_from_the_bucket_and_its_frames_get_there(
    start_cluster: Callable[..., RunningCluster],
    scene_file: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = BucketServer(tmp_path / "bucket")
    try:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        cluster = start_cluster("--objects", f"s3://{BUCKET}/farm", "--videos", "never")
        for name in server.environment:  # a node needs no keys of the bucket
            monkeypatch.delenv(name)
        node = cluster.node()
        job = cluster.farm.rendered(scene_file("turning"), frameRanges=["1-3"])
        assert job["status"] == "completed", job["failedReason"]
        frames = cluster.farm.frames(job["id"])
        assert len(frames) == 3 and all(frame.startswith(b"BM") for frame in frames.values())
        assert {f"jobs/{job['id']}/{name}" for name in frames} <= set(server.keys("farm"))
        logs = "".join(log.read_text(encoding="utf-8") for log in (node.folder / "logs").glob("*.log"))
        assert "A package comes from 127.0.0.1" in logs
    finally:
        server.stop()
