"""A script for a background Blender: checks or packs a file for the command line, or finishes a job folder.

    blender -b … --python headless.py -- REQUEST.json RESULT.json
    blender -b … --python headless.py -- pack ORDER.json
    python-with-bpy headless.py -- …

The request: {"command": "check" | "submit", "file": PATH, "jobs": FOLDER, …} with the members of SubmitRequest.
The result, written whole or not at all: {"check": …} or {"folder": …, "check": …}, or
{"problem": {"what", "meaning", "advice"}, "check": … or null}. Progress goes to standard error, a JSON object a line.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

PACKAGE = "farmhand"


def main(request_file: Path, result_file: Path) -> None:
    """Do what the request says; whatever happens, there is a result."""
    order = json.loads(request_file.read_text(encoding="utf-8"))
    errors = _part("client.errors")
    try:
        result = _answer(order)
    except errors.FarmhandError as problem:
        result = {"problem": problem.encoded(), "check": None}
    except Exception as error:  # the command line must never exit without a message
        surprise = errors.LocalProblem(
            f"Could not prepare the file ({type(error).__name__}: {error}).", "Nothing was sent."
        )
        result = {"problem": surprise.encoded(), "check": None}
    _part("client.files").write_text(result_file, _part("jobs.text").to_json(result))


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    losses = _open(Path(order["file"]))
    request = _part("scene.request.request").SubmitRequest.from_mapping(order)
    checked = _part("scene.dry_run").dry_run(request, jobs=order.get("jobs", ""), losses=losses)
    if order["command"] == "check":
        return {"check": checked.as_json()}
    if checked.blockers:
        problem = _part("client.errors").LocalProblem(checked.blockers[0], "Nothing was sent.")
        return {"problem": problem.encoded(), "check": checked.as_json()}
    if request.existing == "skip":
        checked = checked.for_files("skip")
        if not checked.frames:
            return {"nothing_left": True, "check": checked.as_json()}
        ranges = _part("client.frame_ranges").ranges(checked.frames)
        request = dataclasses.replace(request, existing="replace", frames=", ".join(ranges))
    _tell("pack", 0.0)
    packing = _part("scene.packing.package").make(request, Path(order["jobs"]), checked)
    packing.wait()
    _tell("pack", 1.0)
    if packing.problem:
        return {"problem": packing.problem.encoded(), "check": checked.as_json()}
    return {"folder": str(packing.folder), "check": checked.as_json()}


def _open(file: Path) -> Any:
    """Open the file. Returns what Blender reports as lost."""
    problem = _part("client.errors").LocalProblem
    if not file.is_file():
        raise problem(f"File {file} not found.", "Nothing was sent.", "Check the file name.")
    _tell("open", 0.0)
    opened = _part("scene.packing.open_blend").open_blend(file.absolute())
    reason = opened.problem
    if reason and _part("scene.checks.files.stubs").is_pointer(str(file)):
        raise problem(
            f"{file.name} is only a Git LFS or git-annex pointer.",
            "Nothing was sent.",
            "Fetch the file itself (git lfs pull).",
        )
    if reason:
        raise problem(
            _part("client.message").msg("{path} cannot be opened: {reason}", path=file.name, reason=reason),
            "Nothing was sent.",
            "Make sure that it is an undamaged .blend file and not from a newer Blender version.",
        )
    return opened.losses


def _part(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


def _load_package() -> None:
    """Make the package importable by its name, whatever its folder is called and without touching sys.path."""
    if PACKAGE in sys.modules:
        return
    root = Path(__file__).resolve().parent.parent
    spec = importlib.util.spec_from_file_location(PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)])
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


def _tell(stage: str, done: float) -> None:
    print(json.dumps({"stage": stage, "done": round(done, 3)}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    code = 1
    try:
        _load_package()
        arguments = sys.argv[sys.argv.index("--") + 1 :]
        if arguments[0] == "pack":
            _part("scene.packing.packer").main(Path(arguments[1]))
        else:
            main(Path(arguments[0]), Path(arguments[1]))
        code = 0
    except Exception:
        traceback.print_exc()
    finally:  # a normal exit of Blender may crash or hang, even after an error
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
