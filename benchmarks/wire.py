"""Our transfers beside curl's and aria2's: same server, same files, one run.

    .venv/bin/python benchmarks/wire.py [--files 2000] [--mib 2048] [--rounds 3] [--write]

nginx serves from memory on this computer, and everything is written to memory, so that neither disk nor network is
measured. The tools take turns within each round; the table shows medians; with a ratio above 1 we are faster.
Less and more often (--files 500 --mib 512 --rounds 9) swings less, and has a table of its own.
curl and aria2c are timed as whole commands; ours without the start of Python, since the courier is running already.
Needs nginx, aria2, curl, openssl and a memory-backed /dev/shm. --write puts the table into benchmarks/README.md.
"""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
MIB = 1024 * 1024
CONNECTIONS = 8
FILES = 2000
PLAIN, SECURE = "http://127.0.0.1:18090", "https://127.0.0.1:18443"
AIM = 0.7
"""Of curl's speed, in every row: over TLS on loopback that is three times a gigabit line."""
LONG = {"many": "files pulled", "one": "one large file pulled", "put": "one large file put"}
TOOLS = ("curl", "aria2c", "farmhand")
_NGINX = """
daemon off; pid {root}/nginx.pid; error_log {root}/error.log; worker_processes auto; {user}
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000; client_max_body_size 0;
    client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
    server {{
        listen 127.0.0.1:18090; listen 127.0.0.1:18443 ssl;
        ssl_certificate {root}/server.pem; ssl_certificate_key {root}/server.key; ssl_protocols TLSv1.3;
        root {root}/www; location /put/ {{ dav_methods PUT; create_full_put_path on; }}
    }}
}}
"""


def main() -> int:
    """Run everything and print the table; 1 when an aim is missed."""
    arguments = _arguments()
    missing = [tool for tool in ("nginx", "aria2c", "curl", "openssl") if not shutil.which(tool)]
    if missing or not Path("/dev/shm").is_dir():
        print(
            f"Not here: {', '.join(missing) or '/dev/shm'}. On Debian: apt-get install nginx-light aria2 curl openssl"
        )
        return 2
    with tempfile.TemporaryDirectory(prefix="farmhand-wire-", dir="/dev/shm") as folder:
        bench = Bench(Path(folder), arguments.files, arguments.mib)
        with bench.serving():
            for number in range(arguments.rounds):
                print(f"round {number + 1} of {arguments.rounds}", flush=True)
                bench.round(TOOLS[number % len(TOOLS) :] + TOOLS[: number % len(TOOLS)])
    table = bench.table(arguments.rounds)
    print(table)
    if arguments.write:
        _write(table, "wire" if arguments.files == FILES else f"wire of {arguments.files}")
    return 0 if bench.all_aims_met else 1


class Bench:
    """Files to serve, commands to run, and the seconds of every run."""

    def __init__(self, root: Path, files: int, mib: int) -> None:
        self._root = root
        self._files = files
        self._mib = mib
        self._out = root / "out"
        self._load = os.getloadavg()[0]
        self._seconds: dict[tuple[str, str, str], list[float]] = {}
        self._cpu: dict[tuple[str, str, str], list[float]] = {}
        self._memory: dict[tuple[str, str], tuple[float, float]] = {}
        self.all_aims_met = True
        _make_files(root / "www", files, mib)
        _make_certificates(root)

    @contextmanager
    def serving(self) -> Iterator[None]:
        user = "user root;" if os.geteuid() == 0 else ""
        (self._root / "nginx.conf").write_text(_NGINX.format(root=self._root, user=user))
        nginx = subprocess.Popen(["nginx", "-c", self._root / "nginx.conf", "-e", self._root / "error.log"])
        try:
            _wait_for(f"{PLAIN}/0.bin")
            yield
        finally:
            nginx.terminate()
            nginx.wait()

    def round(self, tools: tuple[str, ...]) -> None:
        """Every tool once, for every kind, without and with TLS. The order counts: who goes first is often slowest."""
        for base in (PLAIN, SECURE):
            for kind in LONG:
                for tool in tools:
                    if (kind, tool) != ("put", "aria2c"):
                        self._run(kind, tool, base)

    def table(self, rounds: int) -> str:
        """The results as Markdown."""
        amounts = f"{self._files} files of 1 MiB over {CONNECTIONS} connections, one file of {self._mib} MiB"
        lines = [
            (
                f"{amounts}; medians of {rounds} rounds on {os.cpu_count()} cores ({time.strftime('%Y-%m-%d')}); "
                f"load from elsewhere at the start: {self._load:.1f}."
            ),
            "",
            "| | | curl | aria2c | Farmhand | against curl | against aria2c | CPU, curl and Farmhand | memory |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        lines += [self._row(kind, base) for base in (PLAIN, SECURE) for kind in LONG]
        return "\n".join(lines)

    def _row(self, kind: str, base: str) -> str:
        unit, amount = ("files/s", self._files) if kind == "many" else ("MB/s", self._mib * MIB / 1e6)
        runs = {tool: self._seconds.get((kind, tool, base), []) for tool in TOOLS}
        shown = [f"{amount / statistics.median(seconds):.0f} {unit}" if seconds else "–" for seconds in runs.values()]
        ratios = [self._ratio(tool, runs[tool], runs["farmhand"]) for tool in ("curl", "aria2c")]
        cpu = [f"{statistics.median(self._cpu[kind, tool, base]):.2f}" for tool in ("curl", "farmhand")]
        memory = self._memory[kind, base]
        cells = [LONG[kind], "TLS" if base is SECURE else "plain", *shown, *ratios]
        return f"| {' | '.join(cells)} | {', '.join(cpu)} s | {memory[0]:.0f}, {memory[1]:.0f} MiB |"

    def _ratio(self, tool: str, theirs: list[float], ours: list[float]) -> str:
        """The median over rounds: within one, the tools ran one after the other and met the same load."""
        if not theirs:
            return "–"
        ratio = statistics.median(their / our for their, our in zip(theirs, ours, strict=True))
        self.all_aims_met &= tool != "curl" or ratio >= AIM
        return f"{ratio:.2f}"

    def _run(self, kind: str, tool: str, base: str) -> None:
        _warm(self._root / "warm", self._files if kind == "many" else self._mib)
        self._out.mkdir()
        command = self._command(kind, tool, base)
        started, worked = time.perf_counter(), _children()
        done = subprocess.run(command, cwd=self._out, capture_output=True, text=True, check=False)
        seconds, cpu = time.perf_counter() - started, _children() - worked
        if done.returncode != 0:
            raise SystemExit(f"{tool} failed: {done.stderr[-2000:]}")
        if tool == "farmhand":
            told = json.loads(done.stdout)
            seconds, cpu = told["seconds"], told["cpu"]
            before, most = self._memory.get((kind, base), (0.0, 0.0))
            self._memory[kind, base] = (max(before, told["mib_before"]), max(most, told["mib"]))
        self._check(kind)
        shutil.rmtree(self._out)
        shutil.rmtree(self._root / "www" / "put", ignore_errors=True)
        self._seconds.setdefault((kind, tool, base), []).append(seconds)
        self._cpu.setdefault((kind, tool, base), []).append(cpu)
        print(f"  {'TLS  ' if base is SECURE else 'plain'} {kind:4} {tool:8} {seconds:6.2f} s", flush=True)

    def _check(self, kind: str) -> None:
        """Every tool must have moved the same bytes."""
        folder = self._root / "www" / "put" if kind == "put" else self._out
        found = [file.stat().st_size for file in folder.iterdir()]
        expected = [MIB] * self._files if kind == "many" else [self._mib * MIB]
        if found != expected:
            raise SystemExit(f"{len(found)} files of {sum(found):,} bytes instead of {sum(expected):,}")

    def _command(self, kind: str, tool: str, base: str) -> list[str]:
        ca, large = str(self._root / "ca.pem"), self._root / "www" / "large"
        if tool == "farmhand":
            where = {"many": base, "one": f"{base}/large", "put": f"{base}/put/large"}[kind]
            folder = str(large if kind == "put" else self._out)
            return [sys.executable, str(HERE / "wire_transfer.py"), kind, where, folder, str(self._files), ca]
        if tool == "aria2c":
            common = ["aria2c", "-q", "--no-conf", "--file-allocation=none", f"--ca-certificate={ca}"]
            if kind == "one":
                return [*common, "-x1", "-s1", f"{base}/large"]
            listed = self._root / "list.txt"
            listed.write_text("".join(f"{base}/{n}.bin\n" for n in range(self._files)))
            return [*common, f"-j{CONNECTIONS}", f"-i{listed}"]
        common = ["curl", "-sS", "-q", "--fail", "--cacert", ca]
        if kind == "put":
            return [*common, "-T", str(large), f"{base}/put/large"]
        if kind == "one":
            return [*common, "-o", "large", f"{base}/large"]
        several = ["--parallel", "--parallel-max", str(CONNECTIONS), "-o", "#1.bin"]
        return [*common, *several, f"{base}/[0-{self._files - 1}].bin"]


def _warm(path: Path, mib: int) -> None:
    """Have the memory used once that the tool will write to: a virtual machine may have to get it from its host."""
    block = bytes(MIB)
    with path.open("wb", buffering=0) as file:
        for _ in range(mib):
            file.write(block)
    path.unlink()


def _children() -> float:
    """Processor seconds of all ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _make_files(folder: Path, files: int, mib: int) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    for number in range(files):
        (folder / f"{number}.bin").write_bytes(os.urandom(MIB))
    with (folder / "large").open("wb") as large:
        for _ in range(mib):
            large.write(os.urandom(MIB))


def _make_certificates(folder: Path) -> None:
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    new_key = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    for command in (
        f"{new_key} -x509 -days 2 -subj /CN=Benchmark -keyout ca.key -out ca.pem",
        f"{new_key} -subj /CN=127.0.0.1 -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)


def _wait_for(url: str) -> None:
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("nginx does not answer")


def _write(table: str, name: str) -> None:
    """Put the table between its marks in README.md."""
    page = HERE / "README.md"
    begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    text, found = re.subn(
        f"{begin}.*{end}", lambda _: begin + table + end, page.read_text(encoding="utf-8"), flags=re.S
    )
    if not found:
        raise SystemExit(f"README.md has no place for it: {begin.strip()}")
    page.write_text(text, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Our transfers beside curl's and aria2's.")
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
