"""Keys: who may use the farm, and that a workspace sees nothing of another one."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from people import Person, manage
from quick_engine import QuickFarm, package
from running_farm import API

People = Callable[..., Person]
CONFIG = {"requestedRenderConfig": {"colorManagementPreset": "default"}}


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.blend"
    path.write_bytes(package(1))
    return path


def test_a_key_works_beside_a_running_farm_until_it_is_revoked(
    quick_farm: QuickFarm, person: People, scene: Path
) -> None:
    ada = person(quick_farm, "Ada")
    assert ada.rendered(scene)["status"] == "completed"
    manage(quick_farm.data, "keys", "revoke", ada.id)
    answer = ada.api.get("/jobs")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


def test_a_key_outlives_a_restart(quick_farm: QuickFarm, person: People) -> None:
    ada = person(quick_farm, "Ada")
    quick_farm.kill()
    quick_farm.start()
    headers = {"Authorization": f"Bearer {ada.token}"}
    assert httpx.get(quick_farm.url + API + "/jobs", headers=headers, trust_env=False).status_code == 200


def test_the_farm_keeps_a_hash_of_a_key_and_nothing_else_of_it(quick_farm: QuickFarm, person: People) -> None:
    ada = person(quick_farm, "Ada")
    assert ada.api.get("/jobs").status_code == 200
    secret = ada.token.removeprefix("FH-")
    written = b"".join(each.read_bytes() for each in quick_farm.data.rglob("*") if each.is_file())
    assert hashlib.sha256(ada.token.encode()).digest() in written
    assert secret.encode() not in written and bytes.fromhex(secret) not in written


def test_the_list_says_who_has_which_key_and_when_it_was_used(quick_farm: QuickFarm, person: People) -> None:
    ada = person(quick_farm, "Ada", "--workspace", "film")
    before = manage(quick_farm.data, "keys", "list")
    ada.api.get("/jobs")
    after = manage(quick_farm.data, "keys", "list")
    assert [(key["name"], key["workspace"], key["role"]) for key in after] == [("Ada", "film", "submit")]
    assert before[0]["used"] is None and after[0]["used"] is not None
    assert ada.token not in str(after)


def test_a_workspace_sees_nothing_of_another_one(quick_farm: QuickFarm, person: People, scene: Path) -> None:
    ada = person(quick_farm, "Ada", "--workspace", "film")
    eve = person(quick_farm, "Eve", "--workspace", "games")
    slug = ada.upload(scene)
    job_id = ada.start_render(scene, frameRanges=["1-3"])
    calls = [
        *(("GET", f"/jobs/{job_id}{what}") for what in ("", "/progress", "/downloads")),
        *(("POST", f"/jobs/{job_id}/{what}") for what in ("validate", "render", "cancel")),
    ]
    for method, path in calls:
        answer = eve.api.request(method, path, json=CONFIG if method == "POST" else None)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "job_not_found"), path
    assert eve.api.get("/jobs").json()["pagination"]["total"] == 0
    assert eve.api.get("/jobs/progress").json() == []
    assert eve.api.post("/jobs", json={"slug": slug}).json()["error"]["code"] == "unknown_slug"
    assert ada.wait_for(job_id, "completed")["workspaceId"] != eve.rendered(scene)["workspaceId"]


def test_an_admin_looks_at_and_ends_jobs_of_all_workspaces_and_works_in_one(
    quick_farm: QuickFarm, person: People, scene: Path
) -> None:
    ada = person(quick_farm, "Ada", "--workspace", "film")
    admin = person(quick_farm, "Eve", "--workspace", "games", "--role", "admin")
    slug = ada.upload(scene)
    job_id = ada.rendered(scene, frameRanges=["1-3"])["id"]
    assert admin.job(job_id)["status"] == "completed"
    assert admin.frames(job_id) == ada.frames(job_id)
    assert admin.api.get(f"/jobs/{job_id}/progress").status_code == 200
    waiting = ada.new_job(scene)
    for what in ("validate", "render"):
        assert admin.api.post(f"/jobs/{waiting}/{what}", json=CONFIG).status_code == 404
    assert admin.api.post("/jobs", json={"slug": slug}).json()["error"]["code"] == "unknown_slug"
    assert admin.api.get("/jobs").json()["pagination"]["total"] == 0
    assert admin.api.get("/jobs/progress").json() == []
    assert admin.ask(f"/jobs/{waiting}/cancel")["status"] == "canceled" == ada.job(waiting)["status"]


def test_two_keys_of_a_workspace_see_the_same_jobs(quick_farm: QuickFarm, person: People, scene: Path) -> None:
    ada = person(quick_farm, "Ada", "--workspace", "film")
    bob = person(quick_farm, "Bob", "--workspace", "film")
    job_id = ada.rendered(scene)["id"]
    assert bob.job(job_id)["status"] == "completed"
    assert [job["id"] for job in bob.api.get("/jobs").json()["jobs"]] == [job_id]


def test_the_farms_own_token_is_an_admin_of_the_first_workspace(
    quick_farm: QuickFarm, person: People, scene: Path
) -> None:
    job_id = quick_farm.rendered(scene)["id"]
    assert person(quick_farm, "Ada").job(job_id)["id"] == job_id


@pytest.mark.parametrize("role", ["render", "monitor"])
def test_a_key_of_another_role_sends_no_jobs(quick_farm: QuickFarm, person: People, role: str) -> None:
    machine = person(quick_farm, "machine", "--role", role)
    answer = machine.api.get("/jobs")
    assert answer.status_code == 403
    assert "submit" in answer.json()["error"]["message"]


@pytest.mark.parametrize("words", [("keys", "list"), ("keys", "revoke", "3f2a91c0"), ("workspaces", "list")])
def test_a_folder_without_a_farm_is_named_and_left_alone(tmp_path: Path, words: tuple[str, ...]) -> None:
    data = tmp_path / "typo"
    command = [sys.executable, "-m", "farmhand.farm", *words, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, str(data) in done.stderr, data.exists()) == (2, True, False)
