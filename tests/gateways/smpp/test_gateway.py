"""The gateway over the real store: messages in and out, parts, receipts, copies, and key presses in three dialects."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flows.text.paging import split_sms
from gateways.smpp.coding import read_text
from gateways.smpp.numbers import Status, Tag
from gateways.smpp.parts import Part, content, sar, with_header
from gateways.smpp.pdu import Message, Pdu, Tlv
from store.post import Letter
from tests.gateways.smpp.house import NUMBER, House, house
from tests.gateways.smpp.smsc import Smsc, smsc

LAO = "ສະບາຍດີ ນາງ ຄຳຫຼ້າ"


@pytest.fixture(autouse=True)
def _curious(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SMSC has read is asked at once and not after a second."""
    monkeypatch.setattr("gateways.smpp.session._CURIOUS", 0.0)
    monkeypatch.setattr("store.echoes._FLUSH", 0.0)


def text(words: str, *, to: str = "1600", number: str = NUMBER, **more: Any) -> Message:
    plain = words.isascii()
    octets = words.encode() if plain else words.encode("utf-16-be")
    given: dict[str, Any] = {"source_addr_ton": 1, "source_addr_npi": 1, "source_addr": number, "destination_addr": to}
    return Message(**(given | {"data_coding": 0 if plain else 8, "short_message": octets} | more))


async def sure(home: House) -> None:
    """Wait until it is known that the SMSC has read every acknowledgement."""
    async with asyncio.timeout(60):
        while any(echo.state != "known" for echo in home.memory.echoes._last.values()):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.005)
    await home.memory.echoes.flush()


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


def parts(words: str, reference: int, *, by: str = "udh") -> list[tuple[Message, tuple[Tlv, ...]]]:
    cut = [words[start : start + 60] for start in range(0, len(words), 60)]
    pieces = [Part(reference, len(cut), number) for number in range(1, len(cut) + 1)]
    if by == "sar":
        return [(text(piece), sar(part)) for piece, part in zip(cut, pieces, strict=True)]
    return [(with_header(text(piece), part), ()) for piece, part in zip(cut, pieces, strict=True)]


@pytest.mark.parametrize("by", ["udh", "sar"])
async def test_a_long_message_is_heard_when_all_of_it_is_there(tmp_path: Path, by: str) -> None:
    words = LAO * 8
    async with smsc() as one:
        first, second, third = parts(words, 7, by=by)
        async with house(tmp_path, one, sending=False) as home:
            assert await one.deliver(*third) == Status.OK
            assert await one.deliver(*first) == Status.OK
            assert await home.heard() == []
        one.bound.clear()
        # A restart lies between its parts.
        async with house(tmp_path, one, sending=False) as home:
            assert await one.deliver(*second) == Status.OK
            assert await home.heard() == [f"1 {words}"]
            # The last one again, as after a power cut before its acknowledgement.
            for echo in home.memory.echoes._last.values():
                echo.state = "open"
            assert await one.deliver(*second) == Status.OK
            assert await home.heard() == [f"1 {words}"]
            # The same reference for another message of this phone.
            for part in parts(words[::-1], 7, by=by):
                assert await one.deliver(*part) == Status.OK
            assert await home.heard() == [f"1 {words}", f"2 {words[::-1]}"]


async def test_parts_of_two_phones_do_not_mix(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        mine = parts("a" * 120, 7)
        hers = [
            (Message(**{**_fields(body), "source_addr": "8562055598765"}), tlvs) for body, tlvs in parts("b" * 120, 7)
        ]
        for part in (mine[0], hers[1], mine[1], hers[0]):
            assert await one.deliver(*part) == Status.OK
        assert await home.heard() == ["1 " + "a" * 120, "1 " + "b" * 120]


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__}


@pytest.mark.parametrize("long", ["udh", "sar", "payload"])
@pytest.mark.parametrize("words", [LAO * 10, "the quick brown fox [] " * 20])
async def test_long_messages_go_out_in_each_way(tmp_path: Path, long: str, words: str) -> None:
    async with smsc() as one, house(tmp_path, one, long=long) as home:
        await one.deliver(text("1"))
        await one.until(lambda: one.taken)
        await _queue(home, words)
        whole = split_sms(words)
        await one.until(lambda: len(one.taken) == 1 + (1 if long == "payload" else len(whole)))
        got = one.taken[1:]
        found = [content(pdu) for pdu in got]
        shown = [
            read_text(pdu.body.data_coding, each.octets, after=each.header)
            for pdu, each in zip(got, found, strict=True)
            if isinstance(pdu.body, Message)
        ]
        assert "".join(shown) == words
        if long == "payload":
            assert got[0].tlv(Tag.MESSAGE_PAYLOAD)
        else:
            assert [each.part and (each.part.number, each.part.total) for each in found] == [
                (number, len(whole)) for number in range(1, len(whole) + 1)
            ]
            assert len({each.part.reference for each in found if each.part}) == 1
            assert tuple(shown) == whole


async def _queue(home: House, words: str) -> None:
    letter = Letter("kit", _packed(NUMBER), "answer", "en", words, 2**40)

    async def run(database: Any) -> None:
        await home.memory._post.enqueue(database, [letter])

    await home.memory.writer.do(run)


def _packed(number: str) -> int:
    from store.numbers import pack_number  # noqa: PLC0415 - one use

    return pack_number(f"+{number}")


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


class Phone:
    """One dialogue over SMPP."""

    def __init__(self, one: Smsc, dialect: str, session: int) -> None:
        self.one = one
        self.dialect = dialect
        self.session = session

    def info(self, *, end: bool = False) -> Tlv:
        if self.dialect == "mica":
            return (Tag.USER_MESSAGE_REFERENCE, self.session.to_bytes(2, "big"))
        shift = 8 if self.dialect == "generic" else 1
        return (Tag.ITS_SESSION_INFO, ((self.session << shift) | end).to_bytes(2, "big"))

    async def press(self, words: str, operation: int, *, end: bool = False, coding: int = 15) -> tuple[str, bool]:
        """The screen, and whether the dialogue is over."""
        before = len(self.one.taken)
        octets = words.encode("utf-16-be") if coding == 0x48 else words.encode()
        message = Message("USSD", 1, 1, NUMBER, 0, 0, "999", data_coding=coding, short_message=octets)
        status = await self.one.deliver(message, ((Tag.USSD_SERVICE_OP, bytes([operation])), self.info(end=end)))
        assert status == Status.OK
        await self.one.until(lambda: len(self.one.taken) > before)
        return self.shown(self.one.taken[before])

    def shown(self, pdu: Pdu) -> tuple[str, bool]:
        body = pdu.body
        assert isinstance(body, Message)
        assert (body.service_type, body.source_addr, body.destination_addr) == ("USSD", "999", NUMBER)
        operation = (pdu.tlv(Tag.USSD_SERVICE_OP) or b"")[0]
        close = 0x11 if self.dialect == "generic" else 0x17
        over = operation == close
        assert operation in {0x02, close}
        assert pdu.tlv(self.info()[0]) == self.info(end=over)[1]
        return read_text(body.data_coding, body.short_message, ussd=True), over


@pytest.mark.parametrize("dialect", ["generic", "sixdee", "mica"])
async def test_a_dialogue(tmp_path: Path, dialect: str) -> None:
    async with smsc() as one, house(tmp_path, one, ussd=dialect) as home:
        phone = Phone(one, dialect, 0x42)
        assert await phone.press("*999#", 1) == ("0 ສະບາຍດີ", False)
        assert await phone.press("1", 0x12) == ("1 1", False)
        assert await phone.press("1", 0x12) == ("2 1", False)
        assert await phone.press("*", 0x12) == ("3 *", False)
        assert await phone.press("", 0x12) == ("4 ", False)
        assert await phone.press("ນາງ ຄຳຫຼ້າ", 0x12, coding=0x48) == ("5 ນາງ ຄຳຫຼ້າ", False)
        assert await phone.press("bye", 0x12) == ("6 bye", True)
        # The same session number is used again, days later or at once.
        assert await phone.press("*999*7*8#", 1) == ("2 8", False)
        assert home.gateway.line.counts["binds"] == 1


@pytest.mark.parametrize(("dialect", "operation"), [("generic", 0x13), ("sixdee", 0x81), ("mica", 0x81)])
async def test_the_end_of_a_dialogue_is_noted_twice_and_late(tmp_path: Path, dialect: str, operation: int) -> None:
    async with smsc() as one, house(tmp_path, one, ussd=dialect):
        phone = Phone(one, dialect, 3)
        await phone.press("*999#", 1)
        ended = Message("USSD", 1, 1, NUMBER, 0, 0, "999")
        for _ in range(2):
            assert await one.deliver(ended, ((Tag.USSD_SERVICE_OP, bytes([operation])), phone.info())) == Status.OK
        assert await one.deliver(ended, ((Tag.USSD_SERVICE_OP, bytes([operation])), phone.info(end=True))) == Status.OK
        assert len(one.taken) == 1


async def test_a_key_press_that_comes_again_gets_its_screen_again(tmp_path: Path) -> None:
    async with smsc() as one:
        async with house(tmp_path, one, ussd="sixdee") as home:
            phone = Phone(one, "sixdee", 5)
            await phone.press("*999#", 1)
            await phone.press("1", 0x12)
            presses: Any = home.gateway.ussd
            for dialogue in presses._dialogues.values():
                dialogue.open = True
            assert await phone.press("1", 0x12) == ("1 1", False)
        one.bound.clear()
        # After a restart nobody knows what was acknowledged: the same input soon after is a copy.
        async with house(tmp_path, one, ussd="sixdee"):
            assert await phone.press("1", 0x12) == ("1 1", False)
            assert await phone.press("2", 0x12) == ("2 2", False)
            assert await phone.press("2", 0x12) == ("3 2", False)


async def test_a_foreign_service_code_is_refused(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one, ussd="sixdee"):
        message = Message("USSD", 1, 1, NUMBER, 0, 0, "999", data_coding=15, short_message=b"*555#")
        assert await one.deliver(message, ((Tag.USSD_SERVICE_OP, b"\x01"),)) == Status.APP_REJECTED


async def test_what_was_dialled_may_stand_in_the_destination(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one, ussd="sixdee", dialled="destination"):
        message = Message("USSD", 1, 1, NUMBER, 0, 0, "*999*4#", data_coding=15, short_message=b"hello")
        tlvs = ((Tag.USSD_SERVICE_OP, b"\x01"), (Tag.ITS_SESSION_INFO, b"\x00\x02"))
        assert await one.deliver(message, tlvs) == Status.OK
        await one.until(lambda: one.taken)
        body = one.taken[0].body
        assert isinstance(body, Message)
        assert body.short_message == b"1 4"
