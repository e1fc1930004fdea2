"""Every example of docs/python.md runs as it is printed."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running_farm import API, RunningFarm

from farmhand.client.webhooks import sign

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
BLOCKS = re.findall(r"^```[^\n]*\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
EXAMPLES = dict(re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?```python\n(.*?)```", PAGE.read_text("utf-8"), re.M | re.S))


def run(title: str, **names: Any) -> dict[str, Any]:
    exec(compile(EXAMPLES[title], f"{PAGE}: {title}", "exec"), names)
    return names


def test_every_code_block_of_the_page_is_run_by_a_test_below() -> None:
    assert list(EXAMPLES.values()) == BLOCKS, "A heading has two blocks, or one that is no Python."
    assert set(re.findall(r'^ +(?:\w+ = )?run\(\s*"([^"]+)"', Path(__file__).read_text("utf-8"), re.M)) == set(EXAMPLES)


def test_a_list_of_jobs(farm: RunningFarm, scene_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    job = farm.rendered(scene_file("animated"), frameRanges=["1"])
    run("A list of jobs", server=farm.url + API, key=farm.token)
    printed = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert float(printed[job["id"]]) > 0


def test_a_render_step_by_step(farm: RunningFarm, scene_file: Callable[..., Path], tmp_path: Path) -> None:
    run(
        "A render, step by step",
        server=farm.url + API,
        key=farm.token,
        blend=scene_file("animated"),
        folder=tmp_path,
    )
    assert [frame.read_bytes()[:4] for frame in sorted(tmp_path.iterdir())] == [b"\x89PNG", b"\x89PNG"]


def test_when_something_goes_wrong(farm: RunningFarm, capsys: pytest.CaptureFixture[str]) -> None:
    run("When something goes wrong", server=farm.url + API)
    assert "did not accept the API key" in capsys.readouterr().out


def test_webhooks(capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"event": "onRenderComplete", "jobId": "0b9c"}).encode()
    now = int(time.time())
    headers = {"X-Renderjuice-Timestamp": str(now), "X-Renderjuice-Signature": sign("s", now, body)}
    receive = run("Webhooks", secret="s")["receive"]
    receive(headers, body)
    receive(headers, body)
    assert capsys.readouterr().out == "onRenderComplete 0b9c\n"


def test_the_whole_way_with_nothing_lost(
    farm: RunningFarm, scene_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"server": farm.url + API, "key": farm.token, "folder": tmp_path}
    run("A complete render that can resume", **names, blend=scene_file("animated"))
    assert "done 2 frames" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "render").rglob("*.png")) == ["0001.png", "0002.png"]


def test_the_frames_of_somebody_elses_job(
    farm: RunningFarm, scene_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = farm.rendered(scene_file("animated"), frameRanges=["1-2"])
    names = {"server": farm.url + API, "key": farm.token, "folder": tmp_path}
    run("The frames of a job from elsewhere", **names, job_id=job["id"])
    assert capsys.readouterr().out == "done 2\n"
