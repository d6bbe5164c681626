"""An operator's SMSC for the kits, made of the same session: `sala gateway test smpp` proves the gateway against it.

A copy is what a real SMSC sends again: a request whose answer it has lost, with the connection. So before something is
handed over a second time it hangs up, and what it would have acknowledged in the meantime stays unacknowledged.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import sms.kit.wire
import ussd.kit.wire
from flows.text.measure import needs
from gateways.smpp.coding import read_text, write_text
from gateways.smpp.dialects import DIALECTS, Dialect, Event, Name
from gateways.smpp.faults import LineFault
from gateways.smpp.numbers import RECEIPT, RESPONSE, Command, Status, Tag
from gateways.smpp.parts import content
from gateways.smpp.pdu import Bound, Message, Pdu, Taken, Tlv
from gateways.smpp.session import Limits, Reply, Session
from sms.kit.wire import SHORT, Manner
from ussd.kit.wire import Press, Shown

_BINDS: Final = frozenset({Command.BIND_TRANSCEIVER, Command.BIND_RECEIVER, Command.BIND_TRANSMITTER})
_LIMITS: Final = Limits(window=2000, response=60, silence=3600)
_LONGEST: Final = 254
_STATUSES: Final[Mapping[str, str]] = {
    "DELIVRD": "delivered",
    "UNDELIV": "failed",
    "EXPIRED": "failed",
    "REJECTD": "failed",
    "DELETED": "failed",
    "ENROUTE": "sent",
    "ACCEPTD": "sent",
    "UNKNOWN": "unknown",
    "SCRAMBL": "unknown",
}
_REFUSALS: Final[Mapping[Manner, int]] = {"refused": Status.INVALID_DESTINATION, "later": Status.SYSTEM_ERROR}


async def _refuse(pdu: Pdu) -> Reply | None:
    return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, Status.SYSTEM_ERROR))


class Smsc:
    """Listens, takes binds, and hands messages over.

    Attributes:
        submitted: gets what is submitted, and returns the answer, or None to hang up instead.
    """

    def __init__(self) -> None:
        self.submitted: Callable[[Pdu], Awaitable[Reply | None]] = _refuse
        self._sessions: list[Session] = []
        self._bound: Session | None = None
        self._server: asyncio.Server | None = None
        self.port = 0

    async def listen(self) -> None:
        """Begin, at the same port as before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def leave(self) -> None:
        """Refuse connections from here on."""
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            session.drop()
        await asyncio.gather(*(session.lost for session in self._sessions))
        self._sessions.clear()
        self._bound = None

    async def hang_up(self) -> None:
        """Lose the connection, and everything that was on it."""
        session, self._bound = self._bound, None
        if session is not None:
            session.drop()
            await session.lost

    async def deliver(self, message: Message, tlvs: Sequence[Tlv] = ()) -> bool:
        """Hand over one message; whether it was acknowledged."""
        session = await self.line()
        try:
            return (await session.ask(Command.DELIVER_SM, message, tlvs)).status == Status.OK
        except LineFault:
            return False

    async def oversize(self) -> bool:
        """Announce a PDU of two gigabytes: the connection must not stand any longer."""
        session = await self.line()
        session.write(b"\x7f\xff\xff\xff" + Command.DELIVER_SM.to_bytes(4, "big") + bytes(8))
        await session.lost
        return True

    async def line(self) -> Session:
        """The bound session, when there is one."""
        while self._bound is None or not self._bound.open:  # noqa: ASYNC110 - a node binds when it is ready
            await asyncio.sleep(0.005)
        return self._bound

    def _accept(self) -> Session:
        session = Session(lambda pdu: self._handle(session, pdu), _LIMITS)
        self._sessions.append(session)
        return session

    async def _handle(self, session: Session, pdu: Pdu) -> Reply:
        if pdu.command in _BINDS:
            self._bound = session
            return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, Status.OK, Bound("kit")))
        said = await self.submitted(pdu)
        if said is None:
            await self.hang_up()
            return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, Status.SYSTEM_ERROR))
        return said


def _coded(text: str, *, ucs2: int, gsm7: int) -> tuple[int, bytes]:
    plain = needs(text) == "gsm7"
    return (gsm7 if plain else ucs2), write_text(text, "gsm7" if plain else "ucs2")


def _carried(message: dict[str, Any], octets: bytes) -> tuple[Message, tuple[Tlv, ...]]:
    if len(octets) <= _LONGEST:
        return Message(**message, short_message=octets), ()
    return Message(**message), ((Tag.MESSAGE_PAYLOAD, octets),)


def _settings(port: int) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": port,
        "system_id": "kit",
        "reconnect_within": 0.1,
        "response_timeout": 60,
        "outstanding": 1000,
        "short_codes": ["1999"],
        "service_codes": ["*999#"],
    }


class TextPeer:
    """The side of the messages."""

    statuses = _STATUSES
    manners: Sequence[Manner] = ("refused", "later", "silent")
    hasty: Mapping[str, Any] = MappingProxyType({"response_timeout": SHORT})

    def __init__(self, smsc: Smsc, long: str) -> None:
        self._smsc = smsc
        self._acknowledged: set[str] = set()
        self.settings: Mapping[str, Any] = {**_settings(smsc.port), "long": long}
        self.seen: list[sms.kit.wire.Taken] = []
        self.plays: list[Manner] = []
        self.early: Callable[[sms.kit.wire.Taken], Awaitable[None]] | None = None
        self.over = asyncio.Event()

    async def message(self, name: str, number: str, text: str) -> bool:
        """One deliver_sm; again after a lost connection when it was acknowledged before."""
        if name in self._acknowledged:
            await self._smsc.hang_up()
        data_coding, octets = _coded(text, ucs2=8, gsm7=0)
        fields = {"source_addr_ton": 1, "source_addr": number[1:], "destination_addr": "1999"}
        acknowledged = await self._smsc.deliver(*_carried({**fields, "data_coding": data_coding}, octets))
        if acknowledged:
            self._acknowledged.add(name)
        return acknowledged

    async def report(self, taken: sms.kit.wire.Taken, status: str) -> bool:
        """One receipt."""
        text = (
            f"id:{taken.name} sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:{status} err:000 text:"
        )
        return await self._smsc.deliver(
            Message(
                source_addr=taken.number[1:], destination_addr="1999", esm_class=RECEIPT, short_message=text.encode()
            )
        )

    async def opt_out(self, number: str) -> bool:
        """SMPP has no such word."""
        del number
        return True

    async def oversize(self) -> bool:
        """Send far too much."""
        return await self._smsc.oversize()

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Nobody listens."""
        await self._smsc.leave()
        try:
            yield
        finally:
            await self._smsc.listen()
            await self._smsc.line()

    async def submitted(self, pdu: Pdu) -> Reply | None:
        """Note it, and answer as the case wants."""
        body = pdu.body
        if not isinstance(body, Message):
            return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, Status.INVALID_COMMAND))
        found = content(pdu)
        manner: Manner = self.plays.pop(0) if self.plays else "taken"
        text = read_text(body.data_coding, found.octets, after=found.header)
        taken = sms.kit.wire.Taken("+" + body.destination_addr, text, f"m{len(self.seen)}", manner)
        self.seen.append(taken)
        if manner == "hanging":
            await self.over.wait()
        if manner == "silent":
            return None
        if manner in _REFUSALS:
            return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, _REFUSALS[manner]))
        if self.early is not None:
            await self.early(taken)
        return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, Status.OK, Taken(taken.name)))


class PressPeer:
    """The side of the key presses. It answers a screen only when the next key comes: until then it may ask again."""

    def __init__(self, smsc: Smsc, name: Name) -> None:
        self._smsc = smsc
        self._dialect: Dialect = DIALECTS[name]
        self._operations: dict[Event, int] = {
            event: code for code, event in sorted(self._dialect.events.items(), reverse=True)
        }
        self._acknowledged: set[tuple[str, str, tuple[str, ...]]] = set()
        self._under_way: set[tuple[str, str, tuple[str, ...]]] = set()
        self._screens: dict[tuple[str, int], asyncio.Queue[Shown]] = {}
        self._answered = asyncio.Event()
        self._numbers: dict[str, int] = {}
        self.settings: Mapping[str, Any] = {**_settings(smsc.port), "ussd": name}

    async def press(self, press: Press) -> Shown:
        """One deliver_sm, and the submit_sm that answers it."""
        key = (press.session, press.number, press.inputs)
        if key in self._acknowledged and key not in self._under_way:
            await self._smsc.hang_up()
        elif key not in self._under_way:
            self._release()
        self._under_way.add(key)
        text = press.inputs[-1] if press.inputs else press.code
        event: Event = "input" if press.inputs else "start"
        data_coding, octets = _coded(text, ucs2=0x48, gsm7=0x0F)
        message, tlvs = _carried({**self._fields(press.number), "data_coding": data_coding}, octets)
        screens = self._screens.setdefault((press.number[1:], self._session(press.session)), asyncio.Queue())
        try:
            if not await self._smsc.deliver(message, (*self._tlvs(press.session, event), *tlvs)):
                return Shown(status=503)
            self._acknowledged.add(key)
            return await screens.get()
        finally:
            self._under_way.discard(key)

    async def oversize(self) -> bool:
        """Send far too much."""
        return await self._smsc.oversize()

    async def end(self, session: str) -> bool:
        """The dialogue is over."""
        self._release()
        message = Message(**self._fields("+8562055512345"))
        return await self._smsc.deliver(message, self._tlvs(session, "end"))

    async def submitted(self, pdu: Pdu) -> Reply | None:
        """One screen."""
        body = pdu.body
        if not isinstance(body, Message):
            return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, Status.INVALID_COMMAND))
        end = pdu.tlv(Tag.USSD_SERVICE_OP) == bytes([self._dialect.close])
        info = int.from_bytes(pdu.tlv(self._dialect.session) or b"\0\0", "big") >> (16 - self._dialect.id_bits)
        text = read_text(body.data_coding, content(pdu).octets, ussd=True)
        self._screens.setdefault((body.destination_addr, info), asyncio.Queue()).put_nowait(Shown(text, end))
        await self._answered.wait()
        return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, Status.OK, Taken("screen")))

    def _release(self) -> None:
        """Answer the screens that were shown: whoever presses the next key has read them."""
        waiting, self._answered = self._answered, asyncio.Event()
        waiting.set()

    def _session(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers) + 1)

    def _tlvs(self, session: str, event: Event) -> tuple[Tlv, ...]:
        info = self._session(session) << (16 - self._dialect.id_bits)
        operation = bytes([self._operations[event]])
        return ((Tag.USSD_SERVICE_OP, operation), (self._dialect.session, info.to_bytes(2, "big")))

    @staticmethod
    def _fields(number: str) -> dict[str, Any]:
        return {
            "service_type": "USSD",
            "source_addr_ton": 1,
            "source_addr_npi": 1,
            "source_addr": number[1:],
            "destination_addr": "999",
        }


def _texts(long: str) -> sms.kit.wire.OwnWire:
    @contextlib.asynccontextmanager
    async def operator() -> AsyncIterator[TextPeer]:
        smsc = Smsc()
        await smsc.listen()
        peer = TextPeer(smsc, long)
        smsc.submitted = peer.submitted
        try:
            yield peer
        finally:
            peer.over.set()
            await smsc.leave()

    return sms.kit.wire.OwnWire(operator=operator)


def _presses(name: Name) -> ussd.kit.wire.OwnWire:
    @contextlib.asynccontextmanager
    async def operator() -> AsyncIterator[PressPeer]:
        smsc = Smsc()
        await smsc.listen()
        peer = PressPeer(smsc, name)
        smsc.submitted = peer.submitted
        try:
            yield peer
        finally:
            await smsc.leave()

    return ussd.kit.wire.OwnWire(operator=operator)


def texts() -> Mapping[str, sms.kit.wire.OwnWire]:
    """How messages go, in each way of `long`."""
    return {"smpp": _texts("udh"), "smpp-sar": _texts("sar"), "smpp-payload": _texts("payload")}


def presses() -> Mapping[str, ussd.kit.wire.OwnWire]:
    """How key presses come, in each dialect."""
    return {"smpp": _presses("generic"), "smpp-sixdee": _presses("sixdee"), "smpp-mica": _presses("mica")}
