"""The disk reserve: a file given up when the disk is full, and the mark below which no new dialogue begins."""

import errno
import os
from pathlib import Path
from typing import Final

import structlog

FILE: Final = "reserve"
MEGABYTE: Final = 1024 * 1024

log = structlog.get_logger("store")


class Reserve:
    """Keeps `megabytes` of the disk for states that must still be written when nothing else fits."""

    def __init__(self, data: Path, megabytes: int, free_megabytes: int) -> None:
        self._file = data / FILE
        self._data = data
        self._size = megabytes * MEGABYTE
        self._mark = free_megabytes * MEGABYTE

    @property
    def there(self) -> bool:
        """Whether the reserve is in place."""
        return not self._size or (self._file.exists() and self._file.stat().st_size >= self._size)

    def free(self) -> int:
        """Bytes that this process may still use on the disk."""
        found = os.statvfs(self._data)
        return found.f_bavail * found.f_frsize

    def full(self) -> bool:
        """Whether new dialogues must be refused."""
        return not self.there or self.free() < self._mark

    def make(self) -> bool:
        """Lay the reserve down if it is not there and the disk has room above the mark; returns whether it is there."""
        if self.there:
            return True
        if self.free() < self._mark + self._size:
            return False
        try:
            with self._file.open("wb") as out:
                os.posix_fallocate(out.fileno(), 0, self._size)
        except OSError as fault:
            log.warning("the disk reserve cannot be laid down", reason=errno.errorcode.get(fault.errno or 0, "unknown"))
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the reserve up; returns whether there was one."""
        if not self._size or not self._file.exists():
            return False
        log.error("the disk is full: the reserve is given up and new dialogues are refused")
        self._file.unlink()
        return True
