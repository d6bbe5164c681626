"""Takes up presses of "sync now": makes the pass, and writes how far it is where every page reads it."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import structlog

from flows.errors import ConfigFault
from store.pushes import Push, Pushes

if TYPE_CHECKING:
    from sync.service import AgencyState, SyncService

LOOK: Final = 2.0
"""Seconds between looks for a press that came from another process; one of this process rings a bell."""

EVERY: Final = 0.4
"""Seconds between two notes of how far it is."""

_log = structlog.get_logger("sync")


class Presses:
    """One at a time, in the order in which they were asked for."""

    def __init__(self, pushes: Pushes, service: "SyncService") -> None:
        """Do nothing before `run`."""
        self._pushes = pushes
        self._service = service

    async def run(self) -> None:
        """Take up presses until cancelled; what was under way when a node stopped is begun anew."""
        while True:
            try:
                found = await self._pushes.open()
                if found is not None:
                    await self._serve(found)
                    continue
            except Exception as fault:  # noqa: BLE001 - the next press is taken up all the same
                _log.error("press_failed", fault=type(fault).__name__)
            self._pushes.bell.clear()
            try:
                async with asyncio.timeout(LOOK):
                    await self._pushes.bell.wait()
            except TimeoutError:
                continue

    async def _serve(self, push: Push) -> None:
        before = await self._states(push)
        await self._pushes.begin(push.n, sum(one.waiting for one in before.values()))
        work = asyncio.ensure_future(self._service.now(push.agency))
        told = 0
        try:
            while not (await asyncio.wait({work}, timeout=EVERY))[0]:
                done = _done(before, await self._states(push))
                if done != told:
                    told = done
                    await self._pushes.go(push.n, done)
        finally:
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
        after = await self._states(push)
        await self._pushes.end(push.n, _done(before, after), _result(work, before, after))

    async def _states(self, push: Push) -> Mapping[str, "AgencyState"]:
        states = await self._service.status()
        return {one.agency: one for one in states if push.agency in {"", one.agency}}


def _settled(state: "AgencyState") -> int:
    """What has the agency's word, one way or the other."""
    return state.accepted + state.in_review


def _done(before: Mapping[str, "AgencyState"], after: Mapping[str, "AgencyState"]) -> int:
    return sum(max(0, _settled(after[name]) - _settled(one)) for name, one in before.items() if name in after)


def _result(
    work: "asyncio.Future[Any]", before: Mapping[str, "AgencyState"], after: Mapping[str, "AgencyState"]
) -> dict[str, Any]:
    """What came of it, by agency; a pass that could not be made is told for all of them."""
    failed = work.exception()
    if failed is not None and not isinstance(failed, ConfigFault):
        _log.error("press_failed", fault=type(failed).__name__)
    passes = {} if failed is not None else {one.agency: one for one in work.result()}
    result = {}
    for name, state in after.items():
        one = passes.get(name)
        was = before.get(name, state)
        result[name] = {
            "accepted": max(0, state.accepted - was.accepted),
            "refused": max(0, state.in_review - was.in_review),
            "left": state.waiting,
            "in_doubt": state.in_doubt,
            "fault": one.fault if one else "failed",
            "sentence": one.sentence if one else str(failed or ""),
            "next_try": state.next_try,
        }
    return result
