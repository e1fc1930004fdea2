"""The program behind *Test Connection*, as Blender starts it."""

import json
import subprocess
from pathlib import Path

from told_server import KEY, Server

from farmhand.courier.process import launcher

NO_JOBS = {"jobs": [], "pagination": {"page": 1, "pageSize": 20, "total": 0, "totalPages": 0}}


def ask(server: Server, *arguments: str) -> dict[str, object]:
    server.answers(body=NO_JOBS)
    command = launcher.python_command("client", f"{server.url}/api/external/v1", *arguments, "test")
    done = subprocess.run(command, input=KEY, capture_output=True, text=True, timeout=60, check=False)
    return dict(json.loads(done.stdout))


def test_a_server_that_takes_the_key_is_ready(server: Server) -> None:
    assert ask(server, "")["ok"]
    assert server.asked[-1].headers["Authorization"] == f"Bearer {KEY}"


def test_the_offices_own_authority_is_trusted(secure_server: Server, certificates: Path) -> None:
    assert ask(secure_server, str(certificates / "ca.pem"))["ok"]


def test_an_authority_that_nobody_named_is_not_trusted(secure_server: Server) -> None:
    assert not ask(secure_server, "")["ok"]


def test_a_certificate_file_that_cannot_be_read_is_named(secure_server: Server, tmp_path: Path) -> None:
    answer = ask(secure_server, str(tmp_path / "missing.pem"))
    assert "missing.pem" in str(answer["text"])
