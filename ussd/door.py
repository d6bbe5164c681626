"""The door for key presses: a request becomes a turn in the store, and its screen goes back after the commit."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Protocol

import structlog

from flows.errors import Busy, CallFault, DiskFull
from store.values import Answer, Call, Ended, Malformed, Received, Reply
from ussd.patience import Patience
from ussd.port import Gateway, Turns

Hook = Callable[[Received], Awaitable[Answer]]

log = structlog.get_logger("ussd")


class Sorry(Protocol):
    """The words for a citizen whose key press could not be answered."""

    def __call__(self, key: str, msisdn: str) -> str:
        """The phrase `later.<key>` (`try_later`, `full`) in the number's language, or in the node's."""


class Door:
    """One channel's USSD door."""

    def __init__(self, channel: str, gateway: Gateway, turns: Turns, sorry: Sorry, *, deadline: float) -> None:
        """Answer within `deadline` seconds, whatever the store does."""
        self._channel = channel
        self._gateway = gateway
        self._turns = turns
        self._sorry = sorry
        self._patience = Patience(deadline)
        self.counts = {"answered": 0, "malformed": 0, "busy": 0, "full": 0, "late": 0, "fault": 0, "ended": 0}

    def hooks(self) -> Mapping[str, Hook]:
        """What answers under `/gateways/<channel>/<secret>/`, by the rest of the path."""
        return {"ussd": self.press, "ussd/end": self.end}

    def press(self, received: Received) -> Awaitable[Answer]:
        """Answer one key press: with a screen, whatever happens. No coroutine, so that it can be had without a task."""
        call = self._gateway.read(received)
        if isinstance(call, Call):
            return self._take(call)
        if isinstance(call, Ended):
            return self._close(call)
        refused: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        refused.set_result(self._refuse(call))
        return refused

    def end(self, received: Received) -> Awaitable[Answer]:
        """Note that a session is over."""
        return self.press(received)

    def _take(self, call: Call) -> asyncio.Future[Answer]:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        reply = asyncio.ensure_future(self._turns.take(call))
        self._patience.watch(reply)
        reply.add_done_callback(partial(self._taken, call, answer))
        return answer

    def _taken(self, call: Call, answer: asyncio.Future[Answer], reply: asyncio.Future[Reply]) -> None:
        self._patience.forget(reply)
        if reply.cancelled():
            said = self._apologise("late", "try_later", call)
        elif fault := reply.exception():
            said = self._excuse(fault, call)
        else:
            self.counts["answered"] += 1
            said = self._gateway.write(reply.result())
        if not answer.done():
            answer.set_result(said)

    def _excuse(self, fault: BaseException, call: Call) -> Answer:
        match fault:
            case Busy():
                return self._apologise("busy", "try_later", call)
            case DiskFull():
                return self._apologise("full", "full", call)
            case CallFault():
                return self._refuse(Malformed(fault.code))
            case _:
                # Whatever it is, the phone gets a screen and the log gets the place.
                log.error("turn failed", channel=self._channel, exc_info=fault)
                return self._apologise("fault", "try_later", call)

    async def _close(self, ended: Ended) -> Answer:
        try:
            await self._turns.ended(ended.channel, ended.session, whole=ended.whole)
        except Exception:  # 503 makes the gateway say it again, which closing allows
            log.exception("end of session not noted", channel=self._channel)
            return Answer(503, b"")
        self.counts["ended"] += 1
        return Answer(200, b"")

    def _refuse(self, bad: Malformed) -> Answer:
        self.counts["malformed"] += 1
        log.warning("callback refused", channel=self._channel, reason=bad.reason)
        return Answer(bad.status, b"")

    def _apologise(self, outcome: str, key: str, call: Call) -> Answer:
        self.counts[outcome] += 1
        if outcome != "fault":
            log.warning("key press not answered", channel=self._channel, outcome=outcome)
        return self._gateway.write(Reply(self._sorry(key, call.msisdn), end=True))
