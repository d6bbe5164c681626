"""What a row of the table of faults is: a fault, how often it is tried, and what came of it."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Literal

Size = Literal["bounded", "full"]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a number of runs came to.

    Attributes:
        requests: requests that were told, acknowledged or queued in these runs. lost: of those, how many are nowhere.
        doubled: effects, texts or numbers that are there more than once. broken: runs in which something that must
            hold did not, other than a loss or a double; `notes` says what.
    """

    runs: int
    requests: int
    lost: int = 0
    doubled: int = 0
    broken: int = 0
    notes: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.broken)


Run = Callable[[int, int], Coroutine[Any, Any, Tally]]
"""Takes a seed and the number of runs."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row. A `control` breaks the promise on purpose: its tally must not be clean."""

    name: str
    says: str
    run: Run
    bounded: int
    full: int
    control: bool = False
    seed: int = 20261123

    def runs(self, size: Size) -> int:
        return self.bounded if size == "bounded" else self.full

    def verdict(self, tally: Tally) -> str:
        """Why this tally is not what it must be; empty when it is."""
        if self.control:
            return "the harness did not see what was broken on purpose" if tally.clean else ""
        if tally.clean:
            return ""
        said = f"lost {tally.lost}, doubled {tally.doubled}, broken {tally.broken}"
        return "; ".join((said, *tally.notes[:5]))


MOST_SECONDS: Final = 100.0
"""How long a test waits for a condition before it calls it broken; a machine under load is slow, not wrong."""
