"""The line to an SMSC: bound in each way, again when it is lost, slower when it is throttled, closed in order."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flows.errors import SendError
from gateways.smpp.line import Line
from gateways.smpp.numbers import Command, Status, Tag
from gateways.smpp.pace import FIRST, LONGEST, Pace, reconnect_wait
from gateways.smpp.pdu import Bind, Message, Pdu, answer
from gateways.smpp.session import Handler, Reply
from gateways.smpp.statuses import STATUSES, meaning
from tests.gateways.smpp.smsc import Smsc, settings, smsc

HELLO = Message(source_addr="1600", destination_addr="8562055512345", short_message=b"hello")
USSD = Message(service_type="USSD", source_addr="8562055512345", destination_addr="999")


async def take(pdu: Pdu) -> Reply:
    return Reply(answer(pdu))


@contextlib.asynccontextmanager
async def serving(line: Line, **handlers: Handler) -> AsyncIterator[None]:
    kinds: dict[Any, Handler] = dict(handlers) or {"sms": take}
    tasks = [asyncio.create_task(line.serve(kind, handler)) for kind, handler in kinds.items()]
    try:
        async with asyncio.timeout(60):
            while not line.up:  # noqa: ASYNC110 - a line has no event for it
                await asyncio.sleep(0.005)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def line_to(one: Smsc, **more: Any) -> Line:
    return Line("kit", settings(one.port, **more), chance=lambda: 1.0)


@pytest.mark.parametrize(
    ("bind", "commands"),
    [
        ("transceiver", [Command.BIND_TRANSCEIVER]),
        ("transmitter", [Command.BIND_TRANSMITTER]),
        ("receiver", [Command.BIND_RECEIVER]),
        ("pair", [Command.BIND_TRANSMITTER, Command.BIND_RECEIVER]),
    ],
)
async def test_each_way_to_bind(bind: str, commands: list[int]) -> None:
    async with smsc() as one:
        line = line_to(one, bind=bind, system_type="VMA", address_range="1600")
        async with serving(line):
            assert sorted(pdu.command for pdu in one.binds) == sorted(commands)
            assert one.binds[0].body == Bind("sala", "secret", "VMA", address_range="1600")
            if bind == "receiver":
                with pytest.raises(SendError) as caught:
                    await line.submit(HELLO)
                assert (caught.value.code, caught.value.retry, caught.value.unknown) == ("not-bound", True, False)
            else:
                assert await line.submit(HELLO) == "m1"
            if bind != "transmitter":
                assert await one.deliver(HELLO) == Status.OK
        # The end is an unbind, and nothing is open any more.
        await one.until(lambda: all(session.lost.done() for session in one.bound.values()))


async def test_two_kinds_share_one_connection_and_each_gets_its_own() -> None:
    seen: list[tuple[str, bytes]] = []

    async def texts(pdu: Pdu) -> Reply:
        seen.append(("sms", pdu.body.short_message if isinstance(pdu.body, Message) else b""))
        return Reply(answer(pdu))

    async def presses(pdu: Pdu) -> Reply:
        seen.append(("ussd", pdu.tlv(Tag.USSD_SERVICE_OP) or b""))
        return Reply(answer(pdu))

    async with smsc() as one:
        async with serving(line_to(one), sms=texts, ussd=presses):
            await one.deliver(HELLO)
            await one.deliver(USSD, ((Tag.USSD_SERVICE_OP, b"\x01"),))
        assert seen == [("sms", b"hello"), ("ussd", b"\x01")]
        assert len(one.binds) == 1


async def test_what_nobody_serves_comes_again() -> None:
    async with smsc() as one, serving(line_to(one), sms=take):
        assert await one.deliver(USSD) == Status.APP_TEMPORARY
        assert await one.deliver(HELLO) == Status.OK


async def test_a_lost_line_is_bound_again_and_meanwhile_nothing_leaves() -> None:
    async with smsc() as one:
        line = line_to(one)
        async with serving(line):
            one.hang_up()
            await one.until(lambda: not line.up)
            assert line.fault == "connection-lost"
            with pytest.raises(SendError) as caught:
                await line.submit(HELLO)
            assert caught.value.retry
            await one.until(lambda: line.up)
            assert await line.submit(HELLO) == "m1"
            assert line.tally.counts["binds"] == 2


async def test_a_refused_login_is_tried_again_and_told() -> None:
    async with smsc() as one:
        one.logins = [Status.INVALID_PASSWORD, Status.ALREADY_BOUND]
        line = line_to(one)
        async with serving(line):
            assert len(one.binds) == 3
            assert line.fault == ""


@pytest.mark.parametrize("status", [Status.THROTTLED, Status.QUEUE_FULL])
async def test_throttling_slows_down_and_the_message_goes_once(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.smpp.pace.FIRST", 0.01)
    async with smsc() as one:
        one.plays = [status, status]
        line = line_to(one)
        async with serving(line):
            assert await line.submit(HELLO) == "m1"
            assert line.pace.gap > 0.01
            assert line.tally.counts["throttled"] == 2
            assert (one.offered, len(one.taken)) == (3, 1)
            one.plays = [status] * 3
            with pytest.raises(SendError) as caught:
                await line.submit(HELLO, urgent=True)
            assert caught.value.retry
            assert caught.value.retry_after == line.pace.gap


@pytest.mark.parametrize("status", [*sorted(STATUSES.keys() - {0, 0x14, 0x58}), 0x400, 0x77])
async def test_each_status_has_its_outcome(status: int) -> None:
    means = meaning(status)
    assert means.sentence
    async with smsc() as one:
        one.plays = [status]
        async with serving(line := line_to(one)):
            with pytest.raises(SendError) as caught:
                await line.submit(HELLO)
    fault = caught.value
    assert (fault.code, fault.retry, fault.ours, fault.unknown) == (means.name, means.retry, means.ours, False)


async def test_no_answer_is_unknown_and_a_late_id_is_told() -> None:
    async with smsc() as one:
        gate = asyncio.Event()
        one.held = [gate]
        line = line_to(one, response_timeout=0.3)
        async with serving(line):
            late: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            with pytest.raises(SendError) as caught:
                await line.submit(HELLO, late=late.set_result)
            assert (caught.value.unknown, caught.value.retry) == (True, False)
            gate.set()
            async with asyncio.timeout(60):
                assert await late == "m1"
        assert one.offered == 1


async def test_a_message_that_cannot_be_written_is_our_fault_and_does_not_leave() -> None:
    async with smsc() as one, serving(line := line_to(one)):
        with pytest.raises(SendError) as caught:
            await line.submit(Message(source_addr="9" * 30))
        assert caught.value.ours
        assert not caught.value.unknown
        assert one.offered == 0


async def test_the_end_comes_soon_with_a_deaf_smsc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.smpp.line.GRACE", 0.2)
    async with smsc() as one:
        one.plays = [None]
        line = line_to(one, response_timeout=60)
        asked: asyncio.Task[str] | None = None
        began = 0.0
        async with serving(line):
            asked = asyncio.create_task(line.submit(HELLO))
            await one.until(lambda: one.offered)
            began = time.monotonic()
        assert time.monotonic() - began < 60
        with pytest.raises(SendError) as caught:
            await asked
        assert caught.value.unknown


@given(st.integers(1, 100), st.floats(0, 1), st.floats(0.1, 600))
def test_waits_are_between_nothing_and_the_bound(attempt: int, chance: float, longest: float) -> None:
    assert 0 <= reconnect_wait(attempt, chance, longest) <= longest


def test_the_pace_doubles_and_recovers() -> None:
    pace = Pace()
    assert pace.turn(0) == 0
    gaps = [pace.slower(0) for _ in range(12)]
    assert gaps[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert gaps[-1] == LONGEST
    assert [pace.turn(100) for _ in range(3)] == [0, LONGEST, 2 * LONGEST]
    for _ in range(200):
        pace.taken()
    assert pace.gap == 0


@pytest.mark.parametrize(
    "wrong",
    [{"password": "nine chars"}, {"password": "é"}, {"system_id": ""}, {"system_id": "x" * 16}, {"bind": "both"}],
)
def test_an_account_that_the_protocol_has_no_room_for_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(2775, **wrong)
