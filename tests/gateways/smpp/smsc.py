"""An SMSC for tests, made of our own session: it takes binds and messages, and does what it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from gateways.smpp.numbers import Command, Status
from gateways.smpp.pdu import Bound, Message, Pdu, Taken, Tlv, answer
from gateways.smpp.session import Limits, Reply, Session
from gateways.smpp.settings import LineSettings
from tests.ports import free_port

BINDS = {Command.BIND_TRANSCEIVER, Command.BIND_TRANSMITTER, Command.BIND_RECEIVER}
RECEIVING = {Command.BIND_TRANSCEIVER, Command.BIND_RECEIVER}


@dataclass
class Smsc:
    """One listening SMSC.

    `plays` are the statuses of the next submits (None: no answer at all), `logins` those of the next binds.
    """

    port: int
    plays: list[int | None] = field(default_factory=list)
    logins: list[int] = field(default_factory=list)
    taken: list[Pdu] = field(default_factory=list)
    offered: int = 0
    binds: list[Pdu] = field(default_factory=list)
    bound: dict[int, Session] = field(default_factory=dict)
    held: list[asyncio.Event] = field(default_factory=list)
    deaf: bool = False

    async def handle(self, session: Session, pdu: Pdu) -> Reply:
        if pdu.command in BINDS:
            status = self.logins.pop(0) if self.logins else Status.OK
            self.binds.append(pdu)
            if status == Status.OK:
                self.bound[pdu.command] = session
            return Reply(Pdu(pdu.command | 0x80000000, pdu.sequence, status, Bound("smsc")))
        self.offered += 1
        if self.held:
            await self.held.pop(0).wait()
        status_or_none = self.plays.pop(0) if self.plays else Status.OK
        if status_or_none is None:
            await asyncio.Event().wait()
        if status_or_none != Status.OK:
            return Reply(Pdu(pdu.command | 0x80000000, pdu.sequence, int(status_or_none or 0)))
        self.taken.append(pdu)
        return Reply(Pdu(pdu.command | 0x80000000, pdu.sequence, 0, Taken(f"m{len(self.taken)}")))

    async def deliver(self, message: Message, tlvs: tuple[Tlv, ...] = ()) -> int:
        """Send one message to whoever receives; the status that came back."""
        session = next(self.bound[kind] for kind in RECEIVING if kind in self.bound)
        return (await session.ask(Command.DELIVER_SM, message, tlvs)).status

    async def until(self, seen: Callable[[], Any]) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(60):
            while not seen():  # noqa: ASYNC110 - the condition is the caller's
                await asyncio.sleep(0.005)

    def hang_up(self) -> None:
        for session in self.bound.values():
            session.drop()
        self.bound.clear()


def settings(port: int, **more: Any) -> LineSettings:
    """A line to this port that does everything quickly."""
    given = {"host": "127.0.0.1", "port": port, "system_id": "sala", "password": "secret", "reconnect_within": 0.1}
    return LineSettings(**(given | more))


@contextlib.asynccontextmanager
async def smsc(port: int = 0, limits: Limits | None = None) -> AsyncIterator[Smsc]:
    """A running one."""
    made = Smsc(port or free_port())
    sessions: list[Session] = []

    def accept() -> Session:
        session = Session(lambda pdu: made.handle(session, pdu), limits or Limits(window=100, silence=3600))
        sessions.append(session)
        return session

    server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", made.port)
    try:
        yield made
    finally:
        server.close()
        for session in sessions:
            for task in session._busy:
                task.cancel()
            session.drop()
        await server.wait_closed()


async def ok(pdu: Pdu) -> Reply:
    return Reply(answer(pdu))
