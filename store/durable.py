"""Files that a power cut leaves whole or absent: first their bytes are synced, then their names."""

import contextlib
import os
from pathlib import Path
from typing import Final

_OWNER: Final = 0o600


def create(file: Path, content: bytes) -> None:
    """Write a new file for its owner alone.

    Raises:
        FileExistsError: there is one, and it is as it was: a key is never written over. OSError: it cannot be written.
    """
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    sync_folder(file.parent)


def finish(part: Path, target: Path) -> None:
    """Give a file that somebody has finished writing its name, in place of one that had it."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the file system knows how (vfat does not)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
