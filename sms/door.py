"""The door for messages, delivery reports and opt-outs: 200 when it is committed, else 503 and it comes again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from flows.errors import CallFault
from sms.port import Gateway, Messages, Turns
from store.values import Answer, Malformed, OptOut, Received, Report

Hook = Callable[[Received], Awaitable[Answer]]

# Seconds; a gateway waits 10 to 15 s, and what was not confirmed in time comes again and is known then.
PATIENCE = 9.0

log = structlog.get_logger("sms")


class Door:
    """One channel's SMS door."""

    def __init__(self, channel: str, gateway: Gateway, turns: Turns, messages: Messages) -> None:
        self._channel = channel
        self._gateway = gateway
        self._turns = turns
        self._messages = messages
        self.counts = {"messages": 0, "reports": 0, "opt_outs": 0, "malformed": 0, "again": 0}

    def hooks(self) -> Mapping[str, Hook]:
        """What answers under `/gateways/<channel>/<secret>/`, by the rest of the path."""
        return {"sms": self.message, "report": self.report, "optout": self.opt_out}

    async def message(self, received: Received) -> Answer:
        """Take one message from a phone."""
        inbound = self._gateway.read(received)
        if isinstance(inbound, Malformed):
            return self._refuse(inbound)
        return await self._commit("messages", self._turns.overhear(inbound))

    async def report(self, received: Received) -> Answer:
        """Take one delivery report."""
        report: Report | Malformed = self._gateway.read_report(received)
        if isinstance(report, Malformed):
            return self._refuse(report)
        return await self._commit("reports", self._messages.report(report))

    async def opt_out(self, received: Received) -> Answer:
        """Silence a number."""
        leaver: OptOut | Malformed = self._gateway.read_optout(received)
        if isinstance(leaver, Malformed):
            return self._refuse(leaver)
        return await self._commit("opt_outs", self._messages.opt_out(leaver.msisdn))

    async def _commit(self, kind: str, work: Awaitable[None]) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE):
                await work
        except CallFault as fault:
            return self._refuse(Malformed(fault.code))
        except Exception:  # whatever it is, nothing is promised to be written: the gateway shall say it again
            log.exception("not committed", channel=self._channel, kind=kind)
            self.counts["again"] += 1
            return Answer(503, b"")
        self.counts[kind] += 1
        return self._gateway.accept()

    def _refuse(self, bad: Malformed) -> Answer:
        self.counts["malformed"] += 1
        log.warning("callback refused", channel=self._channel, reason=bad.reason)
        return Answer(bad.status, b"")
