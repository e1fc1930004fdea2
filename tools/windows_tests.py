"""The tests that run in the Windows Python of `make windows`: each group in a pytest of its own.

On Windows pytest-timeout ends the whole process, and what a group has left running is ended after it. `make test`
takes QUICK, `make soak` all.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import test_groups
import windows_python
from cache import ROOT
from test_groups import Outcome

QUICK: dict[str, tuple[str, ...]] = {
    "client": ("tests/client",),
    "files": (
        "tests/test_files.py",
        "tests/test_path_lengths.py",
        "tests/test_user_folder.py",
        "tests/test_child_processes.py",
        "tests/test_private_folder.py",
        "tests/farm/test_image_texts.py",
        "tests/scene/test_stage.py",
    ),
    "courier": (
        "tests/courier/test_addresses.py",
        "tests/courier/test_again.py",
        "tests/courier/test_free_names.py",
        "tests/courier/test_lock.py",
        "tests/courier/test_paths_and_targets.py",
    ),
    "farm": (
        "tests/cli/test_code_page.py",
        "tests/cli/test_cli.py::test_submit_and_wait_ends_with_the_frames",
        "tests/farm/test_from_upload_to_frames.py::test_a_zip_is_unpacked_and_rendered",
        "tests/scene/test_places.py::test_windows_drives_and_devices_have_places",
        "tests/farm/test_unpack.py",
        "tests/farm/test_windows_worker.py",
    ),
}
MORE: dict[str, tuple[str, ...]] = {
    "processes": (
        "tests/courier/test_courier_process.py",
        "tests/courier/test_journal.py",
        "tests/courier/test_verify.py",
        "tests/courier/test_which_list.py",
        "tests/courier/test_damaged_journal.py",
        "tests/courier/test_handover.py",
        "tests/courier/test_local_farm.py",
        "tests/courier/test_names_from_services.py",
        "tests/courier/test_pipeline.py",
        "tests/courier/test_requests.py",
        "tests/courier/test_same_disk.py",
    ),
    "receiver": ("tests/courier/test_receive.py", "tests/courier/test_receive_strangers.py"),
    "more of the farm": (
        "tests/farm/test_door.py",
        "tests/farm/test_from_upload_to_frames.py",
        "tests/farm/test_removal.py",
        "tests/farm/test_uploads.py",
    ),
    "command line": ("tests/cli/test_cli.py",),
    "deaths": ("tests/courier/test_deaths.py",),
}


_UNTIMED = "not within_a_second and not frozen"
"""Beside other groups, Wine does not keep the limits of these tests."""


def quick(temporary: Path, *, again: bool = False) -> Outcome:
    """What `make test` takes: all of it again, where a few have failed."""
    temporary = temporary / "again" if again else temporary
    temporary.mkdir(exist_ok=True)
    return run(QUICK, temporary, ("-k", _UNTIMED))


def run(groups: dict[str, tuple[str, ...]], temporary: Path, words: Sequence[str] = ()) -> Outcome:
    """The groups one after the other, as one outcome. words: for each pytest."""
    name = "Windows' Python"
    if not windows_python.is_here():
        return Outcome(name, skipped=1, remark=f"skipped: not on this machine; {windows_python.HOW_TO_GET}")
    started = time.monotonic()
    certificates = {} if words else _certificates(temporary)
    outcomes = []
    with windows_python.checkout() as place:
        for group, paths in groups.items():
            outcomes.append(_group(f"{name}, {group}", [*words, *paths], place, temporary, certificates))
    reasons: dict[str, int] = {}
    for outcome in outcomes:
        for reason, count in outcome.reasons:
            reasons[reason] = reasons.get(reason, 0) + count
    return Outcome(
        name,
        sum(each.passed for each in outcomes),
        sum(each.failed for each in outcomes),
        sum(each.skipped for each in outcomes),
        time.monotonic() - started,
        "; ".join(each.remark for each in outcomes if each.remark),
        tuple(reasons.items()),
        tuple(failure for each in outcomes for failure in each.failures),
    )


def _group(name: str, words: Sequence[str], place: Path, temporary: Path, certificates: dict[str, str]) -> Outcome:
    print(f"=== {name}: begun", flush=True)
    report, output = place.parent / f"{name}.xml", temporary / f"{name}.out"
    options = ["-p", "pytest_timeout", "-p", "no:cacheprovider", "--quiet", "-rs", "-m", "not soak", "--durations=8"]
    drive = rf"C:\{place.parent.name}"
    options += [f"--junitxml={drive}\\{report.name}", rf"--basetemp={drive}\t", "--timeout=600"]
    started = time.monotonic()
    code = windows_python.run_pytest(place, [*options, *words], output, certificates)
    print(f"\n=== {name}\n{output.read_text(encoding='utf-8', errors='replace')}", flush=True)
    seconds = time.monotonic() - started
    if not report.exists():
        return Outcome(name, failed=1, seconds=seconds, remark=f"{name} ended with code {code} and no report")
    return test_groups.read_report(name, report, seconds, code)


def _certificates(temporary: Path) -> dict[str, str]:
    """Made here, since Windows has no openssl; Wine shows our disks as Z:."""
    if not shutil.which("openssl"):
        return {}
    folder = temporary / "certificates"
    folder.mkdir()
    subprocess.run([sys.executable, ROOT / "tests" / "support" / "certificates.py", folder], check=True)
    return {"FARMHAND_CERTIFICATES": "Z:" + str(folder).replace(os.sep, "\\")}


def main() -> int:
    """All of them, for `make soak`."""
    with tempfile.TemporaryDirectory(prefix="farmhand-tests-") as folder:
        outcome = run({**QUICK, **MORE}, Path(folder))
    print(f"{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped  {outcome.remark}")
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
