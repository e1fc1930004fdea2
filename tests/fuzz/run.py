"""Fuzz one target with atheris, for a time, and keep a small corpus of what reached new code.

    .venv/bin/pip install --require-hashes -r requirements/fuzz.txt
    .venv/bin/python tests/fuzz/run.py png|exr|tiff|radiance|targa|other|zip|answer SECONDS

SECONDS are of processor time, so that a run beside other work is as thorough. Ends with an error, and the input in
FOUND, when a target raised, used more than LIMIT_SECONDS of the processor, more than LIMIT_MIB, or hung.
"""

from __future__ import annotations

import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
FOUND = Path(tempfile.gettempdir(), "farmhand-fuzz-found")
MEMORY = Path("/dev/shm")
LIMIT_SECONDS, LIMIT_MIB = 40, 2048
"""The code is several times slower than usual, because each of its steps is recorded."""
HANGS_SECONDS = 600
ROUND_SECONDS = 300
KEPT_FILES, KEPT_BYTES = 40, 4096


def main(target: str, seconds: str) -> int:
    """Fuzz in a process of its own, as libFuzzer ends it; then keep what is small."""
    with tempfile.TemporaryDirectory(prefix="farmhand-corpus-") as folder:
        grown, least = Path(folder, "grown"), Path(folder, "least")
        for each in (grown, least, FOUND, CORPUS / target):
            each.mkdir(parents=True, exist_ok=True)
        _write_seeds(target, grown)
        common = [f"-timeout={HANGS_SECONDS}", f"-rss_limit_mb={LIMIT_MIB}", f"-artifact_prefix={FOUND}/{target}-"]
        while (left := float(seconds) - _used()) > 0:
            longest = f"-max_total_time={math.ceil(min(left, ROUND_SECONDS))}"
            code = _fuzz(target, [*common, longest, "-print_final_stats=1", grown, CORPUS / target])
            print(f"{target}: {_used():.0f} s of processor time so far", flush=True)
            if code:
                return code
        _fuzz(target, [*common, "-merge=1", least, CORPUS / target, grown])
        _keep(least, CORPUS / target)
    return 0


def _fuzz(target: str, words: list[object]) -> int:
    command = [sys.executable, __file__, "--inside", target, *map(str, words)]
    with tempfile.TemporaryDirectory(prefix="farmhand-fuzz-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        return subprocess.run(command, env={**os.environ, "FARMHAND_FUZZ_FOLDER": folder}, check=False).returncode


def _used() -> float:
    """Seconds of processor time of the runs so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _limited(read: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Fails where a reader uses the processor for too long; libFuzzer's own limit is of wall-clock time."""

    def run(data: bytes) -> None:
        began = time.process_time()
        read(data)
        assert time.process_time() - began < LIMIT_SECONDS

    return run


def _inside(target: str, words: list[str]) -> None:
    import atheris

    sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
    with atheris.instrument_imports(include=["farmhand", "zipfile"]):
        import targets
    # The first word is what libFuzzer starts, by a shell, when it merges.
    again = f"{sys.executable} {__file__} --inside {target}"
    atheris.Setup([again, f"-max_len={targets.MAX_BYTES}", *words], _limited(targets.TARGETS[target]))
    atheris.Fuzz()


def _write_seeds(target: str, folder: Path) -> None:
    sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
    import seeds

    for number, data in enumerate(seeds.seeds_of(target)):
        (folder / f"seed{number}").write_bytes(data)


def _keep(grown: Path, corpus: Path) -> None:
    """The smallest of those that together reach all of the code that was reached."""
    shutil.rmtree(corpus)
    corpus.mkdir()
    files = sorted(grown.iterdir(), key=lambda each: each.stat().st_size)
    for each in [each for each in files if each.stat().st_size <= KEPT_BYTES][:KEPT_FILES]:
        shutil.copy(each, corpus / each.name[:16])


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        _inside(sys.argv[2], sys.argv[3:])
    raise SystemExit(main(*sys.argv[1:]))
