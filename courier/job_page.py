"""Finds the page that a browser can show of a job.

launch.py … courier page --home FOLDER SUBMISSION     with {"keys": {server URL: key}} on standard input

The answer is one JSON object: {"url": …}, or {"problem": an encoded Message}.
This computer's farm is started if it has ended.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ..client.errors import FarmhandError, LocalProblem
from ..client.message import msg
from ..jobs.folder import job_folder
from ..jobs.journal.journal import Journal
from ..jobs.user_folder import UserFolder
from .process.keys_in_memory import ServerKeys, from_text
from .servers.servers import Servers


def main(argv: Sequence[str]) -> int:
    """Answer on standard output. Returns 0, or 3 when there is no page."""
    arguments = _parser().parse_args(argv)
    try:
        answer = {"url": page_url(UserFolder(Path(arguments.home)), from_text(sys.stdin.read()), arguments.submission)}
    except FarmhandError as error:
        answer = {"problem": error.message.encoded()}
    print(json.dumps(answer))
    return 0 if "url" in answer else 3


def page_url(home: UserFolder, keys: ServerKeys, submission_id: str) -> str:
    """The address of the job's page.

    Args:
        keys: those that the courier has.
        submission_id: of a job that was uploaded.

    Raises:
        LocalProblem: the job is not on the server yet, or the server has no pages.
        FarmhandError: the server cannot be asked.
    """
    with Journal(home.journal) as journal:
        submission = journal.submission(submission_id)
    if submission is None or not submission.job_id:
        raise LocalProblem("The job is not on the server yet.", "", "Try again after it has been uploaded.")
    order = job_folder.read(home.job(submission_id))
    servers = Servers(home, keys)
    try:
        server = servers.server(submission.server_url, order.blender, allow_add_ons=order.allow_add_ons)
        job = server.service.job(submission.job_id)
    finally:
        servers.close()
    if not job.page_url or not job.page_url.startswith(("http://", "https://")):
        advice = msg("Open the job on the service's website.")
        raise LocalProblem("This server has no job pages.", "", advice)
    return job.page_url


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", required=True, help="user folder")
    parser.add_argument("submission", metavar="SUBMISSION")
    return parser
