"""`farmhand farm invite NAME`: a key file, or a one-time code, for one computer that renders for the farm.

The key is one of the farm's keys with the role “render”: `farmhand farm keys` lists and revokes it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from ....jobs.private_folder import write_private
from ...errors import CannotStart, refuse
from ...keys_command import key_name, open_database
from ...state.keys import Keys, Role
from ...state.workspaces import Workspaces
from ..certificates import Authority
from . import invitations, network_file


def main(argv: Sequence[str]) -> int:
    """Returns 0, or 2 when it could not be done."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    data = Path(arguments.data).absolute()
    if not arguments.name and not arguments.code:
        parser.error("a key file is for a computer with a name")
    target = Path(arguments.out or f"{arguments.name}.pem").absolute()
    try:
        if arguments.code:
            return _give_code(data / "nodes", arguments.name, as_json=arguments.json)
        _check_free(target)
        with open_database(data) as database:
            workspace = Workspaces(database).find_or_create("default")
            record, _ = Keys(database).create(arguments.name, workspace.id, Role.RENDER)
        write_private(target, Authority(data / "nodes").issue(record.id))
    except (CannotStart, OSError) as error:
        return refuse(error, as_json=arguments.json)
    if arguments.json:
        print(json.dumps({"id": record.id, "name": record.name, "file": str(target)}))
        return 0
    print(
        f"Key {record.id} for {record.name} is in {target}. Copy it to that computer, keep it "
        f"private, and run there:\n  farmhand node ADDRESS-OF-THIS-COMPUTER --key {target.name}\n"
        f"To revoke it later: farmhand farm keys revoke {record.id}"
    )
    return 0


def _give_code(folder: Path, name: str, *, as_json: bool) -> int:
    """Print a code, which the running farm exchanges for a key when the computer connects."""
    code, addresses = invitations.invite(folder, name), network_file.addresses(folder)
    if as_json:
        print(json.dumps({"name": name, "code": code, "addresses": addresses}))
        return 0
    where = " or ".join(addresses) or "of this computer (start the farm first: farmhand farm --backend dask)"
    print(
        f"On {name or 'the other computer'}, in Blender with Farmhand and Farmhand Node, enter in Help Render:\n"
        f"  Address: {where}\n  Code:    {code}\nThe code works once and expires after one hour."
    )
    return 0


def _check_free(target: Path) -> None:
    if target.exists():
        raise CannotStart(f"{target} already exists. Choose another name with --out.")
    if not target.parent.is_dir():
        raise CannotStart(f"Folder {target.parent} not found. Choose another place with --out.")


def _name(text: str) -> str:
    """ "" with a code: the computer reports its own name."""
    return key_name(text) if text else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farmhand farm invite", description="Create a key file that lets a computer render for the farm."
    )
    parser.add_argument("name", type=_name, metavar="NAME", help="name of the computer, as in render-pc-3")
    parser.add_argument(
        "--data", required=True, metavar="DIR", help="data folder of the farm (default: that of `farmhand farm`)"
    )
    parser.add_argument(
        "--code",
        action="store_true",
        help="print a one-time code for Help Render in Blender instead of writing a key file",
    )
    parser.add_argument("--out", metavar="FILE", help="key file to write (default: NAME.pem in the current folder)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser
