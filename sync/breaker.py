"""One breaker for each agency: it keeps all that waits from asking a dead agency, and notices its return.

Pure: a frozen value and functions from one to the next. Times are seconds of any clock that does not jump.

    closed ──(THRESHOLD failures in a row)──> open ──(probe due)──> half_open ──(good answer)──> closed
                                               ^                        │
                                               └───────(failure)────────┘
    any ──(401 or 403)──> stopped ──(probe due, or a person resumes it)──> half_open
"""

from dataclasses import dataclass, replace
from typing import Literal

from sync.backoff import wait

THRESHOLD = 3
"""Requests that fail in a row before the agency is held to be away."""

PROBE_AT_MOST = 30.0
"""Seconds: an agency that is away is tried at least this often."""

STOPPED_PROBE = 900.0
"""Seconds between looks at an agency that does not know us: a person must act, and may forget to tell the node."""

Position = Literal["closed", "open", "half_open", "stopped"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """Where one agency's breaker stands.

    Attributes:
        failures: requests that failed in a row. try_at: when the next request may leave (closed: a Retry-After).
        since: when the position was taken.
    """

    position: Position = "closed"
    failures: int = 0
    try_at: float = 0.0
    since: float = 0.0

    def may_try(self, now: float) -> bool:
        """Say whether a request may leave now; a half-open breaker has its one probe out and lets no other go."""
        return self.position != "half_open" and now >= self.try_at

    @property
    def probing(self) -> bool:
        """Whether the next request is a probe, to be made with one record only."""
        return self.position != "closed"


def tried(breaker: Breaker, now: float) -> Breaker:
    """Note that a request leaves: a breaker that is not closed has its probe out from now on."""
    return replace(breaker, position="half_open", since=now) if breaker.probing else breaker


def heard(now: float) -> Breaker:
    """Note a good signed answer: closed, with a clean record."""
    return Breaker(since=now)


def failed(breaker: Breaker, now: float, chance: float) -> Breaker:
    """Note a request that brought no good answer; `chance` from 0 to 1 spreads the probes of many nodes."""
    failures = breaker.failures + 1
    if not breaker.probing and failures < THRESHOLD:
        return replace(breaker, failures=failures)
    # Half the span at least: with full jitter a probe may follow at once, and a link that hangs is asked in a ring.
    pause = wait(failures, 0.5 + chance / 2, PROBE_AT_MOST)
    since = breaker.since if breaker.probing else now
    return Breaker("open", failures, now + pause, since)


def paused(breaker: Breaker, now: float, seconds: float) -> Breaker:
    """Note a Retry-After: the agency lives and wants to be left alone; not a failure."""
    position: Position = "open" if breaker.probing else "closed"
    return replace(breaker, position=position, try_at=now + min(max(seconds, 1.0), STOPPED_PROBE))


def stopped(breaker: Breaker, now: float) -> Breaker:
    """Note a 401 or 403: this agency is not asked again until a person has acted, or a rare probe finds it mended."""
    since = breaker.since if breaker.position == "stopped" else now
    return Breaker("stopped", breaker.failures, now + STOPPED_PROBE, since)


def resumed(breaker: Breaker, now: float) -> Breaker:
    """Let the next request go at once: a person asked, or the agency was heard on its status feed."""
    return replace(breaker, try_at=now) if breaker.position != "half_open" else breaker
