"""Progress of long work: a bar on a terminal, plain lines elsewhere; on standard error, so that output stays clean."""

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

EVERY: Final = 5.0
"""Seconds between two plain lines of the same work."""


class Meter:
    """Tells how far each of several works has come; `totals` are how much each has to do."""

    def __init__(self, totals: Mapping[str, int]) -> None:
        self._totals = {name: total for name, total in totals.items() if total}
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._tasks = {name: self._bar.add_task(name, total=total) for name, total in self._totals.items()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, name: str, done: int) -> None:
        """`done` of the work called `name` is done."""
        if self._bar is not None:
            if name in self._tasks:
                self._bar.update(self._tasks[name], completed=done)
            return
        now = time.monotonic()
        if now - self._told.get(name, 0.0) >= EVERY:
            self._told[name] = now
            print(f"{name}: {done:,} of {self._totals.get(name, done):,}", file=sys.stderr, flush=True)  # noqa: T201 - the command's own
