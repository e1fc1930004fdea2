"""`farmhand farm invite NAME`: a key file for one computer that renders for the farm.

The key is one of the farm's keys with the role “render”: `farmhand farm keys` lists and revokes it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ...jobs.private_folder import write_private
from ..errors import CannotStart
from ..keys_command import key_name, open_database
from ..state.keys import Keys, Role
from ..state.workspaces import Workspaces
from .certificates import Authority


def main(argv: Sequence[str]) -> int:
    """Returns 0, or 2 when it could not be done."""
    arguments = _parser().parse_args(argv)
    data = Path(arguments.data).absolute()
    target = Path(arguments.out or f"{arguments.name}.pem").absolute()
    try:
        _check_free(target)
        with open_database(data) as database:
            workspace = Workspaces(database).find_or_create("default")
            record, _ = Keys(database).create(arguments.name, workspace.id, Role.RENDER)
        write_private(target, Authority(data / "nodes").issue(record.id))
    except (CannotStart, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps({"id": record.id, "name": record.name, "file": str(target)}))
        return 0
    print(
        f"Key {record.id} for {record.name} is in {target}. Take the file to that computer, where nobody else can read "
        f"it, and start there:\n  farmhand node ADDRESS-OF-THIS-COMPUTER --key {target.name}\n"
        f"To turn the computer away later: farmhand farm keys revoke {record.id}"
    )
    return 0


def _check_free(target: Path) -> None:
    if target.exists():
        raise CannotStart(f"{target} exists already. Choose another name with --out.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farmhand farm invite", description="Make a key file with which a computer may render for the farm."
    )
    parser.add_argument("name", type=key_name, metavar="NAME", help="of the computer, as in “render-pc-3”")
    parser.add_argument("--data", required=True, metavar="DIR", help="the farm's folder")
    parser.add_argument("--out", metavar="FILE", help="where to write the key (default: NAME.pem in this folder)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser
