"""`farmhand farm keys …` and `farmhand farm workspaces …`: who may use a farm, and how much of it.

They work while the farm runs, which applies changes at once, and before its first start.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import access
from .errors import CannotStart, refuse
from .options import at_least
from .state.database import Database
from .state.keys import KeyRecord, Keys, Role
from .state.records import iso
from .state.workspaces import Workspace, Workspaces

COMMANDS = ("keys", "workspaces")
_DATABASE = "farm.sqlite3"
_GIB = 1024**3
_MAX_NAME = 100
Run = Callable[[argparse.Namespace, Database], None]


def main(argv: Sequence[str]) -> int:
    """Returns 0, or 2 when it could not be done."""
    arguments = _parser().parse_args(argv)
    data = Path(arguments.data).absolute()
    try:
        if arguments.run not in (_create_key, _set_workspace) and not (data / _DATABASE).exists():
            raise CannotStart(f"No farm found in {data}. Check --data.")
        with open_database(data) as database:
            arguments.run(arguments, database)
    except CannotStart as error:
        return refuse(error, as_json=arguments.json)
    except sqlite3.OperationalError as error:
        reason = f"The farm's state could not be written ({error}). Nothing was changed; try again."
        return refuse(reason, as_json=arguments.json)
    return 0


@contextlib.contextmanager
def open_database(data: Path) -> Iterator[Database]:
    """The farm's database, which is migrated only while no farm uses it."""
    with access.lock(data) or contextlib.nullcontext() as held:
        database = Database(data / _DATABASE, migrate=held is not None)
        try:
            yield database
        finally:
            database.close()


# What the commands do


def _create_key(arguments: argparse.Namespace, database: Database) -> None:
    workspaces, role = Workspaces(database), Role(arguments.role)
    workspace = workspaces.find_or_create(arguments.workspace)
    if role in (Role.SUBMIT, Role.ADMIN):
        workspaces.share(workspace.id)
    record, key = Keys(database).create(arguments.name, workspace.id, role)
    if arguments.json:
        print(json.dumps({**_key_line(record), "key": key}))
        return
    print(key)
    print(
        f"Key {record.id} for {record.name} (workspace {record.workspace}, role {record.role}). "
        "It is shown only once, because the farm stores only a hash of it.",
        file=sys.stderr,
    )


def _list_keys(arguments: argparse.Namespace, database: Database) -> None:
    _show([_key_line(each) for each in Keys(database).all()], arguments.json)


def _revoke_key(arguments: argparse.Namespace, database: Database) -> None:
    record = Keys(database).revoke(arguments.id)
    if arguments.json:
        print(json.dumps(_key_line(record)))
    else:
        print(f"Key {record.id} of {record.name} has been revoked. Its links to files expire within an hour.")


def _list_workspaces(arguments: argparse.Namespace, database: Database) -> None:
    workspaces = Workspaces(database)
    _show([_workspace_line(workspaces, each) for each in workspaces.all()], arguments.json)


def _set_workspace(arguments: argparse.Namespace, database: Database) -> None:
    workspaces = Workspaces(database)
    asked = {"weight": arguments.weight, "max_jobs": arguments.max_jobs, "max_frames": arguments.max_frames}
    if arguments.max_gib is not None:
        asked["max_bytes"] = int(arguments.max_gib * _GIB)
    changes = {name: value for name, value in asked.items() if value is not None}
    workspace = workspaces.set(workspaces.find_or_create(arguments.name).id, **changes)
    _show([_workspace_line(workspaces, workspace)], arguments.json)


# How they show it


def _key_line(record: KeyRecord) -> dict[str, Any]:
    times = {"created": record.created, "used": record.used, "revoked": record.revoked}
    return {**asdict(record), **{name: iso(value) if value else None for name, value in times.items()}}


def _workspace_line(workspaces: Workspaces, workspace: Workspace) -> dict[str, Any]:
    used, quotas = workspaces.usage(workspace.id), workspace.quotas
    return {
        "name": workspace.name,
        "weight": workspace.weight,
        "jobs": used.jobs,
        "max_jobs": quotas.max_jobs,
        "gib": round(used.bytes / _GIB, 3),
        "max_gib": None if quotas.max_bytes is None else round(quotas.max_bytes / _GIB, 3),
        "frames": used.frames,
        "max_frames": quotas.max_frames,
    }


def _show(lines: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(lines))
        return
    cells = [list(lines[0])] if lines else []
    cells += [["-" if value is None else str(value) for value in line.values()] for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


# Arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="farmhand farm", description="Manage who may use a farm.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    keys = commands.add_parser("keys", help="create, list and revoke keys").add_subparsers(required=True)
    create = _command(keys, "create", _create_key, "Create a key and print it, once.")
    create.add_argument(
        "name", type=key_name, metavar="NAME", help="name of the user or computer, as in Ada or render-pc-3"
    )
    create.add_argument(
        "--workspace",
        type=key_name,
        default="default",
        help="workspace of the key; created if it does not exist (default: default)",
    )
    create.add_argument(
        "--role",
        choices=[role.value for role in Role],
        default=Role.SUBMIT.value,
        help="submit: submit and manage jobs of the workspace; render: render as a node; admin: manage the "
        "whole farm; monitor: read /metrics (default: submit)",
    )
    _command(keys, "list", _list_keys, "List all keys without revealing them.")
    revoke = _command(keys, "revoke", _revoke_key, "Revoke a key.")
    revoke.add_argument("id", metavar="ID", help="ID of the key, as shown by `keys list`")
    workspaces = commands.add_parser("workspaces", help="list workspaces and set quotas").add_subparsers(required=True)
    _command(workspaces, "list", _list_workspaces, "List workspaces with quotas and usage.")
    change = _command(workspaces, "set", _set_workspace, "Set a workspace's share and quotas; 0 removes a quota.")
    change.add_argument(
        "name", type=key_name, metavar="NAME", help="name of the workspace; created if it does not exist"
    )
    change.add_argument("--weight", type=_weight, help="share of the workers, relative to other workspaces")
    change.add_argument("--max-jobs", type=at_least(0), metavar="N", help="maximum number of unfinished jobs")
    change.add_argument("--max-gib", type=_size, metavar="N", help="maximum size of uploads and frames, in GiB")
    change.add_argument("--max-frames", type=at_least(0), metavar="N", help="maximum number of unfinished frames")
    return parser


def _command(commands: Any, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text[0].lower() + text[1:-1], description=text)
    command.add_argument(
        "--data", required=True, metavar="DIR", help="data folder of the farm (default: that of `farmhand farm`)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)
    return command


def key_name(text: str) -> str:
    if not text.strip() or len(text) > _MAX_NAME or not text.isprintable():
        raise argparse.ArgumentTypeError(f"must be 1 to {_MAX_NAME} printable characters")
    return text.strip()


def _size(text: str) -> float:
    return _number(text, 0.0, 2**20)


def _weight(text: str) -> float:
    return _number(text, 0.01, 100.0)


def _number(text: str, least: float, most: float) -> float:
    number = float(text)
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"must be {least:g} to {most:g}")
    return number
