"""The page of a job for a browser: signed, escaped, and with the frames on it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from running_farm import RunningFarm

from farmhand.client.models import Job
from farmhand.farm.api import page_html


@pytest.fixture(scope="module")
def finished(farm: RunningFarm, scene_file: Callable[..., Path]) -> str:
    path = scene_file("animated")
    slug = farm.upload(path, name="a<b>&.blend")
    job_id = str(farm.ask("/jobs", slug=slug)["id"])
    farm.ask(f"/jobs/{job_id}/validate")
    farm.wait_for(job_id, "validated")
    farm.ask(
        f"/jobs/{job_id}/render",
        requestedRenderConfig={"colorManagementPreset": "default", "frameRanges": ["1-2"], "sampleCount": 1},
    )
    farm.wait_for(job_id, "completed")
    return job_id


def page(farm: RunningFarm, job_id: str) -> httpx.Response:
    return httpx.get(farm.job(job_id)["pageUrl"], trust_env=False)


def test_the_page_shows_the_job_and_its_frames(farm: RunningFarm, finished: str) -> None:
    answer = page(farm, finished)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert "Done – 2 frames, 0:" in answer.text and answer.text.count("<img") == 2
    assert answer.text.index("Download All Frames") < answer.text.index("<img")
    assert answer.text.index("0001.png") < answer.text.index("0002.png")
    assert "<h1>a&lt;b&gt;&amp;</h1>" in answer.text and "Scene: Scene" in answer.text
    assert "refresh" not in answer.text
    for link in answer.text.split('src="')[1:]:
        url = link.split('"')[0].replace("&amp;", "&")
        assert httpx.get(url, trust_env=False).content[:4] == b"\x89PNG"


def test_names_are_shown_and_never_run(farm: RunningFarm, finished: str) -> None:
    answer = page(farm, finished)
    assert "a&lt;b&gt;&amp;.blend" in answer.text and "<b>" not in answer.text
    policy = answer.headers["content-security-policy"]
    for rule in ("default-src", "form-action", "base-uri", "frame-ancestors"):
        assert f"{rule} 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert farm.token not in answer.text


@pytest.mark.parametrize(
    "letter", ["\x1b", "\x9b", "\u202e", "\u2066", "\u061c", "\u200b", "\ufeff", "\u3164"], ids=ascii
)
def test_names_of_a_scene_hide_nothing_and_turn_no_text(letter: str) -> None:
    told = page_html._facts(described(scene=f"A{letter}<b>", fileName="雪　山 é\u200dx.blend"))
    assert "A\ufffd&lt;b&gt;" in told and "雪　山 é\u200dx.blend" in told


def described(scene: str, fileName: str) -> Job:
    times = {"createdAt": "2026-11-01T10:00:00Z", "updatedAt": "2026-11-01T10:00:00Z"}
    told = {
        "id": "j",
        "workspaceId": "w",
        "status": "completed",
        "analysis": {"scene": scene},
        "sceneFile": {"fileName": fileName},
    }
    return Job.read({**told, **times})


def test_a_job_that_goes_on_is_looked_at_again(farm: RunningFarm, scene_file: Callable[..., Path]) -> None:
    job_id = farm.new_job(scene_file("animated"))
    assert 'http-equiv="refresh"' in page(farm, job_id).text


@pytest.mark.parametrize("change", [("signature=", "signature=0"), ("expires=", "expires=1"), ("/pages/", "/pages/x")])
def test_a_changed_link_shows_nothing(farm: RunningFarm, finished: str, change: tuple[str, str]) -> None:
    url = farm.job(finished)["pageUrl"].replace(*change)
    answer = httpx.get(url, trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "This link has expired" in answer.text and "default-src" in answer.headers["content-security-policy"]


def test_a_link_to_the_page_is_no_link_to_files(farm: RunningFarm, finished: str) -> None:
    parts = urlsplit(farm.job(finished)["pageUrl"])
    url = f"{farm.url}/storage{parts.path}?{parts.query}"
    assert httpx.get(url, trust_env=False).status_code == 404
