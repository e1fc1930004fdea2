"""A real farm in a process of its own, and the calls that tests make again and again."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import processes
from waiting import PATIENCE, wait_until

API = "/api/external/v1"
OVER = ("completed", "failed", "canceled")
# Settings that the command line does not offer, for limits that a test cannot wait for.
_WITH_SETTINGS = """
import asyncio, dataclasses, json, sys
from pathlib import Path
from farmhand.farm.service import serve
from farmhand.farm.settings import FarmSettings
given = json.loads(sys.argv[1])
asyncio.run(serve(FarmSettings(**{**given, "data": Path(given["data"]), "blender": tuple(given["blender"])})))
"""


class RunningFarm:
    """settings: when not None, start from these (fields of farm.settings.Settings) in place of the command line.
    command: when given, start this. before: words before the command, such as those of `prlimit`."""

    def __init__(
        self,
        data: Path,
        blender: Sequence[str],
        *arguments: str,
        settings: dict[str, Any] | None = None,
        environment: dict[str, str] | None = None,
        command: Sequence[str] = (),
        before: Sequence[str] = (),
    ) -> None:
        self.data = data
        self._environment = {**os.environ, **(environment or {})}
        self._environment.pop("FARMHAND_API_KEY", None)
        self._environment.update(environment or {})
        if settings is None:
            start = ["-m", "farmhand.farm", "--data", str(data), *arguments, "--blender", *blender]
        else:
            data.mkdir(parents=True, exist_ok=True)
            start = ["-c", _WITH_SETTINGS, json.dumps({"data": str(data), "blender": list(blender), **settings})]
        self._command = list(command) or [*before, sys.executable, *start]
        self.start()

    def start(self) -> None:
        """Start the process and wait until it listens."""
        (self.data / "access.json").unlink(missing_ok=True)
        self.process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        wait_until(self._listens, "the farm listens")
        access = json.loads((self.data / "access.json").read_text())
        self.url: str = access["url"]
        self.token: str = access["token"]
        self.api = httpx.Client(
            base_url=self.url + API, headers={"Authorization": f"Bearer {self.token}"}, timeout=30, trust_env=False
        )

    def kill(self) -> None:
        """As a power cut would."""
        self._end(self.process.kill)

    def stop(self) -> int:
        """As a polite person would. Returns the exit code."""
        return self._end(self._ask_to_leave)

    def _ask_to_leave(self) -> None:
        """Windows has no signal for it."""
        if sys.platform != "win32":
            self.process.terminate()
            return
        with contextlib.suppress(httpx.HTTPError):  # it has ended
            httpx.post(f"{self.url}/leave", headers={"Authorization": f"Bearer {self.token}"}, trust_env=False)

    def upload(self, path: Path, name: str = "") -> str:
        """Upload a file and return its slug."""
        file_type = path.suffix.lstrip(".") if path.suffix in (".blend", ".zip") else "blend"
        target = self.ask("/uploads", fileName=name or f"scene.{file_type}", fileType=file_type)
        httpx.put(target["uploadUrl"], content=path.read_bytes(), trust_env=False).raise_for_status()
        return str(target["slug"])

    def new_job(self, path: Path) -> str:
        return str(self.ask("/jobs", slug=self.upload(path))["id"])

    def validated(self, path: Path) -> dict[str, Any]:
        """Upload and validate; the job as it is then, validated or failed."""
        job_id = self.new_job(path)
        self.ask(f"/jobs/{job_id}/validate")
        return self.wait_for(job_id, "validated", "failed")

    def start_render(self, path: Path, **config: Any) -> str:
        """Upload, validate and start rendering; the job's id."""
        job = self.validated(path)
        assert job["status"] == "validated", job["failedReason"]
        self.ask(f"/jobs/{job['id']}/render", requestedRenderConfig={"colorManagementPreset": "default", **config})
        return str(job["id"])

    def rendered(self, path: Path, **config: Any) -> dict[str, Any]:
        """The whole way; the job when it is over."""
        return self.wait_for(self.start_render(path, **config), *OVER)

    def job(self, job_id: str) -> dict[str, Any]:
        return dict(self.api.get(f"/jobs/{job_id}").raise_for_status().json()["data"])

    def wait_for(self, job_id: str, *statuses: str, seconds: float = PATIENCE) -> dict[str, Any]:
        what = f"{job_id} is {' or '.join(statuses)}"
        wait_until(lambda: self.job(job_id)["status"] in statuses, what, seconds=seconds)
        return self.job(job_id)

    def downloads(self, job_id: str) -> dict[str, Any]:
        return dict(self.api.get(f"/jobs/{job_id}/downloads").raise_for_status().json())

    def fetch(self, url: str) -> bytes:
        return httpx.get(url, trust_env=False).raise_for_status().content

    def frames(self, job_id: str) -> dict[str, bytes]:
        """The frames' bytes by relative path."""
        return {each["relativePath"]: self.fetch(each["url"]) for each in self.downloads(job_id)["frameOutputs"]}

    def frames_done(self, job_id: str) -> int:
        counters = self.api.get(f"/jobs/{job_id}/progress").json()
        return int(counters[0]["framesCompleted"]) if counters else 0

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        """POST and insist on success."""
        response = self.api.post(path, json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def blender_processes(self) -> list[int]:
        """Every process that works for this farm, found by the user folder that the farm gave it."""
        return processes.with_variable("BLENDER_USER_RESOURCES", f"{self.data}{os.sep}")

    def wait_until_confinement_is_known(self) -> None:
        """A farm tries with a Blender of no job how it can confine them; that one is gone when this returns."""
        log = self.data / "logs" / "farm.log"
        wait_until(lambda: "Render Blenders are" in log.read_text(encoding="utf-8"), "the confinement is known")
        wait_until(lambda: not self.blender_processes(), "the Blender of the trial is gone")

    def _end(self, how: Callable[[], None]) -> int:
        self.api.close()
        how()
        self.process.communicate(timeout=PATIENCE)
        return int(self.process.returncode)

    def _listens(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"The farm ended: {self.process.communicate()[1]}")
        return (self.data / "access.json").exists()
