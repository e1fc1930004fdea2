"""A file of 2 GiB put to the farm and fetched from it, against nginx, over loopback.

    .venv/bin/python benchmarks/farm_transfer.py [--mib 2048] [--rounds 3] [--write]      needs nginx and curl

curl is the client of both, and both keep their files in memory (/dev/shm), taking turns within each round.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

import readme_table  # noqa: E402
from painting_farm import PaintingFarm  # noqa: E402  the tools are no package: they are found by their folder
from waiting import wait_until  # noqa: E402

from farmhand.farm.objects.folder import FolderObjects  # noqa: E402
from farmhand.farm.objects.storage import Storage  # noqa: E402

AIM = 0.5
PORT = 47_300
MIB = 1024 * 1024
WAYS = {"put": "PUT", "get": "GET"}
_NGINX = """
{user} worker_processes 2; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; client_max_body_size 0; client_body_temp_path {root}/body;
  server {{ listen 127.0.0.1:{port}; root {root}/www; dav_methods PUT; create_full_put_path on; }}
}}
"""


def main() -> int:
    """Measure and print a table; 1 when the aim is missed."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="farmhand-transfer-", dir="/dev/shm") as folder:
        bench = Bench(Path(folder), arguments.mib)
        with bench.nginx(), bench.farm():
            for number in range(arguments.rounds):
                bench.round(number)
    table = bench.table(arguments.rounds)
    print(f"{table}\n\nAim: {AIM:g} of nginx's speed, and memory that stays where it was.")
    if arguments.write:
        readme_table.write("transfer", table)
    return 0 if min(bench.ratio(way) for way in WAYS) >= AIM else 1


class Bench:
    """Two servers and the seconds of every transfer."""

    def __init__(self, root: Path, mib: int) -> None:
        self._root = root
        self._mib = mib
        self._file = root / "package.blend"
        self._seconds: dict[tuple[str, str], list[float]] = {}
        self._memory: list[float] = []
        (root / "www").mkdir()
        piece = os.urandom(MIB)
        with self._file.open("wb") as file:
            for _ in range(mib):
                file.write(piece)

    @contextmanager
    def nginx(self) -> Iterator[None]:
        user = "user root;" if os.geteuid() == 0 else ""
        config = self._root / "nginx.conf"
        config.write_text("daemon off;" + _NGINX.format(root=self._root, user=user, port=PORT))
        process = subprocess.Popen(["nginx", "-c", config, "-e", self._root / "error.log"])
        try:
            wait_until((self._root / "nginx.pid").exists, "nginx runs")
            yield
        finally:
            process.terminate()
            process.wait()

    @contextmanager
    def farm(self) -> Iterator[None]:
        self._farm = PaintingFarm(self._root / "farm", reserve_bytes=0)
        try:
            yield
        finally:
            self._farm.stop()

    def round(self, number: int) -> None:
        """Both servers, one after the other; who goes first changes."""
        turns = [self._with_nginx, self._with_farm]
        for turn in turns[:: 1 if number % 2 else -1]:
            turn()

    def ratio(self, way: str) -> float:
        """The farm's speed against nginx's: the median over the rounds."""
        pairs = zip(self._seconds["nginx", way], self._seconds["farm", way], strict=True)
        return statistics.median(theirs / ours for theirs, ours in pairs)

    def table(self, rounds: int) -> str:
        lines = [
            (
                f"One file of {self._mib} MiB, medians of {rounds} rounds, {os.cpu_count()} cores "
                f"({time.strftime('%Y-%m-%d')}). The most memory that the farm held before the first byte and after "
                f"each round: {', '.join(f'{each:.0f}' for each in self._memory)} MiB."
            ),
            "",
            "| | nginx | farm | against nginx |",
            "|---|---|---|---|",
        ]
        for way, name in WAYS.items():
            speeds = (self._mib * MIB / 1e6 / statistics.median(self._seconds[who, way]) for who in ("nginx", "farm"))
            lines.append(f"| {name} | {' | '.join(f'{each:.0f} MB/s' for each in speeds)} | {self.ratio(way):.2f} |")
        return "\n".join(lines)

    def _with_nginx(self) -> None:
        url = f"http://127.0.0.1:{PORT}/put/package.blend"
        self._curl("nginx", "put", "-T", str(self._file), url)
        self._curl("nginx", "get", url)
        (self._root / "www" / "put" / "package.blend").unlink()

    def _with_farm(self) -> None:
        farm = self._farm
        self._memory = self._memory or [self._most_memory()]
        target = farm.ask("/uploads", fileName="package.blend", fileType="blend")
        self._curl("farm", "put", "-T", str(self._file), target["uploadUrl"])
        secret = bytes.fromhex((farm.data / "secret").read_text())
        key = f"uploads/{target['slug']}.blend"
        self._curl(
            "farm", "get", Storage(FolderObjects(farm.data), secret).link(farm.url, key, "GET", int(time.time()) + 900)
        )
        (farm.data / "objects" / key).unlink()
        self._memory.append(self._most_memory())

    def _curl(self, server: str, way: str, *words: str) -> None:
        began = time.perf_counter()
        subprocess.run(["curl", "-sSf", "--noproxy", "*", "-o", "/dev/null", *words], check=True)
        self._seconds.setdefault((server, way), []).append(time.perf_counter() - began)
        print(f"  {server:6} {way} {self._seconds[server, way][-1]:6.2f} s", flush=True)

    def _most_memory(self) -> float:
        """MiB that the farm has held at most so far, as Linux counts."""
        status = Path(f"/proc/{self._farm.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time a large file to and from the farm against nginx.")
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
