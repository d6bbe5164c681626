"""A node that notes when a commit also copied the log into the file: `python -m bench.watched NOTES DATA serve ...`.

A line for each such commit: when it began and ended, in seconds of the machine's monotonic clock, which all processes
share. It costs every commit two looks at the file's time.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from sala.cli import main
from store.sqlite import FILE, Sqlite

Span = tuple[float, float]
"""From when to when, by `time.perf_counter`."""


class Watch:
    """Goes round every commit of the writing connection."""

    def __init__(self, notes: Path) -> None:
        self._notes = notes.open("w", buffering=1)
        self._commit: Final = Sqlite.commit

    def around(self, file: Path) -> Any:
        """What takes the place of `Sqlite.commit`."""

        async def commit(database: Sqlite) -> None:
            before, begun = _written(file), time.perf_counter()
            await self._commit(database)
            if _written(file) != before:
                self._notes.write(f"{begun} {time.perf_counter()}\n")

        return commit


def _written(file: Path) -> int:
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - half the cost of a Path's own
    except FileNotFoundError:
        return 0


def spans(notes: Path) -> list[Span]:
    """What was noted so far."""
    return [(float(begun), float(ended)) for begun, ended in map(str.split, notes.read_text().splitlines())]


if __name__ == "__main__":
    notes_, data = Path(sys.argv[1]), Path(sys.argv[2])
    del sys.argv[1:3]
    Sqlite.commit = Watch(notes_).around(data / FILE)  # type: ignore[method-assign]  # that is the point
    sys.exit(main())
