"""One connection that speaks SMPP: requests out in a window with a time limit, requests in with a bound.

It knows neither rows nor settings and can be either side. Every response that is awaited ends in one of three ways: it
comes, the time is over, or the connection is lost; in the last two nobody knows whether the peer took the request.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

import structlog

from gateways.smpp.faults import NoResponse, NotBound, PduFault
from gateways.smpp.framing import Frames
from gateways.smpp.numbers import RESPONSE, Command, Status
from gateways.smpp.pdu import LONGEST, Body, Pdu, Tlv, answer, decode, encode, next_sequence


class Reply(NamedTuple):
    """A response to the peer.

    `known` is called once, with whether the peer is known to have read it; `then` only when it was written.
    """

    pdu: Pdu
    known: Callable[[bool], None] | None = None
    then: Callable[[], None] | None = None


Handler = Callable[[Pdu], Awaitable[Reply]]
Late = Callable[[Pdu], None]

MOST_REMEMBERED: Final = 1_000
"""Requests whose answer is awaited no more, and yet matched when it comes."""

_OWN: Final = frozenset({Command.ENQUIRE_LINK, Command.UNBIND})
_HIGH_WATER: Final = 1 << 20
_CURIOUS: Final = 1.0
"""Seconds after which the peer is asked whether it is there, so that it is known what it has read."""

log = structlog.get_logger("smpp")


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a session.

    Attributes:
        window: requests of ours that may wait for their answer at once.
        response: seconds that one answer may take.
        silence: seconds without an octet after which the peer is asked whether it is there.
        most_in: requests of the peer that may be under way here; above it they get `ESME_RMSGQFUL` and come again.
        longest: octets of the longest PDU that is read.
    """

    window: int = 10
    response: float = 10.0
    silence: float = 30.0
    most_in: int = 500
    longest: int = LONGEST


class _Waiting(NamedTuple):
    future: asyncio.Future[Pdu]
    command: int
    order: int


class Session(asyncio.Protocol):
    """One connection. Made by a loop's `create_connection` or `create_server`.

    Attributes:
        lost: done when the connection is gone. waited: seconds that requests of ours waited for room in the window.
    """

    def __init__(self, handler: Handler, limits: Limits | None = None) -> None:
        """Give each request of the peer but enquire_link and unbind to `handler`, which returns its response."""
        self.limits = limits or Limits()
        self._handler = handler
        self._frames = Frames(self.limits.longest)
        self._window = asyncio.Semaphore(self.limits.window)
        self._waiting: dict[int, _Waiting] = {}
        self._late: dict[int, Late | None] = {}
        self._busy: set[asyncio.Task[None]] = set()
        self._sequence = 0
        self._order = 0
        self._unsure: deque[tuple[int, Callable[[bool], None]]] = deque()
        self._asking: asyncio.Task[None] | None = None
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.Task[None] | None = None
        self._chunks = 0
        self._closing = False
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waited = 0.0
        self.counts = {"in": 0, "out": 0, "late": 0, "stray": 0, "malformed": 0, "unanswered": 0, "refused": 0}

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to watch for silence."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        self._watch = asyncio.create_task(self._enquire(), name="smpp-enquire")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Whatever waits for an answer will have none."""
        self._closing = True
        for task in (self._watch, self._asking):
            if task is not None:
                task.cancel()
        for waiting in self._waiting.values():
            if not waiting.future.done():
                waiting.future.set_exception(NoResponse("the connection was lost before the answer"))
        self._now_known(self._order + 1, read=False)
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        """The peer reads slowly: we read no faster."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        if self._transport is not None:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Take every PDU that is whole."""
        self._chunks += 1
        try:
            for frame in self._frames.feed(data):
                self._take(frame)
        except PduFault as fault:
            # Where the next PDU begins is not known any more.
            self.counts["malformed"] += 1
            self._put(Pdu(Command.GENERIC_NACK, fault.sequence, fault.status))
            self.drop()

    # What the owner calls.

    @property
    def open(self) -> bool:
        """Whether a request may be sent."""
        return self._transport is not None and not self._closing

    @property
    def outstanding(self) -> int:
        """Requests of ours that wait for their answer."""
        return len(self._waiting)

    async def ask(
        self, command: int, body: Body | None = None, tlvs: Sequence[Tlv] = (), *, late: Late | None = None
    ) -> Pdu:
        """Send one request and return its response, or the generic_nack that came in its place.

        Args:
            command: the request's command_id.
            body: its body.
            tlvs: its optional parameters.
            late: called with a response that comes when nobody waits for it any more.

        Raises:
            NotBound: it did not leave. NoResponse: it left, and no answer came.
            PduFault: it cannot be written; it did not leave.
        """
        began = time.monotonic()
        async with self._window:
            self.waited += time.monotonic() - began
            return await self._exchange(command, body, tlvs, late)

    async def close(self, grace: float = 3.0) -> None:
        """Finish what is under way within `grace` seconds, unbind, and hang up; never more than two seconds longer."""
        if self._transport is None or self.lost.done():
            return
        going: list[asyncio.Future[Any]] = [*(waiting.future for waiting in self._waiting.values()), *self._busy]
        if going:
            await asyncio.wait(going, timeout=grace)
        try:
            async with asyncio.timeout(1.0):
                await self._exchange(Command.UNBIND)
        except (NotBound, NoResponse, TimeoutError):
            pass
        self._closing = True
        for task in self._busy:
            task.cancel()
        self.drop()
        await asyncio.wait({self.lost}, timeout=0.5)
        if not self.lost.done():
            self._transport.abort()

    def write(self, octets: bytes) -> None:
        """Write these as they are: for peers that try what is no PDU."""
        if self._transport is not None:
            self._transport.write(octets)

    def drop(self) -> None:
        """Hang up without a word, after what was written."""
        self._closing = True
        self._flush()
        if self._transport is not None:
            self._transport.close()

    # Inside.

    async def _exchange(
        self, command: int, body: Body | None = None, tlvs: Sequence[Tlv] = (), late: Late | None = None
    ) -> Pdu:
        """Outside the window: a full one must not keep us from asking whether the peer is there."""
        if not self.open:
            raise NotBound
        number = self._next()
        self._put(Pdu(command, number, Status.OK, body, tuple(tlvs)))
        self._order += 1
        future: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[number] = _Waiting(future, command, self._order)
        try:
            async with asyncio.timeout(self.limits.response):
                return await future
        except TimeoutError:
            self.counts["unanswered"] += 1
            raise NoResponse from None
        finally:
            del self._waiting[number]
            if not future.done() or future.cancelled():
                self._remember(number, late)

    def _next(self) -> int:
        self._sequence = next_sequence(self._sequence)
        while self._sequence in self._waiting:
            self._sequence = next_sequence(self._sequence)
        self._late.pop(self._sequence, None)
        return self._sequence

    def _remember(self, number: int, late: Late | None) -> None:
        if len(self._late) >= MOST_REMEMBERED:
            del self._late[next(iter(self._late))]
        self._late[number] = late

    def _put(self, pdu: Pdu) -> None:
        """Write with everything else that this round of the loop writes."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(encode(pdu))
        self.counts["out"] += 1

    def _flush(self) -> None:
        if self._out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _take(self, frame: bytes) -> None:
        self.counts["in"] += 1
        try:
            pdu = decode(frame)
        except PduFault as fault:
            self._refuse(fault)
            return
        if pdu.is_response:
            self._answered(pdu)
        elif pdu.command in _OWN:
            self._own(pdu)
        elif self._closing or len(self._busy) >= self.limits.most_in:
            self.counts["refused"] += 1
            self._put(answer(pdu, Status.QUEUE_FULL))
        else:
            task = asyncio.create_task(self._serve(pdu))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)

    def _refuse(self, fault: PduFault) -> None:
        """Tell the peer what was wrong with its request; a broken response is as good as none."""
        self.counts["malformed"] += 1
        log.warning("PDU refused", reason=fault.args[0], status=int(fault.status))
        if fault.command & RESPONSE:
            waiting = self._waiting.get(fault.sequence)
            if waiting is not None and not waiting.future.done():
                waiting.future.set_exception(NoResponse("the answer cannot be read"))
        elif fault.status == Status.INVALID_COMMAND:
            self._put(Pdu(Command.GENERIC_NACK, fault.sequence, fault.status))
        else:
            self._put(answer(Pdu(fault.command, fault.sequence), fault.status))

    def _answered(self, pdu: Pdu) -> None:
        waiting = self._waiting.get(pdu.sequence)
        if waiting is not None and pdu.command in {waiting.command | RESPONSE, Command.GENERIC_NACK}:
            self._now_known(waiting.order, read=True)
            if not waiting.future.done():
                waiting.future.set_result(pdu)
        elif pdu.sequence in self._late:
            self.counts["late"] += 1
            late = self._late.pop(pdu.sequence)
            if late is not None:
                late(pdu)
        else:
            self.counts["stray"] += 1

    def _own(self, pdu: Pdu) -> None:
        self._put(answer(pdu))
        if pdu.command == Command.UNBIND:
            self.drop()

    async def _serve(self, pdu: Pdu) -> None:
        try:
            said = await self._handler(pdu)
        except Exception:  # a mistake of ours: nothing is promised to be kept, so it must come again
            log.exception("request not handled", kind=f"{pdu.command:x}")
            said = Reply(answer(pdu, Status.APP_TEMPORARY))
        if self._transport is None or self._transport.is_closing():
            if said.known is not None:
                said.known(False)
            return
        self._put(said.pdu)
        if said.then is not None:
            said.then()
        if said.known is not None:
            self._unsure.append((self._order, said.known))
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._make_sure(), name="smpp-make-sure")

    def _now_known(self, order: int, *, read: bool) -> None:
        """The peer has read what was written before the request with this order, or (`read` False) nobody knows."""
        while self._unsure and self._unsure[0][0] < order:
            self._unsure.popleft()[1](read)

    async def _make_sure(self) -> None:
        """Responses have no response: one enquire_link behind them, answered in order, shows that they were read."""
        while self._unsure:
            await asyncio.sleep(_CURIOUS)
            try:
                if self._unsure:
                    await self._exchange(Command.ENQUIRE_LINK)
            except (NotBound, NoResponse):
                return

    async def _enquire(self) -> None:
        """Ask a silent peer whether it is there; one that does not say is not."""
        while True:
            before = self._chunks
            await asyncio.sleep(self.limits.silence)
            if self._chunks != before:
                continue
            try:
                await self._exchange(Command.ENQUIRE_LINK)
            except NotBound:
                return
            except NoResponse:
                if self._chunks == before and self._transport is not None:
                    log.warning("the peer is silent")
                    self._transport.abort()
                    return
