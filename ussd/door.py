"""The door for key presses: a request becomes a turn in the store, and its screen goes back after the commit."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Protocol

import structlog

from flows.errors import Busy, CallFault, DiskFull
from store.values import Answer, Call, Ended, Malformed, Received, Reply
from ussd.patience import Patience
from ussd.port import Gateway, Turns, Unanswered

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
        self.patience = Patience(deadline)
        self.counts = {"answered": 0, "malformed": 0, "busy": 0, "full": 0, "late": 0, "fault": 0, "ended": 0}

    def hooks(self) -> Mapping[str, Hook]:
        """What answers under `/gateways/<channel>/<secret>/`, by the rest of the path."""
        return {"ussd": self.press, "ussd/end": self.end} | (
            {"ussd/*": self.press} if self._gateway.capabilities.paths else {}
        )

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

    async def call(self, call: Call) -> Reply:
        """Answer one key press of a gateway that holds a connection.

        Raises:
            Unanswered: it is not committed. CallFault: it is refused.
        """
        work = asyncio.ensure_future(self._turns.take(call))
        self.patience.watch(work)
        try:
            await asyncio.wait({work})
        finally:
            self.patience.forget(work)
            if not work.done():
                work.cancel()
        fault = None if work.cancelled() else work.exception()
        if isinstance(fault, CallFault):
            self._refuse(Malformed(fault.code))
            raise fault
        if work.cancelled() or fault is not None:
            raise Unanswered(self._words(*self._outcome(fault), call)) from fault
        self.counts["answered"] += 1
        return work.result()

    async def ended(self, ended: Ended) -> None:
        """Note the end of a session of a gateway that holds a connection. Raises when it is not committed."""
        await self._turns.ended(ended.channel, ended.session, whole=ended.whole)
        self.counts["ended"] += 1

    def _take(self, call: Call) -> asyncio.Future[Answer]:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        reply = asyncio.ensure_future(self._turns.take(call))
        self.patience.watch(reply)
        reply.add_done_callback(partial(self._taken, call, answer))
        return answer

    def _taken(self, call: Call, answer: asyncio.Future[Answer], reply: asyncio.Future[Reply]) -> None:
        self.patience.forget(reply)
        fault = None if reply.cancelled() else reply.exception()
        if isinstance(fault, CallFault):
            said = self._refuse(Malformed(fault.code))
        elif reply.cancelled() or fault is not None:
            said = self._gateway.write(self._words(*self._outcome(fault), call), call)
        else:
            self.counts["answered"] += 1
            said = self._gateway.write(reply.result(), call)
        if not answer.done():
            answer.set_result(said)

    def _outcome(self, fault: BaseException | None) -> tuple[str, str]:
        """What happened, and the phrase for it; no fault means that the time was over."""
        match fault:
            case None:
                return "late", "try_later"
            case Busy():
                return "busy", "try_later"
            case DiskFull():
                return "full", "full"
            case _:
                # Whatever it is, the phone gets a screen and the log gets the place.
                log.error("turn failed", channel=self._channel, exc_info=fault)
                return "fault", "try_later"

    async def _close(self, ended: Ended) -> Answer:
        try:
            await self._turns.ended(ended.channel, ended.session, whole=ended.whole)
        except Exception:  # 503 makes the gateway say it again, which closing allows
            log.exception("end of session not noted", channel=self._channel)
            return Answer(503, b"")
        self.counts["ended"] += 1
        return self._gateway.accept()

    def _refuse(self, bad: Malformed) -> Answer:
        self.counts["malformed"] += 1
        log.warning("callback refused", channel=self._channel, reason=bad.reason)
        return Answer(bad.status, b"")

    def _words(self, outcome: str, key: str, call: Call) -> Reply:
        """The polite end for one whose key press could not be answered."""
        self.counts[outcome] += 1
        if outcome != "fault":
            log.warning("key press not answered", channel=self._channel, outcome=outcome)
        return Reply(self._sorry(key, call.msisdn), end=True)
