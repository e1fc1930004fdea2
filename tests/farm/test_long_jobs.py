"""A job of very many frames keeps no other call waiting, however often its files are listed and its pages looked at."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from quick_engine import QuickFarm, package
from test_large_start import Watch

from farmhand.farm.responses import FILES_OF_EACH_END

FRAMES = 40_000
COLUMNS = "job_id, frame, relative_path, bytes, sha256, file_name, crc32"
SHOWN = 2 * FILES_OF_EACH_END


@pytest.fixture
def job_id(quick_farm: QuickFarm, tmp_path: Path) -> str:
    """A job whose frames are done but for the last, which takes its time; some have failed."""
    path = tmp_path / "scene.blend"
    path.write_bytes(package(0, seconds=600.0))
    job_id = quick_farm.start_render(path, frameRanges=[f"1-{FRAMES + 1000}"])
    done = ((job_id, frame, f"frames/{frame:06}.exr", "0" * 64, f"shot_{frame:06}.exr") for frame in range(1, FRAMES))
    with closing(sqlite3.connect(quick_farm.data / "farm.sqlite3", timeout=20)) as database, database:
        database.executemany(f"INSERT INTO outputs ({COLUMNS}) VALUES (?, ?, ?, 4, ?, ?, 1)", done)
        state = "CASE WHEN frame < ? THEN 'completed' ELSE 'failed' END"
        database.execute(f"UPDATE frames SET seconds = 1, state = {state} WHERE state = 'pending'", (FRAMES,))
    return job_id


def test_the_list_of_its_files_is_made_beside_other_calls(quick_farm: QuickFarm, job_id: str) -> None:
    began = time.perf_counter()
    with Watch(quick_farm.url) as watch:
        files = quick_farm.downloads(job_id)["frameOutputs"]
    assert len(files) == FRAMES - 1
    assert [files[0]["frame"], files[-1]["frame"]] == [1, FRAMES - 1]
    assert max(watch.seconds) < 0.6 * (time.perf_counter() - began)


def of_the_job(farm: QuickFarm, job_id: str) -> str:
    return httpx.get(farm.job(job_id)["pageUrl"], trust_env=False).text


def of_the_farm(farm: QuickFarm, job_id: str) -> str:
    with httpx.Client(base_url=farm.url, trust_env=False) as browser:
        browser.post("/web/sign-in", data={"key": farm.token}, headers={"Origin": farm.url})
        return browser.get(f"/web/jobs/{job_id}").raise_for_status().text


@pytest.mark.parametrize("page", [of_the_job, of_the_farm])
def test_its_pages_list_the_first_and_the_last_files(
    quick_farm: QuickFarm, job_id: str, page: Callable[[QuickFarm, str], str]
) -> None:
    text = page(quick_farm, job_id)
    assert text.count("<li>") == SHOWN
    assert "frames/000001.exr" in text and f"frames/{FRAMES - 1:06}.exr" in text
    assert f"{FRAMES - 1:,}" in text or str(FRAMES - 1) in text


def test_a_page_lists_some_of_very_many_failures_and_counts_the_others(quick_farm: QuickFarm, job_id: str) -> None:
    text = of_the_farm(quick_farm, job_id)
    assert text.count("<tr>") < 250
    assert "more</p>" in text
