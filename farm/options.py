"""The farm's command-line options: for people who type `farmhand farm`, and for the process that this command starts.

Standard library only: the command line reads it without the farm's packages.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

KEEP_DAYS = 14
ALWAYS, ON_REQUEST, NEVER = VIDEOS = ("always", "on-request", "never")
SAME, NEWER, ANY = BLENDER_VERSIONS = ("same", "newer", "any")
"""Which Blenders may render a scene: of the version that saved it, or newer, or any."""
WEBHOOK_SECRET = "FARMHAND_WEBHOOK_SECRET"
CONFINEMENTS = ("auto", "required", "off", "bubblewrap", "landlock")
"""How to confine render Blenders, see confine/confinement.py."""


def add_options(parser: argparse.ArgumentParser, port: int = 0) -> list[argparse.Action]:
    """Add the options that both commands know. port: where the farm listens unless told otherwise; 0 for a free port.

    Returns: the options, for as_words().
    """
    return [
        *(*_serving(parser, port), *_storage(parser), *_webhooks(parser)),
        *(*_confinement(parser), *_nodes(parser), *_dask_cluster(parser)),
    ]


def as_words(arguments: argparse.Namespace) -> list[str]:
    """The arguments from which the farm's own command parses the same options again."""
    words: list[str] = []
    for option in add_options(argparse.ArgumentParser(add_help=False)):
        value = getattr(arguments, option.dest)
        if value not in (None, option.default):
            words += [option.option_strings[0], *([] if option.nargs == 0 else [str(value)])]
    return words


def at_least(least: int) -> Callable[[str], int]:
    """A parser for integers that are at least this."""

    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more")
        return int(text)

    return number


def confinement(text: str) -> str:
    """A type for argparse, which checks a default, such as FARMHAND_CONFINE, only with this."""
    if text not in CONFINEMENTS:
        words = ", ".join(CONFINEMENTS)
        raise argparse.ArgumentTypeError(f"“{text}” is not one of {words} (FARMHAND_CONFINE sets the default)")
    return text


def _serving(parser: argparse.ArgumentParser, port: int) -> list[argparse.Action]:
    default = str(port or "a free port, named in access.json")
    return [
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all (default: this computer only)"
        ),
        parser.add_argument(
            "--port", type=int, default=port, help=f"port to listen on; 0 for any free port (default: {default})"
        ),
        parser.add_argument(
            "--workers",
            type=at_least(1),
            default=1,
            metavar="N",
            help="number of frames rendered at the same time (default: 1)",
        ),
        parser.add_argument(
            "--frame-limit",
            type=_hours,
            metavar="HOURS",
            help="stop a frame that takes longer (default: 20 times the slowest frame of its job, at least 2 hours; "
            "12 hours while none is finished)",
        ),
        parser.add_argument("--cert", metavar="FILE", help="serve HTTPS with this certificate (PEM)"),
        parser.add_argument("--key", metavar="FILE", help="private key of the certificate (PEM)"),
        parser.add_argument(
            "--public-url", default="", metavar="URL", help="address of the reverse proxy in front of the farm"
        ),
    ]


def _storage(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        parser.add_argument(
            "--objects",
            default="",
            metavar="S3",
            help="keep uploads and frames in a bucket, as s3://bucket or s3://bucket/prefix; AWS_ENDPOINT_URL names "
            "the server, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY the access key (default: a folder in --data)",
        ),
        parser.add_argument(
            "--keep-days",
            type=at_least(0),
            default=KEEP_DAYS,
            metavar="N",
            help="days to keep the files of finished jobs; 0 keeps them forever (default: %(default)s)",
        ),
        parser.add_argument(
            "--keep-gib",
            type=_gib,
            metavar="N",
            help="remove the oldest finished jobs when uploads and frames exceed N GiB (default: no limit)",
        ),
        parser.add_argument(
            "--keep-free-gib",
            type=_gib,
            metavar="N",
            help="refuse uploads that would leave less than N GiB free (default: 2 %% of the disk, 2 GiB at most)",
        ),
        parser.add_argument(
            "--videos",
            choices=VIDEOS,
            default=ALWAYS,
            help="make a preview video of every finished job: always, on the first download, or never "
            "(default: always)",
        ),
    ]


def _webhooks(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        parser.add_argument(
            "--webhook-url",
            default="",
            metavar="URL",
            help=f"send a webhook to this URL when a job finishes, signed with {WEBHOOK_SECRET}",
        ),
        parser.add_argument("--webhook-on-fail", action="store_true", help="also send a webhook when a job fails"),
    ]


def _confinement(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        parser.add_argument(
            "--confine",
            type=confinement,
            choices=CONFINEMENTS,
            default=os.environ.get("FARMHAND_CONFINE", CONFINEMENTS[0]),
            help="isolation of render Blenders from files and network: auto (as strong as possible), required (without "
            "it, the farm does not start) or off; FARMHAND_CONFINE sets the default (otherwise auto)",
        ),
        parser.add_argument("--own-files", action="store_true", help="all scenes are your own: trust what they read"),
        parser.add_argument(
            "--run-confined", metavar="SCRIPT", help="run a Python file in a confined Blender, and exit"
        ),
        parser.add_argument(
            "--allow-add-ons",
            action="store_true",
            help="run scripts in files and your enabled add-ons; only for your own files on this computer",
        ),
    ]


def _nodes(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        parser.add_argument(
            "--backend",
            choices=("local", "dask"),
            default="local",
            help="render on this computer (local), or on the computers that run `farmhand node` (dask) "
            "(default: local)",
        ),
        parser.add_argument(
            "--own-node",
            action="store_true",
            help="with --backend dask: also render on this computer, as one of the nodes",
        ),
        parser.add_argument(
            "--node-port",
            type=int,
            default=8786,
            metavar="PORT",
            help="port for nodes; the next two ports are used too (default: %(default)s)",
        ),
        parser.add_argument(
            "--blender-versions",
            choices=BLENDER_VERSIONS,
            default=SAME,
            help="with nodes: Blender versions that may render a scene: the one that saved it, also newer ones, or "
            "any (default: same)",
        ),
    ]


def _dask_cluster(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    files = (("ca", "certificate authority"), ("cert", "client certificate"), ("key", "private key of the certificate"))
    return [
        parser.add_argument(
            "--scheduler",
            default="",
            metavar="URL",
            help="with --backend dask: run nodes on the workers of an existing Dask cluster, as tls://HOST:PORT",
        ),
        *(
            parser.add_argument(f"--scheduler-{name}", default="", metavar="FILE", help=f"{what} for --scheduler (PEM)")
            for name, what in files
        ),
    ]


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= 1000:
        raise argparse.ArgumentTypeError("must be a number of hours, more than 0 and at most 1000")
    return hours


def _gib(text: str) -> float:
    number = float(text)
    if not 0 <= number < 2**30:
        raise argparse.ArgumentTypeError("must be a number of GiB, 0 or more")
    return number
