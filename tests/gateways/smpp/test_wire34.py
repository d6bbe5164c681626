"""What SMPP asks for, over the wire with smpp34 as SMSC: binds, window, refusals, codings, parts, receipts, silence."""

import signal
from pathlib import Path
from typing import Any

import pytest

from gateways.smpp.coding import read_text
from gateways.smpp.numbers import Status, Tag
from tests.gateways.smpp.house import House, house
from tests.gateways.smpp.said import queue
from tests.gateways.smpp.test_smpp34 import LAO, other
from tests.gateways.smpp.test_text import READING

pytestmark = pytest.mark.slow

RECEIPT = "id:{} sub:001 dlvrd:001 submit date:2611290312 done date:2611290313 stat:{} err:{} text:"


@pytest.mark.parametrize("bind", ["transceiver", "transmitter"])
async def test_each_way_to_bind_that_sends(tmp_path: Path, bind: str) -> None:
    """Not those with a receiver: smpp34 refuses its acknowledgements (`test_binds.py` has npm's for them)."""
    async with other() as smsc, house(tmp_path, smsc, bind=bind) as home:
        await smsc.until(lambda: smsc.found("bound"))
        assert smsc.found("bound")[0]["receives"] is (bind == "transceiver")
        await queue(home, "hello")
        await smsc.until(lambda: smsc.found("id"))
        assert read_text(0, bytes.fromhex(smsc.found("id")[0]["octets"])) == "hello"


async def test_no_more_wait_than_the_window_has(tmp_path: Path) -> None:
    async with other() as smsc, house(tmp_path, smsc, outstanding=5) as home:
        await smsc.order(hold=5)
        for number in range(12):
            # To as many phones, for one phone's messages go one after the other.
            await queue(home, "hello", f"85620551{number:05}")
        await home.reach(*["sent"] * 12)
        assert [one["waited"] for one in smsc.found("waited")] == [5]


async def test_what_is_refused_for_now_goes_once_and_what_is_refused_for_good_does_not(tmp_path: Path) -> None:
    async with other() as smsc, house(tmp_path, smsc) as home:
        await smsc.order(plays=[Status.THROTTLED, Status.QUEUE_FULL])
        await queue(home, "a")
        await home.reach("sent")
        await smsc.order(plays=[Status.INVALID_DESTINATION])
        await queue(home, "b")
        await home.reach("sent", "failed")
        assert len(smsc.found("refused")) == 3
        assert len(smsc.found("id")) == 1


async def test_what_cannot_be_committed_is_not_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with other() as smsc, house(tmp_path, smsc, sending=False) as home:

        async def fail(message: object) -> None:
            raise OSError(message)

        with monkeypatch.context() as broken:
            broken.setattr(home.memory.turns, "overhear", fail)
            assert await smsc.deliver(b"hello") == Status.APP_TEMPORARY
        assert await smsc.deliver(b"hello") == 0
        assert await home.heard() == ["1 hello"]


async def test_every_coding(tmp_path: Path) -> None:
    async with other() as smsc, house(tmp_path, smsc, sending=False) as home:
        for data_coding, octets, _ in READING:
            assert await smsc.deliver(octets, data_coding=data_coding) == 0
        assert await home.heard() == [f"{number} {text}" for number, (_, _, text) in enumerate(READING, 1)]


def tlv(tag: int, value: bytes) -> tuple[int, str]:
    return tag, value.hex()


def sar(number: int, total: int) -> list[tuple[int, str]]:
    return [
        tlv(Tag.SAR_REFERENCE, b"\x01\x07"),
        tlv(Tag.SAR_TOTAL, bytes([total])),
        tlv(Tag.SAR_NUMBER, bytes([number])),
    ]


async def test_long_ones_from_phones_over_a_restart(tmp_path: Path) -> None:
    """By 16-bit references, by SAR, as a payload, and with parameters that nobody knows."""
    words = [LAO[start : start + 9].encode("utf-16-be") for start in range(0, len(LAO), 9)]
    total = len(words)
    async with other() as smsc:
        order = [2, *range(3, total + 1), 1]
        async with house(tmp_path, smsc, sending=False) as home:
            for number in order[:-1]:
                header = bytes([6, 8, 4, 1, 7, total, number])
                assert await smsc.deliver(header + words[number - 1], esm_class=0x40, data_coding=8) == 0
                assert await smsc.deliver(words[number - 1], data_coding=8, tlvs=sar(number, total), to="1601") == 0
            assert await home.heard() == []
        binds = len(smsc.found("bound"))
        async with house(tmp_path, smsc, sending=False) as home:
            await smsc.until(lambda: len(smsc.found("bound")) > binds)
            header = bytes([6, 8, 4, 1, 7, total, 1])
            assert await smsc.deliver(header + words[0], esm_class=0x40, data_coding=8) == 0
            assert await smsc.deliver(words[0], data_coding=8, tlvs=sar(1, total), to="1601") == 0
            payload = [
                tlv(Tag.MESSAGE_PAYLOAD, (LAO * 9).encode("utf-16-be")),
                tlv(0x1401, b"\xff\0"),
                tlv(0x3FFF, b""),
            ]
            assert await smsc.deliver(b"", data_coding=8, tlvs=payload) == 0
            assert await home.heard() == [f"1 {LAO}", f"2 {LAO}", f"3 {LAO * 9}"]


@pytest.mark.parametrize(("long", "tag"), [("sar", Tag.SAR_NUMBER), ("payload", Tag.MESSAGE_PAYLOAD)])
async def test_long_ones_to_phones(tmp_path: Path, long: str, tag: int) -> None:
    async with other() as smsc, house(tmp_path, smsc, long=long) as home:
        await queue(home, LAO * 9)
        await home.reach("sent")
        taken: list[dict[int, str]] = [dict(one["tlvs"]) for one in smsc.found("id")]
        texts = [bytes.fromhex(one["octets"]) for one in smsc.found("id")]
        if long == "sar":
            assert [int(found[tag], 16) for found in taken] == list(range(1, len(taken) + 1))
            assert len({found[Tag.SAR_REFERENCE] for found in taken}) == 1
        else:
            (texts[0],) = [bytes.fromhex(found[tag]) for found in taken]
        assert b"".join(texts).decode("utf-16-be") == LAO * 9


@pytest.mark.parametrize("ids", ["same", "hex-in-answer"])
async def test_receipts_in_their_dialects(tmp_path: Path, ids: str) -> None:
    async with other() as smsc, house(tmp_path, smsc, receipt_ids=ids) as home:
        for number in range(10):
            await queue(home, f"letter {number}")
        await home.reach(*["sent"] * 10)

        async def receipt(text: str, *tlvs: tuple[int, str]) -> None:
            assert await smsc.deliver(text.encode(), esm_class=4, tlvs=tlvs) == 0

        tenth = "a" if ids == "same" else "0000000010"
        await receipt(RECEIPT.format("1", "DELIVRD", "000"))
        await receipt(RECEIPT.format("2", "UNDELIV", "021"))
        await receipt('ID:"3" STAT:"DELIVRD"')
        await receipt("stat = EXPIRED; id = 4")
        await receipt("", tlv(Tag.RECEIPTED_MESSAGE_ID, b"5\0"), tlv(Tag.MESSAGE_STATE, b"\x02"))
        network = tlv(Tag.NETWORK_ERROR_CODE, b"\x03\x00\x15")
        await receipt("", tlv(Tag.RECEIPTED_MESSAGE_ID, b"6\0"), tlv(Tag.MESSAGE_STATE, b"\x08"), network)
        await receipt(RECEIPT.format("7", "ACCEPTD", "000"))
        await receipt(RECEIPT.format("8", "SOMETHING", "000"))
        await receipt(RECEIPT.format(tenth, "DELIVRD", "000"))
        states = await by_letter(home)
    reached = {0: "delivered", 1: "failed", 2: "delivered", 3: "failed", 4: "delivered", 5: "failed", 9: "delivered"}
    assert states == [reached.get(number, "sent") for number in range(10)]


async def by_letter(home: House) -> list[str]:
    """The states in the order in which the SMSC named the messages."""
    rows: list[Any] = await home.rows("SELECT gateway_id, state FROM message")
    return [state for _, state in sorted((int(name, 16), state) for name, state in rows)]


async def test_the_smsc_unbinds_and_falls_silent(tmp_path: Path) -> None:
    """After either the line stands again, and what comes then is heard."""
    async with other() as smsc, house(tmp_path, smsc, enquire_link=0.3, response_timeout=5) as home:
        await smsc.order(unbind=True)
        await smsc.until(lambda: len(smsc.found("bound")) == 2)
        assert await smsc.deliver(b"hello") == 0
        # An SMSC that answers keeps the line however little is said on it.
        session = next(iter(home.gateway.line._sessions.values()))
        read = session.counts["in"]
        await smsc.until(lambda: session.counts["in"] >= read + 3)
        assert len(smsc.found("bound")) == 2
        smsc.process.send_signal(signal.SIGSTOP)
        await smsc.until(lambda: not home.gateway.line.up)
        smsc.process.send_signal(signal.SIGCONT)
        # It finds what was tried in its absence first, and lets go of it.
        await smsc.until(lambda: home.gateway.line.up and len(smsc.found("bound")) == len(smsc.found("unbound")) + 1)
        while await smsc.deliver(b"hello again"):
            pass
        assert await home.heard() == ["1 hello", "2 hello again"]
