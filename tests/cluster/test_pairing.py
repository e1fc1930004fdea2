"""A computer gets its key by a one-time code, and helps until it is to leave: real programs, real sockets."""

import contextlib
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest
from running_cluster import RunningCluster
from waiting import PATIENCE, wait_until

from farmhand.client.errors import LocalProblem
from farmhand.farm.cluster.certificates import Authority
from farmhand.farm.cluster.pairing import network_file, pairing_code
from farmhand.farm.node import pairing
from farmhand.jobs import help_files
from farmhand.jobs.help_files import HelpSettings, HelpState, Leave
from farmhand.jobs.process import process_ids


def invited(cluster: RunningCluster, name: str = "second-pc") -> tuple[str, str]:
    """Address and code, as `farmhand farm invite --code` prints them."""
    command = [sys.executable, "-m", "farmhand.farm", "invite", name, "--code", "--json"]
    done = subprocess.run([*command, "--data", str(cluster.farm.data)], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    return told["addresses"][0], told["code"]


class Helper:
    """The program behind Help Render."""

    def __init__(
        self, data: Path, blender: list[str], told: dict[str, str], settings: HelpSettings | None = None
    ) -> None:
        self.data = data
        help_files.write_settings(data, settings or HelpSettings())
        command = [sys.executable, "-m", "farmhand.farm", "help", "--data", str(data), "--blender", *blender]
        with (data / "printed.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True)
        assert self.process.stdin is not None
        with self.process.stdin as pipe:
            pipe.write(json.dumps(told) + "\n")

    def wait(self, state: HelpState) -> None:
        wait_until(lambda: self.status.state is state, f"the helper is {state}")

    @property
    def status(self) -> help_files.Status:
        return help_files.status(self.data)

    def children(self) -> list[psutil.Process]:
        return [each for each in psutil.process_iter() if f"BLENDER_USER_RESOURCES={self.data}/" in _environment(each)]


def _environment(process: psutil.Process) -> str:
    try:
        return Path(f"/proc/{process.pid}/environ").read_text(errors="replace")
    except OSError:
        return ""


@pytest.fixture
def helper(tmp_path: Path, blender_command: list[str]) -> Iterator[Callable[..., Helper]]:
    started: list[Helper] = []

    def start(told: dict[str, str], settings: HelpSettings | None = None) -> Helper:
        started.append(Helper(tmp_path / f"helper{len(started)}", blender_command, told, settings))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait(PATIENCE)


def test_a_paired_computer_renders_and_leaves_when_it_is_asked_to(
    start_cluster: Callable[..., RunningCluster], helper: Callable[..., Helper], scene_file: Callable[..., Path]
) -> None:
    cluster = start_cluster()
    address, code = invited(cluster)
    second = helper({"address": address, "code": code.lower().replace("-", " ")})
    second.wait(HelpState.CONNECTED)
    assert second.status.farm == f"127.0.0.1:{cluster.port}"
    job = cluster.farm.rendered(scene_file("animated"))
    assert job["status"] == "completed"
    wait_until(lambda: second.status.done == 5, "the frames are counted")
    help_files.write_settings(second.data, HelpSettings(leave=Leave.FINISHED))
    assert second.process.wait(PATIENCE) == 0
    assert second.status.state is HelpState.ENDED and second.status.problem == ""
    assert second.children() == []
    again = helper({}, None)
    assert again.process.wait(PATIENCE) == 2
    assert "not a valid address" in again.status.problem


@pytest.mark.soak
def test_it_ends_with_its_blender_and_takes_what_it_started_along(
    start_cluster: Callable[..., RunningCluster], helper: Callable[..., Helper], scene_file: Callable[..., Path]
) -> None:
    cluster = start_cluster()
    address, code = invited(cluster)
    blender = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    settings = HelpSettings(pid=blender.pid, began=process_ids.started(blender.pid))
    second = helper({"address": address, "code": code}, settings)
    second.wait(HelpState.CONNECTED)
    cluster.farm.start_render(scene_file("turning"))
    wait_until(lambda: second.status.done > 0 and bool(second.children()), "frames are rendered")
    with blender:
        blender.kill()
    assert second.process.wait(PATIENCE) == 0
    wait_until(lambda: second.children() == [], "no Blender is left")
    assert second.status.state is HelpState.ENDED


@pytest.mark.soak
def test_a_paused_computer_takes_no_frames_and_goes_on_when_it_is_woken(
    start_cluster: Callable[..., RunningCluster], helper: Callable[..., Helper], scene_file: Callable[..., Path]
) -> None:
    cluster = start_cluster()
    address, code = invited(cluster)
    second = helper({"address": address, "code": code}, HelpSettings(is_paused=True))
    second.wait(HelpState.CONNECTED)
    job_id = cluster.farm.new_job(scene_file("animated"))
    cluster.farm.ask(f"/jobs/{job_id}/validate")
    time.sleep(3)
    assert cluster.farm.job(job_id)["status"] == "validating"
    help_files.write_settings(second.data, HelpSettings(slots=2))
    cluster.farm.wait_for(job_id, "validated")


def test_where_a_farm_listened_that_was_killed_is_told_to_nobody(tmp_path: Path) -> None:
    network_file.write(tmp_path, "127.0.0.1", 1, 2)
    assert network_file.addresses(tmp_path) == ["127.0.0.1:2"]
    farm = "import pathlib, sys; from farmhand.farm.cluster.pairing import network_file"
    farm += "; network_file.write(pathlib.Path(sys.argv[1]), '127.0.0.1', 1, 2)"
    subprocess.run([sys.executable, "-c", farm, str(tmp_path)], check=True)
    assert network_file.addresses(tmp_path) == []


def test_a_code_is_good_once_and_a_wrong_one_never(start_cluster: Callable[..., RunningCluster]) -> None:
    cluster = start_cluster()
    _, code = invited(cluster)
    port = cluster.port + 2
    with pytest.raises(LocalProblem, match="does not recognize this code"):
        pairing.pair("127.0.0.1", port, pairing_code.new_code(), "pc")
    assert pairing.pair("127.0.0.1", port, code, "pc").port == cluster.port
    with pytest.raises(LocalProblem, match="does not recognize this code"):
        pairing.pair("127.0.0.1", port, code, "pc")
    with pytest.raises(LocalProblem, match="not a valid code"):
        pairing.pair("127.0.0.1", port, "K7QF", "pc")
    with pytest.raises(LocalProblem, match="No farm answered"):
        pairing.pair("127.0.0.1", 1, code, "pc")


def test_who_stands_between_learns_nothing_that_the_farm_takes_and_says_nothing_that_the_computer_takes(
    start_cluster: Callable[..., RunningCluster], tmp_path: Path
) -> None:
    cluster = start_cluster()
    _, code = invited(cluster)
    port = cluster.port + 2
    with between(tmp_path, port) as (own_port, seen), pytest.raises(LocalProblem, match="does not recognize this code"):
        pairing.pair("127.0.0.1", own_port, code, "pc")
    assert seen == [403]
    with between(tmp_path, port, lies=True) as (own_port, _), pytest.raises(LocalProblem, match="is not the farm"):
        pairing.pair("127.0.0.1", own_port, code, "pc")
    assert pairing.pair("127.0.0.1", port, code, "pc").port == cluster.port


_OK = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"\x1b]0;owned\x07 " * 4000,
        *(_OK + body for body in (b"[" * 60_000, b'{"key": "\\ud800", "port": 1, "proof": ""}', b'{"key": 1}')),
        *(_OK + b'{"key": "", "port": %s, "proof": ""}' % port for port in (b"Infinity", b"9" * 5000, b'"x"')),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + bytes(50_000_000),
    ],
    ids=lambda answer: ascii(answer[-20:]),
)
def test_a_stranger_who_answers_is_refused_in_a_short_message(answer: bytes, tmp_path: Path) -> None:
    with between(tmp_path, 1, answer=answer) as (port, sent), pytest.raises(LocalProblem) as caught:
        pairing.pair("127.0.0.1", port, pairing_code.new_code(), "pc")
    assert caught.value.what.isprintable() and len(caught.value.what) < 1000
    assert not sent or sent[0] < 10_000_000, "the chunk of size -1 was read into memory"


def test_an_answer_that_trickles_in_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "_ALL_SECONDS", 1.0)
    trickle = iter(lambda: time.sleep(0.05) or b"x", b"")
    with between(tmp_path, 1, pieces=trickle) as (port, _), pytest.raises(LocalProblem, match="No farm answered"):
        pairing.pair("127.0.0.1", port, pairing_code.new_code(), "pc")


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"[]", b"[" * 60_000, ("[" * 30_000).encode("utf-16"), b'{"key":"k","port":Infinity,"proof":""}',
        b'{"key":"k","port":' + b"9" * 5000 + b',"proof":""}', b'{"key":"\\ud800","port":1,"proof":""}',
        b'{"key":"k","port":1,"proof":"\\ud800"}',
    ],
    ids=lambda answer: repr(answer[:20]),
)  # fmt: skip
def test_no_answer_of_a_stranger_is_anything_but_refused(answer: bytes) -> None:
    with pytest.raises(LocalProblem, match="is not the farm"):
        pairing._checked(answer, b"key", b"certificate")


@contextlib.contextmanager
def between(
    folder: Path, port: int, *, lies: bool = False, answer: bytes = b"", pieces: Iterable[bytes] = ()
) -> Iterator[tuple[int, list[int]]]:
    """A server with a certificate of its own, which hands on what it hears, or answers by itself.

    lies: whether it answers with a key of its own. answer: what it sends, from the first byte on. pieces: the same.
    """
    raw = [answer] if answer else pieces
    authority = Authority(folder / "stranger")
    seen: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if raw:
                with contextlib.suppress(OSError):
                    for each in raw:
                        self.wfile.write(each)
                        seen.append(len(each))
                return
            status, answer = 200, json.dumps({"key": authority.issue("abcd"), "port": port, "proof": "0" * 64}).encode()
            if not lies:
                status, answer = handed_on(port, body)
                seen.append(status)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.own)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, seen
    server.shutdown()
    thread.join(PATIENCE)
    server.server_close()


def handed_on(port: int, body: bytes) -> tuple[int, bytes]:
    import http.client

    context = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    connection.request("POST", "/pair", body)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer
