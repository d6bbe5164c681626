"""What the pages know of sticks: bundles that were written, receipts that were read; worked in a room beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stick:
    """One file for a stick: its SHA-256, and how many requests it carries for each agency."""

    name: str
    size: int
    at: int
    sha256: str
    records: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one receipt brought home, or in `problem` why it could not be used."""

    name: str
    agency: str = ""
    accepted: int = 0
    refused: int = 0
    later: int = 0
    statuses: int = 0
    carried: int = 0
    problem: str = ""


class Sticks(Protocol):
    """Composed in `sala/sticks.py`."""

    async def write(self) -> Stick:
        """Write all that waits into a new file.

        Raises:
            Fault: the disk is full or harmed; then everything waits as before.
        """

    def written(self) -> Sequence[Stick]:
        """The files that are still here, the newest first."""

    def file(self, name: str) -> Path | None:
        """One of them; None when there is none of this name."""

    async def read(self, files: Mapping[str, bytes]) -> Sequence[Receipt]:
        """Read receipts, as they were uploaded; each is applied whole or not at all, however often."""
