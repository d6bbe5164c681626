"""Long messages over the real store, in both directions."""

from pathlib import Path
from typing import Any

import pytest

from flows.text.paging import split_sms
from gateways.smpp.coding import read_text
from gateways.smpp.numbers import Status, Tag
from gateways.smpp.parts import Part, content, sar, with_header
from gateways.smpp.pdu import Message, Tlv
from tests.gateways.smpp.house import house
from tests.gateways.smpp.said import LAO, queue, text
from tests.gateways.smpp.smsc import smsc

pytestmark = pytest.mark.usefixtures("curious")


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
        await queue(home, words)
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
