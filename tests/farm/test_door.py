"""Who may talk to a farm, and what it says to everyone else."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from running_farm import API, RunningFarm
from waiting import wait_until


def get(farm: RunningFarm, path: str = "/jobs", **headers: str) -> httpx.Response:
    return httpx.get(farm.url + API + path, headers=headers, trust_env=False)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic YTpi"])
def test_a_call_without_the_key_is_refused(farm: RunningFarm, authorization: str) -> None:
    answer = get(farm, Authorization=authorization)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


def test_a_page_whose_name_was_bent_to_this_computer_is_refused(farm: RunningFarm) -> None:
    answer = get(farm, Authorization=f"Bearer {farm.token}", Host="evil.example")
    assert answer.status_code == 403


def test_no_page_of_another_origin_is_allowed_to_read(farm: RunningFarm) -> None:
    answer = get(farm, Authorization=f"Bearer {farm.token}", Origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers


def test_a_key_from_the_environment_is_good_too(start_farm: Callable[..., RunningFarm]) -> None:
    farm = start_farm(environment={"FARMHAND_API_KEY": "studio-key"})
    assert get(farm, Authorization="Bearer studio-key").status_code == 200


@pytest.mark.parametrize("path", ["/jobs/none", "/jobs/none/progress", "/jobs/none/downloads", "/nowhere"])
def test_what_is_not_there_is_said_in_the_common_shape(farm: RunningFarm, path: str) -> None:
    answer = farm.api.get(path)
    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"code", "message"}


@pytest.mark.parametrize("query", ["page=0", "pageSize=0", "pageSize=100000", "page=x"])
def test_a_page_that_cannot_be_is_refused(farm: RunningFarm, query: str) -> None:
    assert farm.api.get(f"/jobs?{query}").status_code == 400


def test_a_farm_with_nothing_to_do_ends_by_itself(start_farm: Callable[..., RunningFarm]) -> None:
    farm = start_farm("--idle-exit", "0.5")
    wait_until(lambda: farm.process.poll() is not None, "the farm has ended")
    assert not (farm.data / "access.json").exists()


def test_a_second_farm_in_the_same_folder_says_so_and_ends(start_farm: Callable[..., RunningFarm]) -> None:
    first = start_farm()
    with pytest.raises(AssertionError, match="Another farm is already using"):
        RunningFarm(first.data, ["python3"])


def test_a_port_that_is_taken_is_said_in_words(start_farm: Callable[..., RunningFarm]) -> None:
    port = start_farm().url.rsplit(":", 1)[1]
    with pytest.raises(AssertionError, match="cannot listen on"):
        start_farm("--port", port)


def test_a_damaged_state_is_said_in_words_and_kept(start_farm: Callable[..., RunningFarm]) -> None:
    farm = start_farm()
    farm.stop()
    (farm.data / "farm.sqlite3").write_bytes(b"not a database at all" * 100)
    with pytest.raises(AssertionError, match="is damaged"):
        farm.start()
    assert (farm.data / "farm.sqlite3").exists()


def test_a_state_of_a_newer_farm_is_left_alone(start_farm: Callable[..., RunningFarm]) -> None:
    farm = start_farm()
    farm.stop()
    with closing(sqlite3.connect(farm.data / "farm.sqlite3")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(AssertionError, match="newer farm"):
        farm.start()


def test_the_token_stays_the_same_over_a_restart(start_farm: Callable[..., RunningFarm]) -> None:
    farm = start_farm()
    before = farm.token
    farm.stop()
    farm.start()
    assert farm.token == before


def test_a_farm_that_is_asked_to_end_ends_cleanly(start_farm: Callable[..., RunningFarm]) -> None:
    farm = start_farm("--prewarm")
    assert farm.stop() == 0
    assert farm.blender_processes() == []


def test_a_key_on_standard_input_is_good_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "farmhand.farm", "--data", str(tmp_path), "--key-stdin", "--blender", "python3"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b"studio-key\n")
        process.stdin.close()
        wait_until((tmp_path / "access.json").exists, "the farm listens")
        url = json.loads((tmp_path / "access.json").read_text())["url"] + API
        answer = httpx.get(url + "/jobs", headers={"Authorization": "Bearer studio-key"}, trust_env=False)
        process.terminate()
    assert answer.status_code == 200


def test_a_key_that_others_could_guess_opens_no_farm_to_the_network(tmp_path: Path) -> None:
    def start(host: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "farmhand.farm",
            "--data",
            str(tmp_path),
            "--key-stdin",
            "--blender",
            "python3",
        ]
        command += ["--host", host, "--idle-exit", "0"]
        return subprocess.run(command, input="studio-key\n", capture_output=True, text=True, timeout=60)

    refused = start("0.0.0.0")
    assert refused.returncode == 2 and "guess" in refused.stderr and "studio-key" not in refused.stderr
    assert start("127.0.0.1").returncode == 0
