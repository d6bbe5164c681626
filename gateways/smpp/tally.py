"""What a line has done, counted for `/metrics`: binds, what either side asked and answered, time spent waiting.

`docs/metrics.md` says what each count means.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from gateways.port import Kind
from gateways.smpp.numbers import Status
from gateways.smpp.session import Session
from gateways.smpp.statuses import meaning

_NAMES: Final = (
    *("binds", "bind_refused", "lost"),
    *("submits", "taken", "later", "refused", "throttled", "unanswered", "late"),
    *("delivers", "acknowledged", "again", "rejected", "full", "malformed"),
)
_SAID: Final[Mapping[int, str]] = {Status.OK: "acknowledged", Status.APP_TEMPORARY: "again"}


class Tally:
    """The counts of one line, over all its sessions.

    Attributes:
        counts: by name. paced: seconds that messages waited because the SMSC wants them slower.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys(_NAMES, 0)
        self.paced = 0.0
        self._waited = 0.0

    def answered(self, status: int) -> None:
        """A submit_sm was answered so."""
        self.counts["submits"] += 1
        means = meaning(status)
        name = "taken" if status == Status.OK else "throttled" if means.slow else "later" if means.retry else "refused"
        self.counts[name] += 1

    def unanswered(self) -> None:
        """A submit_sm left, and nobody knows of it."""
        self.counts["submits"] += 1
        self.counts["unanswered"] += 1

    def acknowledged(self, status: int) -> None:
        """What came was answered so."""
        self.counts[_SAID.get(status, "rejected")] += 1

    def over(self, session: Session) -> None:
        """A session has ended: keep what it counted."""
        self._waited += session.waited
        self.counts["full"] += session.counts["refused"]
        self.counts["malformed"] += session.counts["malformed"]

    def figures(self, sessions: Collection[Session]) -> Iterator[tuple[Kind, str, float]]:
        """All of it, with that of the sessions that stand."""
        here = dict(self.counts)
        here["full"] += sum(one.counts["refused"] for one in sessions)
        here["malformed"] += sum(one.counts["malformed"] for one in sessions)
        for name, count in here.items():
            yield "total", name, float(count)
        yield "seconds_total", "window", self._waited + sum(one.waited for one in sessions)
        yield "seconds_total", "pace", self.paced
        yield "now", "outstanding", float(sum(one.outstanding for one in sessions))
