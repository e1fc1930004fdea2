"""A real Blender on a disk that is full: nothing that it could not write counts. Needs root, for a disk of its own."""

import asyncio
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from painting_farm import png
from small_disk import fill
from waiting import wait_until

from farmhand.farm.objects.folder import FolderObjects
from farmhand.farm.options import ALWAYS
from farmhand.farm.render.backend import FrameTask, Needs, Package, Rendered
from farmhand.farm.render.local_backend import LocalBackend
from farmhand.farm.render.movies import Movies
from farmhand.farm.render.packages.laid_out import LaidOutPackages
from farmhand.farm.settings import GIB, FarmSettings
from farmhand.farm.state.records import OutputRecord, Upload
from farmhand.farm.state.store import Store

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="as root on Linux it can make small disks"
)
CONFIG = {
    "colorManagementPreset": "default", "frameRanges": ["1-3"], "outputFormat": "BMP", "resolution": [1024, 768],
}  # fmt: skip
ROOM, IMAGE = 1024**2, 54 + 4 * 1024 * 768
PACKAGE = Package("uploads/scene.blend", "blend", "scene.blend")


@pytest.mark.parametrize("limit, problem", [("disk", errno.ENOSPC), ("quota", errno.EDQUOT)])
def test_a_frame_that_blender_had_no_room_for_is_rendered_again(
    limit: str,
    problem: int,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    blender_command: list[str],
    scene_file: Callable[..., Path],
) -> None:
    data = tmp_path / "data"
    request.getfixturevalue(limit)(data, "64m")
    objects, work = FolderObjects(data / "objects"), data / "w"
    (data / "objects/uploads").mkdir(parents=True)
    (data / "objects" / PACKAGE.key).write_bytes(scene_file("animated").read_bytes())
    settings = FarmSettings(data, tuple(blender_command), confine="off", own_files=True)
    backend = LocalBackend(settings, work, data / "logs", LaidOutPackages(objects, work, GIB))

    async def render(frame: int) -> Rendered:
        return await backend.render(FrameTask("job", frame, PACKAGE, CONFIG, Needs("job"), False), lambda _: None)

    async def work_on_it() -> None:
        await backend.start(lambda: None)
        try:
            await render(1)
            filling = fill(data, ROOM)
            for _ in range(2):
                with pytest.raises(OSError) as failed:
                    await render(2)
                assert failed.value.errno == problem
            filling.unlink()
            files = (await render(2)).files
        finally:
            await backend.stop()
        assert [file.path.stat().st_size for file in files] == [IMAGE]

    asyncio.run(work_on_it())


def test_a_video_that_blender_had_no_room_for_is_made_later(
    tmp_path: Path, disk: Callable[[Path, str], None], blender_command: list[str]
) -> None:
    data, store = tmp_path / "data", Store(tmp_path / "farm.sqlite3")
    disk(data, "64m")
    store.add_upload(Upload("slug", "a.blend", "blend", 0.0, None, store.workspace_id))
    job = store.create_job("slug")
    store.add_frames(job.id, [1, 2])
    for frame in (1, 2):
        name, content = f"frames/{frame:04}.png", png(64, 36, (b"\0" + bytes([0, 90, 90 * frame]) * 64) * 36)
        path = data / "objects" / job.key / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        store.finish_frame(job.id, frame, 1.0, [OutputRecord(frame, name, None, None, len(content), "")])
    with store.database.write():
        store.database.execute("UPDATE jobs SET status = 'completed'")
    settings = FarmSettings(data, tuple(blender_command), confine="off", own_files=True, videos=ALWAYS)
    movies = Movies(settings, store, FolderObjects(data / "objects"), data / "w" / "movies")

    async def make() -> None:
        filling = fill(data)
        making = asyncio.create_task(movies.run())
        try:
            await asyncio.to_thread(wait_until, lambda: job.id in movies._short, "the first try has failed")
            filling.unlink()
            while not store.get(job.id).video:
                await movies.make(job.id)
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    asyncio.run(asyncio.wait_for(make(), 120))
    assert (store.get(job.id).video or {}).get("frames") == 2
    store.close()
