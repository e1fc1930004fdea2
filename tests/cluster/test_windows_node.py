"""A Windows computer beside a Linux one in one job: Windows' Python and Blender under Wine. Minutes; `make soak`."""

import os
import signal
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from needed_blender import needed_blender
from running_cluster import RunningCluster
from waiting import PATIENCE, wait_until

import windows_python
from farmhand.farm.api.auth import FARM_API
from zips.wheels import NODE, wheels

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not windows_python.is_here(), reason=f"no Windows here; {windows_python.HOW_TO_GET}"),
]
_CLOCKS = ("if WINDOWS and sys.version_info < (3, 13):", "if False:")
"""Dask calibrates its clock by steps of Windows' own, and waits for ever where Wine's has none."""


class WindowsNode:
    """`farmhand node` as a Windows program; every process that it starts is known by its environment."""

    def __init__(self, place: Path, address: str, key: Path) -> None:
        self._package = rf"C:\{place.parent.name}"
        self._log = place.parent / "node.log"
        words = ["-m", "farmhand.farm", "node", address, "--key", f"Z:{key}".replace("/", "\\")]
        words += ["--data", rf"{self._package}\n", "--blender", windows_python.PYTHON]
        settings = {
            "WINEPREFIX": str(windows_python.python().parent / "prefix"),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=d",
            "DISPLAY": "",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": rf"{self._package};{self._package}\libraries;C:\bpy",
        }
        command = ["bash", "-c", windows_python.WITH_PIPES, "bash", windows_python.PYTHON, *words]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env={**os.environ, **settings}, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def printed(self) -> str:
        return self._log.read_text(errors="replace")

    def processes(self) -> dict[int, str]:
        """The Pythons of this node, its Blenders among them, that live: Linux' id → command line."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self._package.encode() in (folder / "environ").read_bytes():
                    line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if "python.exe" in line and not line.startswith("bash"):
                        found[int(folder.name)] = line
            except OSError:
                continue
        return found

    def kill(self) -> None:
        """The node's own program alone, as the task manager would."""
        for pid, line in self.processes().items():
            if "farmhand.farm node" in line:
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self._process.wait(PATIENCE)


@pytest.fixture
def windows_node() -> Iterator[Callable[[str, Path], WindowsNode]]:
    started: list[WindowsNode] = []
    with windows_python.checkout() as place:
        _install(wheels("windows-x64", ("3.11",), NODE), place.parent / "libraries")

        def start(address: str, key: Path) -> WindowsNode:
            started.append(WindowsNode(place, address, key))
            return started[-1]

        yield start
        for each in started:
            each.end()


def _install(bundled: Sequence[Path], folder: Path) -> None:
    """What Farmhand Node bundles for Windows."""
    for wheel in bundled:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    metrics = folder / "distributed" / "metrics.py"
    text = metrics.read_text(encoding="utf-8")
    assert text.count(_CLOCKS[0]) == 1
    metrics.write_text(text.replace(*_CLOCKS), encoding="utf-8")


def test_a_windows_computer_renders_beside_a_linux_one_and_is_killed_without_a_trace(
    windows_node: Callable[[str, Path], WindowsNode], scene_file: Callable[..., Path], tmp_path: Path
) -> None:
    linux = [str(needed_blender("5.0.1"))]
    cluster = RunningCluster(tmp_path / "cluster", linux)
    try:
        cluster.node()
        key = Path(cluster.invite("windows-pc")["file"])
        windows = windows_node(f"127.0.0.1:{cluster.port}", key)
        wait_until(lambda: "Connected" in windows.printed, f"the Windows node connects: {windows.printed[-500:]}")
        job_id = cluster.farm.start_render(scene_file("turning", linux))
        wait_until(lambda: rendered(cluster, job_id, "windows-pc") >= 3, "the Windows node renders")
        assert len(windows.processes()) > 1
        windows.kill()
        wait_until(lambda: windows.processes() == {}, "all that it started ends")
        job = cluster.farm.wait_for(job_id, "completed", "failed")
        assert job["status"] == "completed"
        assert len(cluster.farm.frames(job_id)) == 120
        assert rendered(cluster, job_id, "windows-pc") >= 3
        assert rendered(cluster, job_id, "node0") >= 3
    finally:
        cluster.stop()


def rendered(cluster: RunningCluster, job_id: str, name: str) -> int:
    """Frames of the job that the farm says this node has rendered."""
    answer = cluster.farm.api.get(f"{cluster.farm.url}{FARM_API}/jobs/{job_id}/frames", params={"limit": 120})
    frames = answer.raise_for_status().json()["frames"]
    return sum(each["node"] == name and each["state"] == "completed" for each in frames)
