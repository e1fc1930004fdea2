"""Which files a download replaces: frames of the scene's own pattern, and what Farmhand itself downloaded."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from carrying import Carrying, expected
from test_names_from_services import renamed  # noqa: F401 a fixture

from farmhand.client.models import Downloads, NodeOutput
from farmhand.client.service import Service
from farmhand.jobs.journal.submission import FrameState, Request

MINE = b"years of work"


@pytest.fixture
def node_file(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The service also lists a compositor node's file, with the bytes of the first frame. Its name."""
    real = Service.downloads

    def downloads(service: Service, job_id: str, frames: int = 0) -> Downloads:
        found = real(service, job_id, frames)
        for first in (found.frame_outputs or [])[:1]:
            node = NodeOutput(url=first.url, file_name="wood_02.png", relative_path="textures/wood_02.png")
            found = found.model_copy(update={"composite_node_outputs": [node]})
        return found

    monkeypatch.setattr(Service, "downloads", downloads)
    yield "textures/wood_02.png"


def test_a_second_file_of_a_frame_replaces_no_picture_of_the_user(
    courier: Carrying,
    renamed: Callable[..., None],  # noqa: F811
) -> None:
    renamed({"0002.png": {"file_name": "wood_1.png", "relative_path": None}})
    courier.output.mkdir(parents=True)
    (courier.output / "wood_1.png").write_bytes(MINE)
    courier.carry(courier.submit(output_existing="replace"))
    assert courier.files()["wood_1.png"] == MINE
    assert set(courier.files()) == {"shot_0001.png", "shot_0003.png", "wood_1.png", "wood_1_v2.png"}


def test_a_nodes_file_replaces_no_picture_of_the_user_but_its_own_earlier_one(
    courier: Carrying, node_file: str
) -> None:
    mine = courier.output / node_file
    mine.parent.mkdir(parents=True)
    mine.write_bytes(MINE)
    courier.carry(courier.submit(output_existing="replace"))
    assert mine.read_bytes() == MINE
    beside = mine.with_name("wood_02_v2.png")
    assert beside.exists()
    mine.unlink()
    for _ in range(2):
        courier.carry(courier.submit(output_existing="replace"))
        assert sorted(mine.parent.iterdir()) == [mine, beside]
    mine.write_bytes(MINE)  # retouched
    courier.carry(courier.submit(output_existing="replace"))
    assert mine.read_bytes() == MINE
    assert sorted(mine.parent.iterdir()) == [mine, beside, mine.with_name("wood_02_v3.png")]


def test_frames_of_the_pattern_replace_what_the_artist_rendered(courier: Carrying) -> None:
    courier.output.mkdir(parents=True)
    for frame in (1, 2, 3, 4):
        (courier.output / f"shot_000{frame}.png").write_bytes(MINE)
    courier.carry(courier.submit(output_existing="replace"))
    assert courier.files() == {**expected([1, 2, 3]), "shot_0004.png": MINE}


@pytest.mark.parametrize("age", [0, 3600])
def test_frames_with_the_services_names_replace_those_of_an_earlier_job(courier: Carrying, age: int) -> None:
    for _ in range(2):
        courier.carry(courier.submit(output_existing="replace", output_pattern=""))
        for file in courier.output.iterdir():
            os.utime(file, (file.stat().st_atime - age,) * 2)  # as after a copy
    assert len(courier.files()) == 3


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_folder_that_became_a_link_after_the_name_was_chosen_is_not_followed(
    courier: Carrying,
    tmp_path: Path,
    renamed: Callable[..., None],  # noqa: F811
) -> None:
    renamed({"0002.png": {"relative_path": "passes/0002.png"}})
    outside = tmp_path / "outside"
    outside.mkdir()
    done = courier.carry(courier.submit(output_pattern=""))
    passes = courier.output / "passes"
    (passes / "0002.png").unlink()
    passes.rmdir()
    passes.symlink_to(outside)
    done = courier.carry(courier.answer(done, Request.PULL_AGAIN))
    assert not list(outside.iterdir())
    (refused,) = [record for record in courier.frames(done) if record.state is FrameState.REJECTED]
    assert "through a link" in str(refused.reason)
