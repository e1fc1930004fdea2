"""An office's own authority and a server's certificate of it, by the openssl program."""

import subprocess
import sys
from pathlib import Path


def make(folder: Path) -> None:
    """ca.pem, server.pem and server.key for render.test and 127.0.0.1."""
    new_key = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    (folder / "names").write_text("subjectAltName=DNS:render.test,IP:127.0.0.1")
    for command in (
        f"{new_key} -x509 -days 2 -subj /CN=Office -keyout ca.key -out ca.pem -addext keyUsage=critical,keyCertSign",
        f"{new_key} -subj /CN=render.test -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
