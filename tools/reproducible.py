"""The same content as the same bytes: a zip that tells nothing of the machine and the day that it was built on."""

import zipfile
from pathlib import Path

# The first day that a zip can name.
_DATE = (1980, 1, 1, 0, 0, 0)


def repack(file: Path) -> None:
    """Write a zip anew: entries by name, one date, one mode, stored, since libraries compress differently."""
    with zipfile.ZipFile(file) as archive:
        content = {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
    partial = file.with_name(f"{file.name}.partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(content.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    partial.replace(file)
