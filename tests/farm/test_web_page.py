"""The farm's web page over HTTP: who gets in, what they see, and that no other site can press its buttons."""

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from people import Person
from quick_engine import QuickFarm, package
from running_farm import RunningFarm
from waiting import PATIENCE, wait_until

from farmhand.farm.web import logs, overview
from farmhand.farm.web.sessions import IDLE_SECONDS

NAME = "a<b>&\x1b[31m.blend"


Browser = Callable[..., httpx.Client]


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Call with a farm and a key: a browser that is signed in; without a key, one that is not."""
    clients: list[httpx.Client] = []

    def open_one(farm: RunningFarm, key: str = "") -> httpx.Client:
        client = httpx.Client(base_url=farm.url, headers={"Origin": farm.url}, trust_env=False, timeout=30)
        clients.append(client)
        if key:
            answer = client.post("/web/sign-in", data={"key": key})
            assert answer.status_code == 303 and answer.headers["location"] == "/"
        return client

    yield open_one
    for client in clients:
        client.close()


def finished(farm: RunningFarm, path: Path, **config: object) -> str:
    path.write_bytes(package(1))
    job_id = str(farm.ask("/jobs", slug=farm.upload(path, name=NAME))["id"])
    farm.ask(f"/jobs/{job_id}/validate")
    farm.wait_for(job_id, "validated")
    wanted = {"colorManagementPreset": "default", "frameRanges": ["1-3"], **config}
    farm.ask(f"/jobs/{job_id}/render", requestedRenderConfig=wanted)
    farm.wait_for(job_id, "completed")
    return job_id


def test_without_a_key_there_is_a_form_and_nothing_else(
    browser: Browser, quick_farm: QuickFarm, tmp_path: Path
) -> None:
    job_id = finished(quick_farm, tmp_path / "scene.blend")
    stranger = browser(quick_farm)
    page = stranger.get("/")
    assert page.status_code == 200 and 'type="password"' in page.text and job_id not in page.text
    for path in (f"/web/jobs/{job_id}", f"/web/jobs/{job_id}/log", "/web/events"):
        assert stranger.get(path).status_code == 303
    assert stranger.post(f"/web/jobs/{job_id}/cancel").status_code == 401
    refused = stranger.post("/web/sign-in", data={"key": "FH-no"})
    assert refused.status_code == 403 and "does not open" in refused.text and "set-cookie" not in refused.headers


def test_who_is_signed_in_sees_the_jobs_and_one_job(browser: Browser, quick_farm: QuickFarm, tmp_path: Path) -> None:
    job_id = finished(quick_farm, tmp_path / "scene.blend")
    client = browser(quick_farm, quick_farm.token)
    jobs = client.get("/").text
    assert job_id in jobs and "a&lt;b&gt;&amp;" in jobs and "3 of 3" in jobs
    page = client.get(f"/web/jobs/{job_id}").text
    assert ">Done<" in page and page.count("<figure>") == 3
    links = [link.replace("&amp;", "&") for link in re.findall(r'(?:src|href)="([^"]+/storage/[^"]+)"', page)]
    assert len(links) >= 3
    for link in links:
        assert httpx.get(link, trust_env=False).status_code == 200
    with closing(sqlite3.connect(quick_farm.data / "farm.sqlite3")) as database:
        ((until,),) = database.execute("SELECT links_until FROM jobs WHERE id = ?", (job_id,))
        assert until > time.time() + 3600, "old files that the page links to are not removed"
        client.get(f"/web/jobs/{job_id}")
        assert database.execute("SELECT links_until FROM jobs").fetchall() == [(until,)], "not noted at each look"


def test_nothing_of_a_stranger_becomes_markup_and_no_key_is_on_the_page(
    browser: Browser, quick_farm: QuickFarm, tmp_path: Path
) -> None:
    job_id = finished(quick_farm, tmp_path / "scene.blend")
    client = browser(quick_farm, quick_farm.token)
    for path in ("/", f"/web/jobs/{job_id}", f"/web/jobs/{job_id}/log", "/?status=<script>"):
        page = client.get(path)
        assert "<b>" not in page.text and "<script>" not in page.text and "\x1b" not in page.text
        assert quick_farm.token not in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe-inline" not in policy
        assert not re.search(r'\son\w+="|style="', page.text)


def test_the_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(
    browser: Browser, quick_farm: QuickFarm
) -> None:
    answer = browser(quick_farm).post("/web/sign-in", data={"key": quick_farm.token})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and quick_farm.token.lower() not in cookie
    (seconds,) = re.findall(r"max-age=(\d+)", cookie)
    assert int(seconds) > 2 * IDLE_SECONDS, "it is the farm that ends a session, and none that is in use"


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://["}],
)  # fmt: skip
def test_a_form_of_another_site_does_nothing(
    browser: Browser, quick_farm: QuickFarm, tmp_path: Path, headers: dict[str, str]
) -> None:
    job_id = quick_farm.validated(_file(tmp_path))["id"]
    client = browser(quick_farm, quick_farm.token)
    assert client.post(f"/web/jobs/{job_id}/cancel", headers=headers).status_code == 403
    assert quick_farm.job(job_id)["status"] == "validated"


@pytest.mark.parametrize(
    "written", [{"resolution": 5}, {"resolution": ["a", None]}, {"resolution": {"a": 1}}, {"engine": [[]]}]
)
@pytest.mark.parametrize("seconds", [0.0, float("inf")])
def test_a_job_whose_scene_wrote_its_analysis_has_a_page(written: dict[str, Any], seconds: float) -> None:
    job: Any = SimpleNamespace(id="job", analysis=written, final={"notices": 7}, render_seconds=seconds)
    views: Any = SimpleNamespace(job=lambda _: SimpleNamespace(scene_file={}))
    assert ("Job ID", "job") in overview.details(job, views)


def test_a_log_that_a_newer_one_replaces_meanwhile_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "job").mkdir()
    for name in ("a.log", "b.log"):
        (tmp_path / "job" / name).write_text(name)
    is_file = Path.is_file

    def removed(path: Path) -> bool:
        found = is_file(path)
        if path.name == "a.log":
            path.unlink()
        return found

    monkeypatch.setattr(Path, "is_file", removed)
    assert [each.text for each in logs.read(tmp_path, "job")] == ["b.log"]


def test_cancel(browser: Browser, quick_farm: QuickFarm, tmp_path: Path) -> None:
    job_id = quick_farm.validated(_file(tmp_path))["id"]
    client = browser(quick_farm, quick_farm.token)
    assert client.post(f"/web/jobs/{job_id}/cancel").status_code == 303
    assert quick_farm.job(job_id)["status"] == "canceled"
    again = client.post(f"/web/jobs/{job_id}/cancel")
    assert again.status_code == 400 and "Only a job in progress can be canceled" in again.text


def test_pause_priority_and_resume(browser: Browser, quick_farm: QuickFarm, tmp_path: Path) -> None:
    file = tmp_path / "scene.blend"
    file.write_bytes(package(1, seconds=0.2))
    job_id = quick_farm.start_render(file, frameRanges=["1-200"])
    client = browser(quick_farm, quick_farm.token)
    assert client.post(f"/web/jobs/{job_id}/pause").status_code == 303
    assert ">Paused<" in client.get("/").text and ">Resume<" in client.get(f"/web/jobs/{job_id}").text
    assert "Press Resume to continue" in client.get(f"/web/jobs/{job_id}").text
    assert "Resume it on the farm" not in client.get(f"/web/jobs/{job_id}").text
    assert "Resume it on the farm" in httpx.get(quick_farm.job(job_id)["pageUrl"], trust_env=False).text
    progress = f"/jobs/{job_id}/progress"
    wait_until(lambda: quick_farm.api.get(progress).json()[0]["framesRendering"] == 0, "what was under way is done")
    done = quick_farm.frames_done(job_id)
    time.sleep(1.0)
    assert quick_farm.frames_done(job_id) == done
    assert client.post(f"/web/jobs/{job_id}/priority", data={"priority": "3"}).status_code == 303
    assert '<option value="3" selected>' in client.get(f"/web/jobs/{job_id}").text
    assert client.post(f"/web/jobs/{job_id}/priority", data={"priority": "99"}).status_code == 400
    assert client.post(f"/web/jobs/{job_id}/resume").status_code == 303
    wait_until(lambda: quick_farm.frames_done(job_id) > done, "it goes on")
    client.post(f"/web/jobs/{job_id}/cancel")


def test_a_job_that_failed_is_retried_and_no_other(browser: Browser, quick_farm: QuickFarm, tmp_path: Path) -> None:
    file = tmp_path / "scene.blend"
    file.write_bytes(package(1, failing_frame=3))
    job_id = quick_farm.start_render(file, frameRanges=["1-4"])
    quick_farm.wait_for(job_id, "failed")
    client = browser(quick_farm, quick_farm.token)
    page = client.get(f"/web/jobs/{job_id}").text
    assert ">Retry<" in page and "This frame cannot be rendered" in page
    assert ">Retry<" in client.get("/?status=failed").text
    assert client.post(f"/web/jobs/{job_id}/retry").status_code == 303
    quick_farm.wait_for(job_id, "failed")  # it cannot work, and is tried all the same
    assert client.post(f"/web/jobs/{job_id}/retry", headers={"Origin": "https://evil.example"}).status_code == 403
    done = finished(quick_farm, tmp_path / "good.blend")
    refused = client.post(f"/web/jobs/{done}/retry")
    assert refused.status_code == 400 and "failed while it rendered" in refused.text


def test_signing_out_and_a_revoked_key_end_the_session(
    browser: Browser, quick_farm: QuickFarm, person: Callable[..., Person]
) -> None:
    client = browser(quick_farm, quick_farm.token)
    kept = dict(client.cookies)
    assert client.post("/web/sign-out").status_code == 303
    client.cookies.update(kept)
    assert 'type="password"' in client.get("/").text


def test_a_workspace_sees_its_own_jobs_alone(
    browser: Browser, quick_farm: QuickFarm, person: Callable[..., Person], tmp_path: Path
) -> None:
    ann, bob = person(quick_farm, "ann", "--workspace", "film"), person(quick_farm, "bob", "--workspace", "ads")
    job_id = ann.validated(_file(tmp_path))["id"]
    mine, others, admin = (
        browser(quick_farm, ann.token),
        browser(quick_farm, bob.token),
        browser(quick_farm, quick_farm.token),
    )
    assert job_id in mine.get("/").text and job_id in admin.get("/").text
    assert job_id not in others.get("/").text
    for path in (f"/web/jobs/{job_id}", f"/web/jobs/{job_id}/log"):
        assert others.get(path).status_code == 404
    assert others.post(f"/web/jobs/{job_id}/cancel").status_code == 404
    assert admin.get(f"/web/jobs/{job_id}").status_code == 200


def test_the_stream_tells_that_something_changed(browser: Browser, quick_farm: QuickFarm, tmp_path: Path) -> None:
    client = browser(quick_farm, quick_farm.token)
    seen: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        with client.stream("GET", "/web/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                seen.append(line)
                ready.set()
                if line == "event: changed":
                    return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert ready.wait(PATIENCE)
    assert "event: changed" not in seen
    quick_farm.validated(_file(tmp_path))
    wait_until(lambda: "event: changed" in seen, "the stream tells of the new job")


def _file(folder: Path) -> Path:
    file = folder / "scene.blend"
    file.write_bytes(package(1))
    return file
