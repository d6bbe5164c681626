"""The gateway over the real store: messages in and out, receipts, copies."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateways.smpp.coding import read_text
from gateways.smpp.numbers import Status
from gateways.smpp.pdu import Message
from tests.gateways.smpp.house import NUMBER, house
from tests.gateways.smpp.said import LAO, sure, text
from tests.gateways.smpp.smsc import smsc

pytestmark = pytest.mark.usefixtures("curious")


async def test_a_message_is_answered_and_its_receipt_settles_it(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one) as home:
        assert await one.deliver(text(LAO)) == Status.OK
        await one.until(lambda: one.taken)
        sent = one.taken[0].body
        assert isinstance(sent, Message)
        assert (sent.source_addr_ton, sent.source_addr, sent.destination_addr) == (3, "1600", NUMBER)
        assert (sent.data_coding, sent.registered_delivery) == (8, 1)
        assert sent.validity_period == "000002000000000R"
        assert read_text(8, sent.short_message) == f"1 {LAO}"
        receipt = b"id:M1 sub:001 dlvrd:001 submit date:2611290312 done date:2611290313 stat:DELIVRD err:000 text:"
        assert await one.deliver(text("", esm_class=4, short_message=receipt)) == Status.OK
        assert await home.states() == ["delivered"]


async def test_a_receipt_may_come_before_the_answer(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one) as home:
        gate = asyncio.Event()
        one.held = [gate]
        await one.deliver(text("1"))
        await one.until(lambda: one.offered)
        assert await one.deliver(text("", esm_class=4, short_message=b"id:m1 stat:UNDELIV err:021")) == Status.OK
        gate.set()
        await home.reach("failed")


@pytest.mark.parametrize("words", ["", " ", "*", "1*2", "x" * 160, "ໜຶ່ງ", "a\x00b"])
async def test_whatever_a_phone_sends_is_a_message(tmp_path: Path, words: str) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        assert await one.deliver(text(words)) == Status.OK
        assert len(await home.heard()) == 1


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (text("1", number="8562055512345"), Status.OK),
        (text("1", number="02055512345"), Status.OK),
        (text("1", number="2055512345", source_addr_ton=2), Status.OK),
        (text("1", number="008562055512345"), Status.OK),
        (text("1", number="+8562055512345", source_addr_ton=0), Status.OK),
    ],
)
async def test_numbers_in_every_dress_are_one(tmp_path: Path, message: Message, status: int) -> None:
    async with smsc() as one, house(tmp_path, one) as home:
        assert await one.deliver(message) == status
        await one.until(lambda: one.taken)
        assert isinstance(one.taken[0].body, Message)
        assert one.taken[0].body.destination_addr == NUMBER
        assert len(await home.heard()) == 1


@pytest.mark.parametrize("number", ["BANK", "1600", "", "0", "9" * 20])
async def test_what_is_no_phone_is_taken_and_forgotten(tmp_path: Path, number: str) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        ton = 5 if number == "BANK" else 0
        assert await one.deliver(text("1", number=number, source_addr_ton=ton)) == Status.OK
        assert await home.heard() == []


async def test_the_same_words_twice_are_two_messages(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        for _ in range(3):
            assert await one.deliver(text("1")) == Status.OK
        assert await home.heard() == ["1 1", "2 1", "3 1"]


async def test_what_comes_again_before_it_was_acknowledged_is_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        real, go = home.memory.turns.overhear, asyncio.Event()

        async def slowly(message: Any) -> None:
            await go.wait()
            await real(message)

        monkeypatch.setattr(home.memory.turns, "overhear", slowly)
        twice = [asyncio.create_task(one.deliver(text("1"))) for _ in range(2)]
        await one.until(lambda: all(not task.done() for task in twice) and home.memory.echoes._last)
        go.set()
        assert await asyncio.gather(*twice) == [Status.OK, Status.OK]
        assert await home.heard() == ["1 1"]
        await sure(home)
        assert await one.deliver(text("1")) == Status.OK
        assert await home.heard() == ["1 1", "2 1"]


async def test_a_phones_messages_are_heard_in_the_order_in_which_they_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        real = home.memory.echoes._find

        async def slow_for_the_first(key: bytes) -> Any:
            if not home.memory.echoes._last:
                await asyncio.sleep(0.1)
            return await real(key)

        monkeypatch.setattr(home.memory.echoes, "_find", slow_for_the_first)
        words = [str(number) for number in range(5)]
        others = [asyncio.create_task(one.deliver(text("x", number=f"85620555987{number}1"))) for number in range(3)]
        mine = [asyncio.create_task(one.deliver(text(word))) for word in words]
        assert set(await asyncio.gather(*mine, *others)) == {Status.OK}
        heard = [answer for answer in await home.heard() if not answer.endswith("x")]
        assert heard == [f"{place} {word}" for place, word in enumerate(words, 1)]
        assert len(home.memory.echoes._order) == 0


@pytest.mark.parametrize(("later", "heard"), [(60, 1), (601, 2)])
async def test_a_straggling_acknowledgement_that_was_read_leaves_ten_minutes_of_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: int, heard: int
) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        monkeypatch.setattr("store.echoes.PROMPT", 0.0)
        assert await one.deliver(text("1")) == Status.OK
        echo = next(iter(home.memory.echoes._last.values()))
        await one.until(lambda: home.memory.clock.steady() - echo.at > 20_000)
        echo.at -= later
        assert await one.deliver(text("1")) == Status.OK
        assert len(await home.heard()) == heard


async def test_what_comes_again_after_a_lost_line_is_a_copy_and_then_a_message(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        # The SMSC is gone before it can be known to have read the acknowledgement.
        assert await one.deliver(text("1")) == Status.OK
        key, echo = next(iter(home.memory.echoes._last.items()))
        home.memory.echoes._heard(key, echo, echo.number, read=False)
        one.hang_up()
        await one.until(lambda: not home.gateway.line.up)
        await one.until(lambda: home.gateway.line.up and one.bound)
        assert await one.deliver(text("1")) == Status.OK
        assert await home.heard() == ["1 1"]
        await sure(home)
        assert await one.deliver(text("1")) == Status.OK
        assert await home.heard() == ["1 1", "2 1"]


async def test_copies_are_known_after_a_restart_and_messages_too(tmp_path: Path) -> None:
    async with smsc() as one:
        async with house(tmp_path, one, sending=False) as home:
            for words in ("known", "open"):
                assert await one.deliver(text(words)) == Status.OK
            await sure(home)
            # Here the power goes before it was written that the second is known.
            await home.memory.writer.do(
                lambda database: database.rows("UPDATE echo SET known = 0 WHERE at = (SELECT max(at) FROM echo)")
            )
            rows = await home.rows("SELECT known FROM echo")
        one.bound.clear()
        async with house(tmp_path, one, sending=False) as home:
            before = len(await home.heard())
            for words in ("known", "open"):
                assert await one.deliver(text(words)) == Status.OK
            assert len(await home.heard()) - before == rows.count((1,))


async def test_what_cannot_be_committed_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        real = home.memory.turns.overhear

        async def fail(message: object) -> None:
            raise OSError(message)

        monkeypatch.setattr(home.memory.turns, "overhear", fail)
        assert await one.deliver(text("1")) == Status.APP_TEMPORARY
        monkeypatch.setattr(home.memory.turns, "overhear", real)
        assert await one.deliver(text("1")) == Status.OK
        assert await one.deliver(text("1")) == Status.OK
        assert await home.heard() == ["1 1", "2 1"]


async def test_a_message_that_nobody_answered_for_is_unknown_until_the_smsc_speaks(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one, response_timeout=0.3) as home:
        gate = asyncio.Event()
        one.held = [gate]
        await one.deliver(text("1"))
        await home.reach("unknown")
        gate.set()
        await home.reach("sent")
        # Its receipt finds it, and it went once.
        assert await one.deliver(text("", esm_class=4, short_message=b"id:m1 stat:DELIVRD")) == Status.OK
        assert await home.states() == ["delivered"]
        assert one.offered == 1


async def test_throttled_messages_wait_and_go_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.smpp.pace.FIRST", 0.01)
    async with smsc() as one, house(tmp_path, one) as home:
        one.plays = [Status.THROTTLED, Status.QUEUE_FULL, Status.OK]
        await one.deliver(text("1"))
        await one.until(lambda: one.taken)
        await home.reach("sent")
        assert (one.offered, len(one.taken)) == (3, 1)
