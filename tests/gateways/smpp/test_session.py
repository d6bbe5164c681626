"""One connection: windows, time limits, late answers, lost connections, broken peers, and a clean end."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from gateways.smpp.faults import NoResponse, NotBound
from gateways.smpp.framing import Frames
from gateways.smpp.numbers import LAST_SEQUENCE, Command, Status
from gateways.smpp.pdu import Message, Pdu, Taken, answer, decode, encode
from gateways.smpp.session import Handler, Limits, Reply, Session
from tests.gateways.smpp.smsc import ok
from tests.ports import free_port

HELLO = Message(source_addr="1600", destination_addr="8562055512345", short_message=b"hello")


class Peer:
    """The other end of the line, octet by octet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.frames = Frames()
        self.waiting: list[Pdu] = []

    async def read(self) -> Pdu:
        """The next PDU."""
        async with asyncio.timeout(60):
            while not self.waiting:
                data = await self.reader.read(65536)
                assert data, "the connection is closed"
                self.waiting += [decode(frame) for frame in self.frames.feed(data)]
        return self.waiting.pop(0)

    async def closed(self) -> bool:
        async with asyncio.timeout(60):
            while data := await self.reader.read(65536):
                self.waiting += [decode(frame) for frame in self.frames.feed(data)]
        return True

    def write(self, *pdus: Pdu) -> None:
        self.writer.write(b"".join(map(encode, pdus)))


@contextlib.asynccontextmanager
async def pair(limits: Limits, handler: Handler = ok) -> AsyncIterator[tuple[Session, Peer]]:
    port = free_port()
    came: asyncio.Future[Peer] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda *ends: came.set_result(Peer(*ends)), "127.0.0.1", port)
    _, session = await asyncio.get_running_loop().create_connection(lambda: Session(handler, limits), "127.0.0.1", port)
    peer = await came
    try:
        yield session, peer
    finally:
        session.drop()
        peer.writer.close()
        with contextlib.suppress(OSError):
            await peer.writer.wait_closed()
        server.close()


def taken(pdu: Pdu, id_: str, status: int = 0) -> Pdu:
    return Pdu(pdu.command | 0x80000000, pdu.sequence, status, Taken(id_))


async def test_answers_find_their_requests_in_any_order() -> None:
    async with pair(Limits()) as (session, peer):
        asked = [asyncio.create_task(session.ask(Command.SUBMIT_SM, HELLO)) for _ in range(3)]
        came = [await peer.read() for _ in range(3)]
        peer.write(*(taken(pdu, f"m{pdu.sequence}") for pdu in reversed(came)))
        assert [answered.body for answered in await asyncio.gather(*asked)] == [Taken("m1"), Taken("m2"), Taken("m3")]


async def test_no_more_are_under_way_than_the_window_has() -> None:
    async with pair(Limits(window=2)) as (session, peer):
        asked = [asyncio.create_task(session.ask(Command.SUBMIT_SM, HELLO)) for _ in range(5)]
        first = [await peer.read(), await peer.read()]
        assert session.outstanding == 2
        # A full window does not keep us from being asked, and from answering.
        peer.write(Pdu(Command.ENQUIRE_LINK, 9))
        assert (await peer.read()).command == Command.ENQUIRE_LINK_RESP
        assert not peer.waiting
        peer.write(*(taken(pdu, "m") for pdu in first))
        peer.write(*[taken(await peer.read(), "m") for _ in range(2)])
        peer.write(taken(await peer.read(), "m"))
        await asyncio.gather(*asked)


async def test_nobody_knows_what_was_not_answered_in_time_and_a_late_answer_is_matched() -> None:
    async with pair(Limits(response=0.05)) as (session, peer):
        late: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        with pytest.raises(NoResponse):
            await session.ask(Command.SUBMIT_SM, HELLO, late=late.set_result)
        peer.write(taken(await peer.read(), "m1"))
        async with asyncio.timeout(60):
            assert (await late).body == Taken("m1")
        assert session.counts["late"] == 1
        # The same answer once more is nobody's.
        peer.write(Pdu(Command.SUBMIT_SM_RESP, 1, 0, Taken("m1")))
        peer.write(Pdu(Command.ENQUIRE_LINK, 5))
        await peer.read()
        assert session.counts["stray"] == 1


async def test_a_lost_connection_leaves_the_outcome_open() -> None:
    async with pair(Limits()) as (session, peer):
        asked = asyncio.create_task(session.ask(Command.SUBMIT_SM, HELLO))
        await peer.read()
        peer.writer.transport.abort()
        with pytest.raises(NoResponse):
            await asked
        await session.lost
        with pytest.raises(NotBound):
            await session.ask(Command.SUBMIT_SM, HELLO)


async def test_a_request_is_acknowledged_after_its_handler_and_not_before() -> None:
    go = asyncio.Event()

    async def slowly(pdu: Pdu) -> Reply:
        await go.wait()
        return Reply(answer(pdu))

    async with pair(Limits(), slowly) as (_, peer):
        peer.write(Pdu(Command.DELIVER_SM, 1, 0, HELLO), Pdu(Command.ENQUIRE_LINK, 2))
        assert (await peer.read()).command == Command.ENQUIRE_LINK_RESP
        go.set()
        assert await peer.read() == Pdu(Command.DELIVER_SM_RESP, 1, 0, Taken())


async def test_a_handler_that_fails_lets_it_come_again() -> None:
    async def fail(pdu: Pdu) -> Reply:
        raise ValueError(pdu.sequence)

    async with pair(Limits(), fail) as (_, peer):
        peer.write(Pdu(Command.DELIVER_SM, 1, 0, HELLO))
        assert (await peer.read()).status == Status.APP_TEMPORARY


async def test_a_flood_is_refused_with_a_word_that_lets_it_come_again() -> None:
    go = asyncio.Event()

    async def slowly(pdu: Pdu) -> Reply:
        await go.wait()
        return Reply(answer(pdu))

    async with pair(Limits(most_in=10), slowly) as (session, peer):
        peer.write(*(Pdu(Command.DELIVER_SM, number, 0, HELLO) for number in range(1, 101)))
        refused = [await peer.read() for _ in range(90)]
        assert {pdu.status for pdu in refused} == {Status.QUEUE_FULL}
        go.set()
        assert {(await peer.read()).status for _ in range(10)} == {0}
        assert session.counts["refused"] == 90


@pytest.mark.parametrize("read", [True, False])
async def test_it_is_told_whether_the_peer_has_read_an_answer(monkeypatch: pytest.MonkeyPatch, read: bool) -> None:
    monkeypatch.setattr("gateways.smpp.session._CURIOUS", 0.01)
    known: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def handle(pdu: Pdu) -> Reply:
        return Reply(answer(pdu), known.set_result)

    async with pair(Limits(), handle) as (_, peer):
        peer.write(Pdu(Command.DELIVER_SM, 1, 0, HELLO))
        assert (await peer.read()).command == Command.DELIVER_SM_RESP
        asked = await peer.read()
        assert asked.command == Command.ENQUIRE_LINK
        assert not known.done()
        if read:
            peer.write(answer(asked))
        else:
            peer.writer.transport.abort()
        async with asyncio.timeout(60):
            assert await known is read


async def test_a_silent_peer_is_asked_and_then_dropped() -> None:
    async with pair(Limits(silence=0.02, response=0.02)) as (session, peer):
        assert (await peer.read()).command == Command.ENQUIRE_LINK
        async with asyncio.timeout(60):
            await session.lost


async def test_a_silent_peer_that_answers_is_asked_again() -> None:
    async with pair(Limits(silence=0.02, response=60)) as (session, peer):
        for _ in range(3):
            peer.write(answer(await peer.read()))
        assert session.open


async def test_the_peers_unbind_is_answered_and_ends_it() -> None:
    async with pair(Limits()) as (session, peer):
        peer.write(Pdu(Command.UNBIND, 3))
        assert await peer.read() == Pdu(Command.UNBIND_RESP, 3)
        assert await peer.closed()
        await session.lost


async def test_the_end_waits_for_what_is_under_way_and_unbinds() -> None:
    go = asyncio.Event()

    async def slowly(pdu: Pdu) -> Reply:
        await go.wait()
        return Reply(answer(pdu))

    async with pair(Limits(), slowly) as (session, peer):
        asked = asyncio.create_task(session.ask(Command.SUBMIT_SM, HELLO))
        submitted = await peer.read()
        peer.write(Pdu(Command.DELIVER_SM, 1, 0, HELLO), Pdu(Command.ENQUIRE_LINK, 2))
        await peer.read()
        closing = asyncio.create_task(session.close(30))
        go.set()
        assert (await peer.read()).command == Command.DELIVER_SM_RESP
        peer.write(taken(submitted, "m1"))
        assert (await asked).body == Taken("m1")
        unbind = await peer.read()
        assert unbind.command == Command.UNBIND
        peer.write(answer(unbind))
        await closing
        assert await peer.closed()


async def test_a_deaf_peer_holds_the_end_up_for_a_few_seconds_only() -> None:
    async with pair(Limits(response=60)) as (session, peer):
        asked = asyncio.create_task(session.ask(Command.SUBMIT_SM, HELLO))
        await peer.read()
        began = time.monotonic()
        await session.close(0.1)
        assert time.monotonic() - began < 60
        with pytest.raises(NoResponse):
            await asked


@pytest.mark.parametrize(
    ("data", "command", "status"),
    [
        ("00000010000000990000000000000007", Command.GENERIC_NACK, Status.INVALID_COMMAND),
        ("00000010000000050000000000000007", Command.DELIVER_SM_RESP, Status.INVALID_SERVICE_TYPE),
        ("00000005000000050000000000000007", Command.GENERIC_NACK, Status.INVALID_LENGTH),
        ("7fffffff000000050000000000000007", Command.GENERIC_NACK, Status.INVALID_LENGTH),
    ],
)
async def test_what_is_no_pdu_is_answered(data: str, command: int, status: int) -> None:
    async with pair(Limits()) as (session, peer):
        peer.writer.write(bytes.fromhex(data))
        said = await peer.read()
        assert (said.command, said.status, said.sequence) == (command, status, 7)
        if status == Status.INVALID_LENGTH:
            assert await peer.closed()
        else:
            assert session.open


async def test_an_answer_that_cannot_be_read_is_no_answer() -> None:
    async with pair(Limits()) as (session, peer):
        asked = asyncio.create_task(session.ask(Command.SUBMIT_SM, HELLO))
        number = (await peer.read()).sequence
        bad = b"\0\0\0\x5a\x80\0\0\x04\0\0\0\0" + number.to_bytes(4, "big") + b"x" * 74
        peer.writer.write(bad)
        with pytest.raises(NoResponse):
            await asked


async def test_a_generic_nack_is_an_answer() -> None:
    async with pair(Limits()) as (session, peer):
        asked = asyncio.create_task(session.ask(Command.SUBMIT_SM, HELLO))
        peer.write(Pdu(Command.GENERIC_NACK, (await peer.read()).sequence, Status.INVALID_COMMAND))
        assert (await asked).status == Status.INVALID_COMMAND


async def test_sequence_numbers_wrap_and_pass_over_those_that_wait() -> None:
    async with pair(Limits(window=10)) as (session, peer):
        session._sequence = LAST_SEQUENCE - 1
        asked = [asyncio.create_task(session.ask(Command.SUBMIT_SM, HELLO)) for _ in range(3)]
        came = [await peer.read() for _ in range(3)]
        assert [pdu.sequence for pdu in came] == [LAST_SEQUENCE, 1, 2]
        session._sequence = LAST_SEQUENCE
        asked.append(asyncio.create_task(session.ask(Command.SUBMIT_SM, HELLO)))
        came.append(await peer.read())
        assert came[3].sequence == 3
        peer.write(*(taken(pdu, "m") for pdu in came))
        await asyncio.gather(*asked)
