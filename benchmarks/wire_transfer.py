"""What the courier does with bytes, in a process of its own: pull numbered files, pull one, or put one.

wire_transfer.py many|one|put URL FOLDER COUNT CA_FILE, where FOLDER is the file to put for "put". Prints JSON.
"""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from farmhand.client.network.network import NetworkSettings
from farmhand.client.transfer.connections import ConnectionPool
from farmhand.client.transfer.download import fetch
from farmhand.client.transfer.upload import put_file

CONNECTIONS = 8


def main(kind: str, url: str, folder: str, count: str, ca_file: str) -> None:
    pool = ConnectionPool(NetworkSettings(ca_file=ca_file))
    before = _memory()
    started, worked = time.perf_counter(), time.process_time()
    if kind == "put":
        put_file(url, folder, pool=pool)
    else:
        targets = [(f"{url}/{n}.bin", Path(folder, f"{n}.bin")) for n in range(int(count))] if kind == "many" else []
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            for done in [threads.submit(_bring, *each, pool) for each in targets or [(url, Path(folder, "one"))]]:
                done.result()
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    print(json.dumps({"seconds": seconds, "cpu": cpu, "mib": _memory(), "mib_before": before}))


def _bring(url: str, path: Path, pool: ConnectionPool) -> None:
    """As the courier does it: under a temporary name, renamed when whole."""
    partial = path.with_name(f"{path.name}.part")
    fetch(url, partial, pool=pool)
    partial.rename(path)


def _memory() -> float:
    """The most that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
