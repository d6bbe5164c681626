"""Brings statuses home: one long poll for each agency, its cursor stored together with what its events caused.

An agency restored from a backup shows itself by a cursor, by numbers, or by a count of what it has, lower than what it
has already told: then its feed is read from the start and what it had accepted is offered again, for its inbox to sort
out.
"""

import asyncio
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from flows.errors import Refused, RoadFault
from store.values import Bookmark, StatusEvent
from sync import backoff
from sync.breaker import STOPPED_PROBE
from sync.means import Counters, Means, hear_notices, rest
from sync.port import Connector, Events, Road

WAIT: Final = 25
"""Seconds that a question may stay open at the agency."""

AGAIN: Final = 25.0
"""Seconds from one question to the next after an answer that was empty at once: an agency without long polls."""

MOST_BETWEEN: Final = 30.0
"""Seconds between questions to an agency that does not answer."""

BACK_AGAIN: Final = 600.0
"""Seconds in which an agency may go back once: one that counts in circles would be offered everything for ever."""

LONGEST_SILENCE: Final = 30 * 86_400
"""Seconds that stand for a silence of unknown length."""

KNOWN: Final = frozenset({"in_review", "needs_correction", "approved", "rejected", "ready", "closed", "transferred"})

_NUMBER = re.compile(r"\d{1,18}")
_log = structlog.get_logger("sync")


def gone_back(bookmark: Bookmark, answer: Events) -> bool:
    """Say whether the agency seems to know less than it has already told. Pure.

    `bookmark` is as it was before the question left: what was accepted since, or is heard out of order, only raises it.
    """
    if 0 <= answer.held < bookmark.held:
        return True
    if not bookmark.cursor:
        return False
    before, after = _NUMBER.match(bookmark.cursor), _NUMBER.match(answer.next)
    lower = bool(before and after and int(after[0]) < int(before[0]))
    return lower or (bool(answer.events) and max(event.seq for event in answer.events) < bookmark.seq)


async def go_back(agency: str, road: Road, means: Means) -> None:
    """Offer an agency again what it may have lost, and call a person."""
    again = await road.gone_back(agency, means.now())
    _log.error("agency_gone_back", agency=agency, offered_again=again)
    said = f"the agency knows less than it has already told; {again} requests are offered again"
    means.alert(agency, "gone-back", said)


def _age(event: StatusEvent, their_time: int, silence: float) -> int:
    """How long an event was on its way: by the agency's own clock, else as long as nothing was heard."""
    if event.at and their_time:
        return max(0, their_time - event.at)
    return int(min(silence, LONGEST_SILENCE))


class Listener:
    """Asks one agency for statuses, for as long as the node runs."""

    def __init__(
        self,
        agency: str,
        connector: Connector,
        road: Road,
        means: Means,
        counters: Counters,
        refused: Callable[[Refused], None] = lambda _: None,
    ) -> None:
        """Keep what is needed; `counters` are the agency's, `refused` is told when it does not know us."""
        self.agency = agency
        self.heard = asyncio.Event()
        """Set at each good answer."""
        self.refused = refused
        self._connector = connector
        self._road = road
        self._means = means
        self._counters = counters
        self._failures = 0
        self._there = False
        self._back_at: float | None = None
        self._heard_at: float | None = None
        self._stopping = asyncio.Event()
        self._woken = asyncio.Event()

    def stop(self) -> None:
        """Ask no more questions; the caller cancels the one that is open."""
        self._stopping.set()

    def nudge(self) -> None:
        """Ask at once: the agency was heard on the other road."""
        self._woken.set()

    async def run(self) -> None:
        """Ask until `stop`, or until the connector says that there is no feed."""
        while not self._stopping.is_set():
            self._woken.clear()
            started, waits = self._means.steady(), self._there
            try:
                # The first question after a silence does not wait: its answer shows that the agency is back.
                found = await self.ask(WAIT if waits else 0)
            except RoadFault as fault:
                pause = self._failed(fault)
            except asyncio.CancelledError:
                raise
            except Exception as fault:  # noqa: BLE001 - a feed that dies would leave citizens without an answer
                _log.error("statuses_failed", agency=self.agency, fault=type(fault).__name__)
                pause = MOST_BETWEEN
            else:
                if found is None:
                    return
                patient = waits and not found
                pause = max(0.1, AGAIN - (self._means.steady() - started)) if patient else 0.0
            if pause > 0:
                await rest(pause, self._woken, self._stopping)

    async def ask(self, wait: int) -> int | None:
        """Ask once and apply the answer; returns how many events came (None: this agency has no feed)."""
        bookmark = await self._road.bookmark(self.agency)
        answer = await self._connector.statuses(bookmark.cursor, wait)
        if answer is None:
            return None
        self._failures, self._there = 0, True
        self._counters.bytes_in += answer.bytes_in
        if answer.their_time:
            self._means.heard(answer.their_time)
        silence = self._silence()
        self.heard.set()
        hear_notices(self._means, self.agency, [*answer.notices, *(one.reason for one in answer.outcomes)])
        if gone_back(bookmark, answer) and self._may_go_back():
            await self._go_back()
            return 1
        cursor = answer.next or bookmark.cursor
        if answer.events or cursor != bookmark.cursor or answer.held > bookmark.held:
            await self.take(answer, cursor, silence)
        return len(answer.events) + len(answer.outcomes)

    async def take(self, answer: Events, cursor: str | None, silence: float = 0.0) -> int:
        """Apply events with the cursor (None: pushed ones do not move it); returns how many were new.

        `silence` is how long nothing was heard before: so old may be an event that does not say when it was decided.
        """
        known = tuple(
            replace(event, age=_age(event, answer.their_time, silence))
            for event in answer.events
            if event.status in KNOWN
        )
        for event in answer.events:
            if event.status not in KNOWN:
                _log.warning("status_unknown", agency=self.agency, seq=event.seq)
        held = answer.held if cursor is not None else -1
        applied = self._road.statuses(
            self.agency, known, cursor, self._means.now(), answer.outcomes, held, answer.answer
        )
        new = await asyncio.shield(applied)
        self._counters.statuses += new
        return new

    def _silence(self) -> float:
        """Seconds since the agency was last heard here; for ever when it was not."""
        now, before = self._means.steady(), self._heard_at
        self._heard_at = now
        return math.inf if before is None else now - before

    def _may_go_back(self) -> bool:
        now = self._means.steady()
        if self._back_at is not None and now - self._back_at < BACK_AGAIN:
            return False
        self._back_at = now
        return True

    async def _go_back(self) -> None:
        await go_back(self.agency, self._road, self._means)
        self._counters.gone_back += 1

    def _failed(self, fault: RoadFault) -> float:
        self._failures += 1
        self._there = False
        _log.info("statuses_unheard", agency=self.agency, code=fault.code)
        if isinstance(fault, Refused):
            self.refused(fault)
            return STOPPED_PROBE
        return max(1.0, backoff.wait(self._failures, self._means.chance(), MOST_BETWEEN))
