"""The side of the messages: hands them to gammu-smsd as files, and takes its files as messages and reports."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Sequence
from typing import ClassVar, Final, Literal

import structlog

from flows.errors import CallFault, SendError
from gateways.gammu import backup
from gateways.gammu.backup import Piece
from gateways.gammu.settings import Settings as Own
from gateways.gammu.spool import DONE, ERROR, INBOX, OUTBOX, SENT, Came, OutboxFullError, Spool
from sms import port
from sms.reading import international, is_number
from store.values import Answer, Health, Inbound, Malformed, OptOut, Outgoing, Received, Report, Sent

_State = Literal["sent", "delivered", "failed", "unknown"]

STATES: Final[dict[str, _State]] = {"Delivered": "delivered", "Failed": "failed", "Pending": "sent"}
"""Gammu's words for a status report; `Unknown`, and any other, is unknown."""

_STRAGGLING: Final = 60.0
"""Seconds for which a file in which parts are missing, or whose end is missing, is left for the rest."""

_SWEEP: Final = 3600.0

log = structlog.get_logger("gammu")


class Modem:
    """Messages of one modem."""

    Settings: ClassVar[type[port.Settings]] = Own

    def __init__(self, channel: str, settings: Own) -> None:
        self._channel = channel
        self._settings = settings
        self._spool = Spool(settings.spool, settings.waiting, referred=settings.references)
        self.capabilities = port.Capabilities(port=1, long="parts", reports=settings.reports, idempotent=True)
        self._health = Health("unknown")
        # By number and reference, the newest last: there are 256 references, and some modems give only one.
        self._awaited: dict[tuple[str, int], list[tuple[str, str]]] = {}
        self._odd: set[str] = set()
        self._empty: set[str] = set()
        self._swept = 0.0

    def read(self, received: Received) -> Inbound | Malformed:
        """The one message in a file."""
        found = [one for one in self._messages(backup.pieces(received.body)) if isinstance(one, Inbound)]
        return found[0] if len(found) == 1 else Malformed("not-a-message")

    def read_report(self, received: Received) -> Report | Malformed:
        """Nothing: which message a status report is of only the spool knows."""
        del received
        return Malformed("no-such-request")

    def read_optout(self, received: Received) -> OptOut | Malformed:
        """A modem knows none."""
        del received
        return Malformed("no-such-request")

    def accept(self) -> Answer:
        """Nobody waits for it."""
        return Answer(200, b"")

    async def send(self, message: Outgoing) -> Sent:
        """Put one message or part into the outbox.

        Raises:
            SendError: it is not there: the spool is away, or too much waits in it.
        """
        try:
            await asyncio.to_thread(self._spool.put, message)
        except OutboxFullError as full:
            raise SendError("outbox-full", retry=True, retry_after=30) from full
        except OSError as fault:
            # If it came to lie there all the same it is found by its name: the gateway is asked again, and sends once.
            raise SendError("no-spool", unknown=True) from fault
        return Sent("")

    async def close(self) -> None:
        """There is nothing to give back."""

    async def run(self, sink: port.Sink) -> None:
        """Look into the spool until cancelled."""
        known = False
        while True:
            try:
                await asyncio.to_thread(self._spool.check)
                if not known:
                    self._awaited = await asyncio.to_thread(self._listed)
                    known = True
                await self._look(sink)
            except OSError as fault:
                self._stand("down", "no-spool")
                log.warning("spool not read", channel=self._channel, reason=type(fault).__name__)
            await asyncio.sleep(self._settings.poll)

    def health(self) -> Health:
        """Down while the spool is away, or a message has been waiting for the modem too long."""
        return self._health

    def _listed(self) -> dict[tuple[str, int], list[tuple[str, str]]]:
        found: dict[tuple[str, int], list[tuple[str, str]]] = {}
        for name, mark, number, reference in self._spool.awaited():
            found.setdefault((number, reference), []).append((name, mark))
        return found

    async def _look(self, sink: port.Sink) -> None:
        """First what was sent: a status report is of something that smsd has moved before it wrote the report."""
        for place in (SENT, ERROR):
            for name, mark, content in await asyncio.to_thread(self._spool.went, place):
                await self._went(sink, place, name, mark, content)
        await asyncio.to_thread(self._heal)
        waits: set[str] = set()
        for came in await asyncio.to_thread(self._spool.came):
            await self._came(sink, came, waits)
        stuck = await asyncio.to_thread(self._spool.oldest) > self._settings.stuck
        self._stand("down" if stuck else "up", "modem-away" if stuck else "")
        if time.monotonic() - self._swept > _SWEEP:
            self._swept = time.monotonic()
            await asyncio.to_thread(self._spool.sweep, self._settings.keep_days)

    def _heal(self) -> None:
        """Take away what smsd, killed while it noted a reference, has left empty: it may hang on it when it starts."""
        empty = self._spool.empty()
        # For a moment any file is empty into which it writes.
        for name in empty & self._empty:
            self._spool.done(OUTBOX, name)
            log.warning("empty file in the outbox", channel=self._channel)
        self._empty = empty

    async def _went(self, sink: port.Sink, place: str, name: str, mark: str, content: bytes) -> None:
        """The modem has sent it, or could not."""
        number, reference = backup.number_in(content), backup.reference(content)
        # A file that a kill has left empty was handed to the modem, and whether that has sent it nobody knows.
        state: _State = "sent" if place == SENT else "failed" if number else "unknown"
        if await self._committed(sink.report(Report(self._channel, "", state, "error" * (state == "failed"), mark))):
            awaited = state == "sent" and self._settings.reports and bool(number)
            await asyncio.to_thread(self._spool.done, place, name, f"{number} {reference}" if awaited else "")
            if awaited:
                self._awaited.setdefault((number, reference), []).append((name, mark))

    async def _came(self, sink: port.Sink, came: Came, waits: set[str]) -> None:
        """One file of the inbox: taken away when everything in it is committed, or will never be."""
        found = backup.pieces(came.content)
        if not self._ripe(came, found):
            return
        if found and found[0].kind == "Status_Report":
            gone = await self._reported(sink, found[0])
        else:
            gone = await self._heard(sink, found, waits)
        if gone:
            await asyncio.to_thread(self._spool.drop, INBOX, came.name)

    def _ripe(self, came: Came, found: Sequence[Piece]) -> bool:
        """Whether nothing more will be written into it."""
        if found and backup.is_whole(came.content):
            alone = len(found) == 1 and found[0].part is None
            return alone or _complete(found) or came.age > _STRAGGLING
        if came.age > _STRAGGLING and came.name not in self._odd:
            # smsd was killed while it wrote: the message is still on the modem, and comes in another file.
            self._odd.add(came.name)
            log.warning("file in the inbox is no message", channel=self._channel)
        return False

    async def _heard(self, sink: port.Sink, found: Sequence[Piece], waits: set[str]) -> bool:
        gone = True
        for message in self._messages(found):
            if isinstance(message, Malformed):
                log.warning("message not taken", channel=self._channel, reason=message.reason)
            elif message.msisdn in waits or not await self._committed(sink.inbound(message)):
                # What the same number has sent after it waits with it.
                waits.add(message.msisdn)
                gone = False
        return gone

    def _messages(self, found: Sequence[Piece]) -> list[Inbound | Malformed]:
        """What is in a file: a whole message, or the parts that have come of one."""
        made: list[Inbound | Malformed] = []
        for group in _groups(found):
            first = group[0]
            number = international(first.number, self._settings.national)
            if first.kind != "Deliver" or first.binary:
                made.append(Malformed("binary" if first.binary else "not-received"))
            elif not is_number(number):
                made.append(Malformed("not-a-phone"))
            else:
                part = first.part if len(group) == 1 else None
                made.append(Inbound(self._channel, _name(group), number, "", backup.words(group), part=part))
        return made

    async def _reported(self, sink: port.Sink, piece: Piece) -> bool:
        """A status report, of the newest message to this number; with references, of the newest of this one."""
        heard = f"R{_name([piece])}{piece.reference:02X}"
        if await asyncio.to_thread(self._spool.known, heard):
            # smsd was killed before it took it from the modem; another message is not meant.
            return True
        keys = (piece.number, piece.reference), (piece.number, backup.NO_REFERENCE)
        awaited = next((found for key in keys if (found := self._awaited.get(key))), None)
        if not awaited:
            log.warning("report of no message", channel=self._channel)
            return True
        name, mark = awaited[-1]
        state = STATES.get(piece.words, "unknown")
        if not await self._committed(sink.report(Report(self._channel, "", state, mark=mark))):
            return False
        if state in {"delivered", "failed"}:
            # Nothing more will come of it, and whose it was is forgotten.
            await asyncio.to_thread(self._spool.done, DONE, heard)
            await asyncio.to_thread(self._spool.done, DONE, name)
            awaited.pop()
        return True

    async def _committed(self, work: Awaitable[None]) -> bool:
        """Whether it is durable, or will never be taken."""
        try:
            await work
        except CallFault:
            return True
        except Exception:  # noqa: BLE001 - the door has logged it; the file stays, and is tried again
            return False
        return True

    def _stand(self, state: Literal["up", "down"], fault: str) -> None:
        if (state, fault) != (self._health.state, self._health.fault):
            self._health = Health(state, int(time.time()), fault)


def _groups(found: Sequence[Piece]) -> list[list[Piece]]:
    """The parts of a whole message together, in order; everything else by itself."""
    if found and _complete(found):
        return [sorted(found, key=lambda one: one.part.number if one.part else 0)]
    return [[one] for one in found]


def _complete(found: Sequence[Piece]) -> bool:
    """Whether these are all parts of one long message."""
    parts = [one.part for one in found]
    first = parts[0]
    if first is None:
        return False
    same = all(part and (part.ref, part.total) == (first.ref, first.total) for part in parts)
    return same and {part.number for part in parts if part} == set(range(1, first.total + 1))


def _name(group: Sequence[Piece]) -> str:
    """A name for what was received, from all that the SMSC said of it: file names are used again for other messages."""
    whole = "\0".join(f"{one.number}\0{one.at}\0{one.header}\0{one.text.hex()}" for one in group)
    return hashlib.blake2b(whole.encode("utf-8", "replace"), digest_size=16).hexdigest()
