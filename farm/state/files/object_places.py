"""Where a farm's objects are: in its own folder, or in a bucket. A farm with jobs cannot change the place."""

from __future__ import annotations

import uuid
from pathlib import Path

from ...errors import CannotStart
from ...objects.folder import FolderObjects
from ...objects.objects import Objects
from ..database import Database

_FOLDER = "its own folder"


def open_objects(place: str, folder: Path, database: Database) -> Objects:
    """The farm's objects: in its folder or in a bucket, the same as at its first start.

    Args:
        place: as in --objects, "" for the folder.
        folder: for objects without a bucket.
        database: remembers the place.

    Raises:
        CannotStart: another place than before, or a bucket that cannot be used.
    """
    place = place.rstrip("/")
    _check_same(place or _FOLDER, database)
    objects = _bucket(place, _name_of_farm(database)) if place else FolderObjects(folder)
    _keep(place or _FOLDER, database)
    return objects


def _bucket(place: str, farm: str) -> Objects:
    try:
        # Only a farm with a bucket needs its library; the extension does not include this module or the library.
        from ...objects.bucket import BucketObjects
    except ImportError as error:
        raise CannotStart(
            "Files in a bucket need a Python package that is not installed. In Farmhand's source, run: "
            "pip install --require-hashes -r requirements/studio.txt"
        ) from error
    bucket = BucketObjects(place)
    bucket.check(farm)
    return bucket


def _name_of_farm(database: Database) -> str:
    """Created once, and secret."""
    with database.write():
        database.execute("INSERT OR IGNORE INTO meta VALUES ('farm', ?)", (uuid.uuid4().hex,))
    return str(database.execute("SELECT value FROM meta WHERE name = 'farm'").fetchone()["value"])


def _check_same(place: str, database: Database) -> None:
    """Refuse another place than before: existing files would not be found there."""
    row = database.execute("SELECT value FROM meta WHERE name = 'objects'").fetchone()
    before = str(row["value"]) if row else _FOLDER
    is_used = database.number(
        "SELECT EXISTS (SELECT 1 FROM jobs WHERE NOT is_deleted) "
        "OR EXISTS (SELECT 1 FROM uploads WHERE bytes IS NOT NULL)"
    )
    if before != place and is_used:
        option = f"with --objects {before}" if before != _FOLDER else "without --objects"
        raise CannotStart(
            f"The files of this farm's jobs are in {before}. Start it {option}, or choose another --data folder."
        )


def _keep(place: str, database: Database) -> None:
    with database.write():
        database.execute("INSERT OR REPLACE INTO meta VALUES ('objects', ?)", (place,))
