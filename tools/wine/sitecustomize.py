"""What Windows does and Wine 8 does not; loaded by the Windows Python of `make windows` when it starts."""

import os


def _symlink(source: object, target: object, target_is_directory: bool = False, *, dir_fd: int | None = None) -> None:
    """Wine makes nothing and reports success; Windows refuses users without the right to make links."""
    raise OSError(22, "A required privilege is not held by the client", str(source), 1314, str(target))


os.symlink = _symlink
