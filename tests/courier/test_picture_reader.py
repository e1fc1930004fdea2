"""The process that reads a server's pictures by OpenImageIO, taken over by the worst of pictures."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from farmhand.courier.frames.verify import Expected, verify
from farmhand.courier.images import oiio
from farmhand.jobs.process import landlock

_HOSTILE = """
import json, os, socket, sys

def attribute(*_):
    pass

def _tried(what):
    try:
        return str(what())
    except OSError as error:
        return type(error).__name__

def _read(path):
    with open(path) as file:
        return file.read()

def _connect(kind):
    with socket.socket(socket.AF_INET, kind) as out:
        out.connect(("127.0.0.1", {port}))
        return out.send(b"x")

class ImageInput:
    @staticmethod
    def open(picture):
        print(json.dumps({{
            "picture": _tried(lambda: _read(picture)),
            "secret": _tried(lambda: _read({secret!r})),
            "folder": _tried(lambda: os.listdir({folder!r})),
            "write": _tried(lambda: open({folder!r} + "/new", "w")),
            "change": _tried(lambda: open(picture, "a")),
            "tcp": _tried(lambda: _connect(socket.SOCK_STREAM)),
            "udp": _tried(lambda: _connect(socket.SOCK_DGRAM)),
        }}))
        return None
"""


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_a_picture_that_takes_its_reader_over_finds_no_file_and_no_network(tmp_path: Path) -> None:
    secret, picture, package = tmp_path / "secret", tmp_path / "0001.jpg", tmp_path / "hostile" / "OpenImageIO"
    secret.write_text("TOP SECRET")
    picture.write_text("a picture")
    package.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = {"port": server.getsockname()[1], "secret": str(secret), "folder": str(tmp_path)}
        (package / "__init__.py").write_text(_HOSTILE.format(**words))
        done = subprocess.run(
            [sys.executable, "-I", str(oiio._PROGRAM), str(package.parent), str(picture)],
            capture_output=True,
            text=True,
            check=False,
            env={"OPENBLAS_NUM_THREADS": "1"},
        )
    found = json.loads(done.stdout)
    assert found.pop("picture") == "a picture"
    if found["udp"] == "1":  # no namespaces for who is not root
        assert landlock.version() < 4 or found["tcp"] == "PermissionError"
        del found["tcp"], found["udp"]
    assert all(each in ("PermissionError", "OSError") for each in found.values()), found


def test_a_jpeg_may_have_any_number_of_fill_bytes_before_a_part(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.effect_noise((40, 30), 80).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:2] + b"\xff" * 7 + whole[2:])
    verdict = verify(path, Expected())
    assert (verdict.broken, verdict.suspect) == ("", "")
