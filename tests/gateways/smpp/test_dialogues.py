"""Key presses over SMPP and the real store, in three dialects."""

from pathlib import Path
from typing import Any

import pytest

from gateways.smpp.coding import read_text
from gateways.smpp.numbers import Status, Tag
from gateways.smpp.pdu import Message, Pdu, Tlv
from tests.gateways.smpp.house import NUMBER, House, house
from tests.gateways.smpp.smsc import Smsc, smsc

pytestmark = pytest.mark.usefixtures("curious")


class Phone:
    """One dialogue over SMPP."""

    def __init__(self, one: Smsc, dialect: str, session: int) -> None:
        self.one = one
        self.dialect = dialect
        self.session = session
        self.unit = 0

    def info(self, *, end: bool = False) -> Tlv:
        if self.dialect == "mica":
            return (Tag.USER_MESSAGE_REFERENCE, self.session.to_bytes(2, "big"))
        shift = 8 if self.dialect == "generic" else 1
        return (Tag.ITS_SESSION_INFO, ((self.session << shift) | (self.unit << 1) | end).to_bytes(2, "big"))

    async def press(self, words: str, operation: int, *, end: bool = False, coding: int = 15) -> tuple[str, bool]:
        """The screen, and whether the dialogue is over."""
        before = len(self.screens())
        octets = words.encode("utf-16-be") if coding == 0x48 else words.encode()
        message = Message("USSD", 1, 1, NUMBER, 0, 0, "999", data_coding=coding, short_message=octets)
        status = await self.one.deliver(message, ((Tag.USSD_SERVICE_OP, bytes([operation])), self.info(end=end)))
        assert status == Status.OK
        await self.one.until(lambda: len(self.screens()) > before)
        return self.shown(self.screens()[before])

    def screens(self) -> list[Pdu]:
        """What came as a screen; a reminder by SMS comes whenever it comes."""
        return [pdu for pdu in self.one.taken if isinstance(pdu.body, Message) and pdu.body.service_type]

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


async def doubt(one: Smsc, home: House) -> None:
    """As if the line had been lost with the acknowledgements; what is known of them is known first."""
    presses: Any = home.gateway.ussd
    await one.until(lambda: not any(dialogue.open for dialogue in presses._dialogues.values()))
    for dialogue in presses._dialogues.values():
        dialogue.open = True


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
        assert home.gateway.line.tally.counts["binds"] == 1


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
            await doubt(one, home)
            assert await phone.press("1", 0x12) == ("1 1", False)
        one.bound.clear()
        # After a restart nobody knows what was acknowledged: the same input soon after is a copy.
        async with house(tmp_path, one, ussd="sixdee"):
            assert await phone.press("1", 0x12) == ("1 1", False)
            assert await phone.press("2", 0x12) == ("2 2", False)
            assert await phone.press("2", 0x12) == ("3 2", False)


async def test_a_key_press_that_comes_again_and_again_is_one(tmp_path: Path) -> None:
    """The node is new, the press is new, and its acknowledgement is lost with the line."""
    async with smsc() as one:
        phone = Phone(one, "sixdee", 5)
        async with house(tmp_path, one, ussd="sixdee"):
            await phone.press("*999#", 1)
            await phone.press("1", 0x12)
        one.bound.clear()
        async with house(tmp_path, one, ussd="sixdee") as home:
            assert await phone.press("2", 0x12) == ("2 2", False)
            for _ in range(2):
                await doubt(one, home)
                assert await phone.press("2", 0x12) == ("2 2", False)
            presses: Any = home.gateway.ussd
            await one.until(lambda: not any(dialogue.open for dialogue in presses._dialogues.values()))
            assert await phone.press("2", 0x12) == ("3 2", False)
            assert await phone.press("2", 0x12) == ("4 2", False)


async def test_where_presses_are_counted_the_same_key_after_a_restart_is_another(tmp_path: Path) -> None:
    async with smsc() as one:
        phone = Phone(one, "generic", 5)
        async with house(tmp_path, one, ussd="generic"):
            await phone.press("*999#", 1)
            phone.unit = 1
            assert await phone.press("1", 0x12) == ("1 1", False)
        one.bound.clear()
        async with house(tmp_path, one, ussd="generic"):
            assert await phone.press("1", 0x12) == ("1 1", False)
            phone.unit = 2
            assert await phone.press("1", 0x12) == ("2 1", False)


async def test_who_loses_the_line_after_the_first_screen_dials_again_and_goes_on(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one, ussd="sixdee"):
        phone = Phone(one, "sixdee", 3)
        await phone.press("*999#", 1)
        ended = Message("USSD", 1, 1, NUMBER, 0, 0, "999")
        assert await one.deliver(ended, ((Tag.USSD_SERVICE_OP, b"\x81"), phone.info())) == Status.OK
        assert await phone.press("*999#", 1) == ("0 ສະບາຍດີ", False)
        assert await phone.press("1", 0x12) == ("1 1", False)


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
