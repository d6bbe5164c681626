"""The door for messages, delivery reports and opt-outs: 200 when it is committed, else 503 and it comes again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from flows.errors import CallFault
from sms.port import Gateway, Messages, Polled, Turns
from store.values import Answer, Inbound, Malformed, OptOut, Received, Report

Hook = Callable[[Received], Awaitable[Answer]]

# Seconds; a gateway waits 10 to 15 s, and what was not confirmed in time comes again and is known then.
PATIENCE = 9.0

log = structlog.get_logger("sms")


class Committing:
    """A door as one sees it who takes several things of one request. See `sms.port.Commits`."""

    def __init__(self, door: "Door") -> None:
        self.inbound = door.inbound
        self.report = door.reported
        self.opt_out = door.opt_out


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
        if isinstance(self._gateway, Polled):
            return {"poll": partial(self._poll, self._gateway)}
        own = {"sms": self.message, "report": self.report, "optout": self.stop}
        deeper = {f"{tail}/*": hook for tail, hook in own.items()}
        return own | deeper if self._gateway.capabilities.paths else own

    async def inbound(self, message: Inbound) -> None:
        """Take one message of a gateway that holds a connection. Raises when it is not committed."""
        await self._do("messages", self._turns.overhear(message))

    async def reported(self, report: Report) -> None:
        """Take its delivery report. Raises when it is not committed."""
        await self._do("reports", self._messages.report(report))

    async def opt_out(self, leaver: OptOut) -> None:
        """Silence a number. Raises when it is not committed."""
        await self._do("opt_outs", self._messages.opt_out(leaver.msisdn))

    async def message(self, received: Received) -> Answer:
        """Take one message from a phone; or whatever an operator with one address for all has to say."""
        return await self._take(self._gateway.read(received))

    async def report(self, received: Received) -> Answer:
        """Take one delivery report."""
        return await self._take(self._gateway.read_report(received))

    async def stop(self, received: Received) -> Answer:
        """Silence a number."""
        return await self._take(self._gateway.read_optout(received))

    async def _take(self, said: Inbound | Report | OptOut | Malformed) -> Answer:
        match said:
            case Inbound():
                return await self._commit("messages", self._turns.overhear(said))
            case Report():
                return await self._commit("reports", self._messages.report(said))
            case OptOut():
                return await self._commit("opt_outs", self._messages.opt_out(said.msisdn))
            case Malformed():
                refused = self._refuse(said)
                # What is taken and forgotten must not come again, and some operators look at more than the status.
                return self._gateway.accept() if refused.status // 100 == 2 else refused  # noqa: PLR2004 - any 2xx

    async def _poll(self, gateway: Polled, received: Received) -> Answer:
        answer = await gateway.poll(received, Committing(self))
        return self._refuse(answer) if isinstance(answer, Malformed) else answer

    async def _commit(self, kind: str, work: Awaitable[None]) -> Answer:
        try:
            await self._do(kind, work)
        except CallFault as fault:
            return Answer(Malformed(fault.code).status, b"")
        except Exception:  # noqa: BLE001 - logged below; nothing is promised to be written: it shall be said again
            return Answer(503, b"")
        return self._gateway.accept()

    async def _do(self, kind: str, work: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await work
        except CallFault as fault:
            self._refuse(Malformed(fault.code))
            raise
        except Exception:
            log.exception("not committed", channel=self._channel, kind=kind)
            self.counts["again"] += 1
            raise
        self.counts[kind] += 1

    def _refuse(self, bad: Malformed) -> Answer:
        self.counts["malformed"] += 1
        log.warning("callback refused", channel=self._channel, reason=bad.reason)
        return Answer(bad.status, b"")
