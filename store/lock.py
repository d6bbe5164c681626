"""One node at a time over one folder: two would number the same rows twice."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from flows.errors import ConfigFault

FILE: Final = "node.lock"


class Lock:
    """An advisory lock that the kernel takes back when the process dies, however it dies."""

    def __init__(self, data: Path) -> None:
        self._file = data / FILE
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            ConfigFault: another process has it.
        """
        self._descriptor = os.open(self._file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise ConfigFault(f"a node is running on {self._file.parent}", hint="stop it first") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
