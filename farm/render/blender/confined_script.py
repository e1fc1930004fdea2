"""Runs a Python file in a confined render Blender, to test what a hostile scene could do at worst."""

from __future__ import annotations

import shutil
from pathlib import Path

from ....jobs.folder import path_limits
from ...errors import CannotStart
from ...settings import FarmSettings
from ..backend import WorkFailed
from .launcher import Launcher

_SECONDS = 120.0


async def run_confined(settings: FarmSettings, script: Path) -> str:
    """What the script printed. Raises CannotStart when Blender or the script could not run."""
    launcher = Launcher(settings, settings.data / path_limits.WORK, runs_python=True)
    try:
        process = await launcher.launch()
        try:
            inside = process.folder.package / "script.py"
            shutil.copyfile(script, inside)
            answer = await process.ask("run", _SECONDS, path=str(inside))
            return str(answer.get("printed", ""))
        finally:
            await process.end()
    except (WorkFailed, OSError) as error:
        raise CannotStart(str(error)) from error
    finally:
        await launcher.stop()
