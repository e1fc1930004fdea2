"""The command line as somebody types it, with a real Blender and a real farm."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import processes
import pytest
from command_line import FARMHAND
from waiting import PATIENCE, wait_until

from farmhand.jobs.journal.journal import Journal
from farmhand.jobs.journal.submission import State, Submission
from farmhand.jobs.process.file_lock import is_held
from farmhand.jobs.user_folder import UserFolder

FEW = ("--frames", "1-2", "--set", "sampleCount=1", "--set", "resolutionPercentage=50")


class CommandLine:
    """`farmhand` with a user folder of its own."""

    def __init__(self, home: Path, blender: Sequence[str]) -> None:
        self.home = UserFolder(home)
        self.environment = {**os.environ, "FARMHAND_HOME": str(home), "BLENDER": shlex.join(blender)}
        for name in ("FARMHAND_SERVER", "FARMHAND_API_KEY"):
            self.environment.pop(name, None)

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*FARMHAND, *words],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def json(self, *words: str, **environment: str) -> tuple[int, dict[str, Any]]:
        """Exit code, and the one object on standard output."""
        done = self.run(*words, "--json", **environment)
        return done.returncode, json.loads(done.stdout)

    def end(self) -> None:
        """End couriers first, then farms: a courier starts a farm that is gone, and may just be starting itself."""
        for role in ("courier", "farm"):
            wait_until(lambda role=role: not self._ask_to_end(role), f"every {role} has ended")

    def _ask_to_end(self, role: str) -> list[int]:
        """The processes of this user folder in that role, each asked to end."""
        pids = processes.with_words(role, str(self.home.folder))
        for pid in pids:
            processes.ask_to_end(pid)
        return pids


@pytest.fixture
def cli(home: Path, blender_command: list[str]) -> Iterator[CommandLine]:
    ours = CommandLine(home, blender_command)
    yield ours
    ours.end()


def test_submit_and_wait_ends_with_the_frames(
    cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    code, result = cli.json("submit", str(scene_file("animated")), *FEW, "--output", str(tmp_path / "out"), "--wait")
    assert (code, result["status"], result["error"]) == (0, "completed", None)
    assert [Path(frame).read_bytes()[:4] for frame in result["frames"]] == [b"\x89PNG", b"\x89PNG"]
    assert result["job"] and result["submission"]


def test_frames_that_are_there_are_replaced_or_kept_only_as_told(
    cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    send = ("submit", str(scene_file("animated")), *FEW, "--output", str(tmp_path / "out"), "--wait")
    first = Path(cli.json(*send)[1]["frames"][0])
    first.write_bytes(b"mine")
    refused = cli.run(*send)
    assert refused.returncode == 2 and "2 of these frames already exist" in refused.stderr
    code, kept = cli.json(*send, "--existing", "keep")
    assert code == 0 and str(first) not in kept["frames"] and first.read_bytes() == b"mine"
    code, replaced = cli.json(*send, "--existing", "replace")
    assert code == 0 and str(first) in replaced["frames"] and first.read_bytes() != b"mine"


def test_frames_that_are_there_can_be_skipped(
    cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    send = ("submit", str(scene_file("animated")), *FEW, "--output", str(tmp_path / "out"), "--wait")
    first = Path(cli.json(*send)[1]["frames"][0])
    first.unlink()
    code, skipped = cli.json(*send, "--existing", "skip")
    assert (code, skipped["frames"]) == (0, [str(first)])
    code, skipped = cli.json(*send, "--existing", "skip")
    assert (code, skipped["status"], skipped["submission"]) == (0, "skipped", None)
    assert len(cli.json("jobs")[1]["submissions"]) == 2


def test_the_folder_of_each_job_has_a_number(cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path) -> None:
    send = ("submit", str(scene_file("animated")), *FEW, "--output", str(tmp_path / "{scene_name}_v{number}"))
    names = [Path(cli.json(*send)[1]["output"]).name for _ in range(2)]
    assert names == ["Scene_v001", "Scene_v002"]
    assert cli.run(*send[:-1], "{shot}").returncode == 2


def test_what_was_submitted_is_listed_watched_and_downloaded_again(
    cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    output = ("--output", str(tmp_path / "out"))
    code, sent = cli.json("submit", str(scene_file("animated")), *FEW, *output)
    assert code == 0 and sent["submission"]
    code, watched = cli.json("watch", sent["submission"][:8])
    assert (code, watched["status"]) == (0, "completed")
    assert [one["id"] for one in cli.json("jobs")[1]["submissions"]] == [sent["submission"]]
    Path(watched["frames"][0]).unlink()
    code, again = cli.json("download", sent["submission"])
    assert code == 0 and all(Path(frame).exists() for frame in again["frames"])


def test_cancel_stops_a_render(cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path) -> None:
    _, sent = cli.json("submit", str(scene_file("slow")), "--output", str(tmp_path / "out"))
    with Journal(cli.home.journal) as journal:
        wait_until(lambda: journal.submissions()[0].job_status == "rendering", "it renders")
    code, canceled = cli.json("cancel", sent["submission"])
    assert (code, canceled["state"]) == (0, "canceled")
    assert cli.json("watch", sent["submission"])[0] == 1


def test_check_says_what_stands_in_the_way(cli: CommandLine, scene_file: Callable[..., Path]) -> None:
    code, check = cli.json("check", str(scene_file("no_camera")))
    assert code == 2
    assert any(finding["severity"] == "error" and "camera" in finding["message"] for finding in check["findings"])


def test_check_estimates_the_upload_at_a_given_speed(cli: CommandLine, scene_file: Callable[..., Path]) -> None:
    package = cli.json("check", str(scene_file("animated")), "--mbit", "0.01")[1]["package"]
    assert package["minutes"] == pytest.approx(package["bytes"] * 8 / 10_000 / 60, abs=0.01)


def test_what_a_check_blocks_is_not_submitted(cli: CommandLine, scene_file: Callable[..., Path]) -> None:
    code, result = cli.json("submit", str(scene_file("no_camera")))
    assert code == 2 and "camera" in result["error"]
    assert cli.json("jobs")[1]["submissions"] == []


@pytest.mark.parametrize(
    "words",
    [("check", "no such file.blend"), ("watch", "nobody"), ("cancel", "nobody"), ("submit", "x.blend", "--set", "1")],
)
def test_wrong_use_ends_with_two_and_a_sentence(words: tuple[str, ...], cli: CommandLine) -> None:
    done = cli.run(*words)
    assert done.returncode == 2
    assert done.stderr.strip() and "Traceback" not in done.stderr


def test_a_beginning_that_means_two_submissions_brings_neither_and_no_other_job(cli: CommandLine) -> None:
    cli.home.folder.mkdir(parents=True, exist_ok=True)
    with Journal(cli.home.journal) as journal:
        for end in "ab":
            one = Submission(
                f"12345678-{end}", "shot", "local", "", "Scene", output_folder="/r", created=1.0, updated=1.0
            )
            journal.add(one.with_(state=State.DONE, job_id=f"job-{end}"))
    code, result = cli.json("download", "12345678")
    assert code == 2 and "matches 2 jobs" in result["error"]
    assert len(cli.json("jobs")[1]["submissions"]) == 2


def test_a_server_without_its_key_ends_with_three(
    cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    server = {"FARMHAND_SERVER": "http://127.0.0.1:9/api/external/v1"}
    code, result = cli.json(
        "submit", str(scene_file("animated")), *FEW, *("--output", str(tmp_path)), "--wait", **server
    )
    assert code == 3 and "API key" in result["error"]


@pytest.mark.parametrize(
    "command", ["", "check", "submit", "jobs", "watch", "cancel", "download", "farm", "node", "receive"]
)
def test_help_shows_an_example(command: str, cli: CommandLine) -> None:
    done = cli.run(*filter(None, [command]), "--help")
    assert done.returncode == 0
    assert not command or "Example: farmhand " + command in " ".join(done.stdout.split())


def farm_of(cli: CommandLine, data: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    """`farmhand farm`, once it listens."""
    command = [*FARMHAND, "farm", "--port", "0", "--data", str(data), *words]
    environment = {**cli.environment, **environment}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    wait_until((data / "access.json").exists, "the farm listens")
    return process


def command_of_child(pid: int) -> list[str]:
    return processes.child_of(pid).cmdline()


def end(process: subprocess.Popen[str], how: signal.Signals) -> None:
    """As somebody, or a service manager, ends it. Windows, where a signal cannot be sent, kills."""
    process.send_signal(signal.SIGTERM if sys.platform == "win32" else how)
    assert process.wait(PATIENCE) == (signal.SIGTERM if sys.platform == "win32" else 130)


def test_farm_serves_until_it_is_interrupted(cli: CommandLine, tmp_path: Path) -> None:
    command = [*FARMHAND, "farm", "--port", "0", "--data", str(tmp_path / "farm"), "--json"]
    with subprocess.Popen(command, env=cli.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        access = json.loads(Path(told["access"]).read_text())
        served = cli.json("jobs", FARMHAND_SERVER=told["url"], FARMHAND_API_KEY=access["token"])
        assert served[0] == 0 and told["url"].startswith("http://127.0.0.1:")
        end(process, signal.SIGINT)


def test_a_farm_that_cannot_start_says_why_in_json(cli: CommandLine, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, told = cli.json("farm", "--port", port, "--data", str(tmp_path / "farm"))
    assert code == 2 and f"cannot listen on 127.0.0.1:{port}" in told["error"]


@pytest.mark.parametrize(
    "words, reason",
    [
        (("farm", "--cert", "cert.pem"), "both --cert and --key"),
        (("farm", "key", "list"), "“key” is not a command"),
        (("farm", "keys", "list"), "No farm found"),
        (("farm", "invite", "pc", "--out", "nowhere/pc.pem"), "not found"),
    ],
)
def test_a_farm_command_that_is_refused_says_why_in_json(
    words: tuple[str, ...], reason: str, cli: CommandLine, tmp_path: Path
) -> None:
    command, *others = words
    done = cli.run(command, "--data", str(tmp_path / "farm"), "--json", *others)
    assert done.returncode == 2 and reason in json.loads(done.stdout)["error"]


def test_farm_passes_on_what_it_is_told(cli: CommandLine, tmp_path: Path) -> None:
    told = ("--workers", "2", "--keep-days", "30", "--webhook-url", "http://127.0.0.1:9/hook", "--webhook-on-fail")
    secret = {"FARMHAND_WEBHOOK_SECRET": "studio"}
    with farm_of(cli, tmp_path / "farm", *told, **secret) as process:
        command = " ".join(command_of_child(process.pid))
        end(process, signal.SIGTERM)
    assert " ".join(told) in command


def test_farm_says_where_its_key_is_which_blender_renders_and_how_to_stop(cli: CommandLine, tmp_path: Path) -> None:
    with farm_of(cli, tmp_path / "farm") as process:
        assert process.stdout is not None
        shown = "".join(iter(process.stdout.readline, "Press Ctrl+C to stop the farm.\n"))
        end(process, signal.SIGTERM)
    assert "http://127.0.0.1:" in shown
    assert str(tmp_path / "farm" / "access.json") in shown and cli.environment["BLENDER"] in shown


def test_a_farm_whose_command_is_ended_does_not_stay_behind(cli: CommandLine, tmp_path: Path) -> None:
    with farm_of(cli, tmp_path / "farm") as process:
        end(process, signal.SIGTERM)
    wait_until(lambda: not is_held(tmp_path / "farm" / "farm.lock"), "the farm has ended")
    assert not (tmp_path / "farm" / "access.json").exists()


def test_a_farm_whose_command_is_killed_ends_too(cli: CommandLine, tmp_path: Path) -> None:
    with farm_of(cli, tmp_path / "farm") as process:
        process.kill()
    wait_until(lambda: not is_held(tmp_path / "farm" / "farm.lock"), "the farm has ended")
    assert not (tmp_path / "farm" / "access.json").exists()


def test_an_interrupted_watch_leaves_the_render_running(
    cli: CommandLine, scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    _, sent = cli.json("submit", str(scene_file("slow")), "--output", str(tmp_path / "out"))
    command = [*FARMHAND, "watch", sent["submission"], "--json"]
    with subprocess.Popen(command, env=cli.environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None and process.stderr.readline()
        end(process, signal.SIGINT)
    with Journal(cli.home.journal) as journal:
        assert not journal.submissions()[0].is_over
