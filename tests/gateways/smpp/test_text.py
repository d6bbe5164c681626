"""Texts in every coding, long ones in parts, and receipts in the ways SMSCs write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.text.measure import GSM_BASIC, GSM_EXTENSION
from gateways.smpp.coding import alphabet, pack, read_gsm, read_text, unpack, write_gsm, write_text
from gateways.smpp.numbers import Tag
from gateways.smpp.parts import Content, Part, content, sar, with_header
from gateways.smpp.pdu import Message, Pdu, Tlv
from gateways.smpp.receipts import Ids, Receipt, answered_id, is_receipt, read_receipt

LAO = "ສະບາຍດີ ນາງ ຄຳຫຼ້າ"
GSM = "".join(sorted((set(GSM_BASIC) - {"\x1b"}) | set(GSM_EXTENSION)))


READING = [
    (0, b"hi @\x00\x1be", "hi ¡@€"),
    (0, b"caf\xe9", "café"),
    (1, b"hi", "hi"),
    (3, b"caf\xe9", "café"),
    (4, "ໜຶ່ງ".encode(), "ໜຶ່ງ"),
    (4, b"\xff\xfe", "\ufffd\ufffd"),
    (8, LAO.encode("utf-16-be"), LAO),
    (8, "1".encode("utf-16-be") + b"\x0e", "1\ufffd"),
    (8, b"\xff\xfe" + "ກ".encode("utf-16-le"), "ກ"),
    (8, b"\xd8\x00\x00\x31", "\ufffd1"),
    (6, "Привет".encode("iso8859_5"), "Привет"),
    (15, b"\x00\x11", "@_"),
    (0x10, b"hi", "hi"),
    (0x18, LAO.encode("utf-16-be"), LAO),
    (0x48, LAO.encode("utf-16-be"), LAO),
    (0x44, b"hi", "hi"),
    (0xC8, b"hi", "hi"),
    (0xE0, LAO.encode("utf-16-be"), LAO),
    (0xF0, b"hi", "hi"),
    (0xF1, b"\x1b\x3c", "["),
    (0xF5, b"hi \xc3\xa9", "hi é"),
    (0xF5, b"\xe9", "\ufffd"),
    (0x80, b"hi", "hi"),
]
"""A data_coding, octets, and what they say."""


@pytest.mark.parametrize(("data_coding", "octets", "text"), READING)
def test_reading(data_coding: int, octets: bytes, text: str) -> None:
    assert read_text(data_coding, octets) == text


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (0x0F, b"1", "1"),
        (0x11, b"\x6c\x37" + LAO.encode("utf-16-be"), LAO),
        (0x10, b"en\rhello", "hello"),
        (0x48, LAO.encode("utf-16-be"), LAO),
        (0x25, b"hi", "hi"),
    ],
)
def test_reading_what_a_cell_broadcast_would_be(data_coding: int, octets: bytes, text: str) -> None:
    assert read_text(data_coding, octets, ussd=True) == text


def test_every_data_coding_has_an_alphabet() -> None:
    for data_coding in range(256):
        for ussd in (False, True):
            name = alphabet(data_coding, ussd=ussd)
            assert isinstance(read_text(data_coding, b"1", ussd=ussd), str), name
    assert alphabet(0, default="latin1") == "latin1"


@given(st.text(GSM, max_size=200))
@settings(max_examples=100)
def test_every_text_of_the_alphabet_comes_back(text: str) -> None:
    assert read_gsm(write_gsm(text)) == text
    for after in (0, 6, 7):
        assert read_text(
            0, write_text(text, "gsm7-packed", after=after), default="gsm7-packed", after=after
        ).startswith(text)


@given(st.binary(max_size=200).map(lambda data: bytes(octet & 0x7F for octet in data)), st.integers(0, 6))
@settings(max_examples=150)
def test_packing(septets: bytes, fill: int) -> None:
    packed = pack(septets, fill=fill)
    assert len(packed) == (fill + 7 * len(septets) + 7) // 8
    assert unpack(packed, fill=fill)[: len(septets)] == septets


def test_packing_as_the_standard_shows_it() -> None:
    assert pack(b"hellohello").hex() == "e8329bfd4697d9ec37"
    # Seven septets leave seven bits: a USSD string fills them with a CR, which is not read as an @.
    assert pack(b"1234567", ussd=True)[-1] >> 1 == 0x0D
    assert unpack(pack(b"1234567", ussd=True), ussd=True) == b"1234567"
    assert unpack(pack(b"1234567")) == b"1234567\x00"
    # One hundred and eighty-two septets fill a hundred and sixty octets.
    assert len(pack(bytes(182))) == 160
    assert len(pack(bytes(183))) == 161


def test_what_an_alphabet_has_no_place_for() -> None:
    assert write_text("ກa", "gsm7") == b"?a"
    assert write_text("ກa", "latin1") == b"?a"
    assert write_text("a`", "gsm7") == b"a?"


def deliver(octets: bytes = b"", esm_class: int = 0, tlvs: tuple[Tlv, ...] = ()) -> Pdu:
    return Pdu(5, 1, 0, Message(short_message=octets, esm_class=esm_class), tlvs)


@pytest.mark.parametrize(
    ("pdu", "found"),
    [
        (deliver(b"hi"), Content(b"hi")),
        (deliver(b"\x05\x00\x03\xaa\x02\x01hi", 0x40), Content(b"hi", 6, Part(0xAA, 2, 1))),
        (deliver(b"\x06\x08\x04\xaa\xbb\x03\x02hi", 0x40), Content(b"hi", 7, Part(0xAABB, 3, 2, wide=True))),
        # A port number stands before the part.
        (deliver(b"\x0b\x05\x04\x0b\x84\x23\xf0\x00\x03\x01\x02\x02hi", 0x40), Content(b"hi", 12, Part(1, 2, 2))),
        # Part 0, part 3 of 2, and one of one are whole messages; a header that is broken is text.
        (deliver(b"\x05\x00\x03\xaa\x02\x00hi", 0x40), Content(b"hi", 6)),
        (deliver(b"\x05\x00\x03\xaa\x02\x03hi", 0x40), Content(b"hi", 6)),
        (deliver(b"\x05\x00\x03\xaa\x01\x01hi", 0x40), Content(b"hi", 6)),
        (deliver(b"\x7fhi", 0x40), Content(b"\x7fhi")),
        (deliver(b"\x02\x00\x03hi", 0x40), Content(b"\x02\x00\x03hi")),
        (deliver(b"", 0x40), Content(b"")),
        (deliver(b"", 0, ((Tag.MESSAGE_PAYLOAD, b"long"),)), Content(b"long")),
        (deliver(b"\x05\x00\x03\xaa\x02\x01", 0x40, ((Tag.MESSAGE_PAYLOAD, b"x"),)), Content(b"", 6, Part(0xAA, 2, 1))),
        (deliver(b"hi", 0, sar(Part(7, 3, 2))), Content(b"hi", 0, Part(7, 3, 2, wide=True))),
        (deliver(b"hi", 0, sar(Part(7, 3, 2))[:2]), Content(b"hi")),
        (deliver(b"hi", 0, ((0x020C, b""), (0x020E, b""), (0x020F, b""))), Content(b"hi")),
        (Pdu(0x15, 1), Content(b"")),
    ],
)
def test_what_a_message_carries(pdu: Pdu, found: Content) -> None:
    assert content(pdu) == found


@given(st.integers(0, 0xFFFF), st.integers(2, 255), st.data(), st.booleans())
@settings(max_examples=60)
def test_parts_come_back(reference: int, total: int, data: st.DataObject, wide: bool) -> None:
    part = Part(reference if wide else reference & 0xFF, total, data.draw(st.integers(1, total)), wide)
    whole = with_header(Message(short_message=b"text"), part)
    assert content(Pdu(4, 1, 0, whole)).part == part
    assert content(Pdu(4, 1, 0, Message(), sar(part))).part == Part(part.reference, total, part.number, wide=True)


STATE, ID, NETWORK = Tag.MESSAGE_STATE, Tag.RECEIPTED_MESSAGE_ID, Tag.NETWORK_ERROR_CODE
PLAIN = "id:m1 sub:001 dlvrd:001 submit date:2611290312 done date:2611290313 stat:{} err:{} text:hi"


@pytest.mark.parametrize(
    ("text", "tlvs", "ids", "receipt"),
    [
        (PLAIN.format("DELIVRD", "000"), (), "same", Receipt("m1", "delivered")),
        (PLAIN.format("UNDELIV", "021"), (), "same", Receipt("m1", "failed", "undeliverable-021")),
        (PLAIN.format("EXPIRED", "000"), (), "same", Receipt("m1", "failed", "expired")),
        (PLAIN.format("REJECTD", "88"), (), "same", Receipt("m1", "failed", "rejected-88")),
        (PLAIN.format("ACCEPTD", "000"), (), "same", Receipt("m1", "sent")),
        (PLAIN.format("ENROUTE", "000"), (), "same", Receipt("m1", "sent")),
        (PLAIN.format("UNKNOWN", "000"), (), "same", Receipt("m1", "unknown")),
        (PLAIN.format("SOMETHING", "000"), (), "same", Receipt("m1", "unknown")),
        # Capitals, quotes, equals signs, blanks, another order, no text, dates in words.
        ('ID:"M1" STAT:"DELIVRD"', (), "same", Receipt("m1", "delivered")),
        ("id = m1; stat = DELIVRD; err = 0", (), "same", Receipt("m1", "delivered")),
        ("stat:DELIVRD id:m1", (), "same", Receipt("m1", "delivered")),
        ("id:m1 submit date:29 ພະຈິກ 26 03:12 done date:29 nov. 26, 03:13 stat:DELIVERED err:0", (), "same",
         Receipt("m1", "delivered")),
        # What the text quotes is not the receipt's.
        ("id:m1 stat:DELIVRD err:000 text:id:m2 stat:UNDELIV", (), "same", Receipt("m1", "delivered")),
        # Cut off.
        ("id:m1 sub:001 dlvrd:001 submit date:2611290312 done date:2611290313 stat:DELI", (), "same",
         Receipt("m1", "delivered")),
        ("id:m1 stat:DEL", (), "same", Receipt("m1", "unknown")),
        ("id:m1 sub:001 dlvrd:0", (), "same", Receipt("m1", "unknown")),
        ("", (), "same", Receipt("", "unknown")),
        # Parameters count more than the text.
        ("", ((ID, b"m1\0"), (STATE, b"\x02")), "same", Receipt("m1", "delivered")),
        ("", ((ID, b"M1"), (STATE, b"\x05"), (NETWORK, b"\x03\x00\x15")), "same",
         Receipt("m1", "failed", "undeliverable-3.21")),
        (PLAIN.format("DELIVRD", "000"), ((ID, b"x\0"), (STATE, b"\x08")), "same", Receipt("x", "failed", "rejected")),
        (PLAIN.format("DELIVRD", "000"), ((STATE, b"\x63"),), "same", Receipt("m1", "delivered")),
        # Hexadecimal on one side and decimal on the other.
        ("id:0000000255 stat:DELIVRD", (), "hex-in-answer", Receipt("ff", "delivered")),
        ("id:00FF stat:DELIVRD", (), "decimal-in-answer", Receipt("255", "delivered")),
        ("id:zz stat:DELIVRD", (), "decimal-in-answer", Receipt("zz", "delivered")),
    ],
)  # fmt: skip
def test_receipts(text: str, tlvs: tuple[Tlv, ...], ids: Ids, receipt: Receipt) -> None:
    octets = text.encode("utf-8")
    pdu = deliver(octets, 0x04, tlvs)
    assert is_receipt(pdu)
    assert read_receipt(pdu, octets, ids) == receipt


@pytest.mark.parametrize(
    ("answered", "ids", "kept"),
    [
        ("M1", "same", "m1"),
        ("0000FF", "hex-in-answer", "ff"),
        ("000255", "decimal-in-answer", "255"),
        ("not a number", "hex-in-answer", ""),
        ("g1", "hex-in-answer", "g1"),
    ],
)
def test_ids_of_answers_are_written_as_receipts_name_them(answered: str, ids: Ids, kept: str) -> None:
    assert answered_id(answered, ids) == kept


def test_a_message_that_looks_like_a_receipt_is_a_message() -> None:
    assert not is_receipt(deliver(PLAIN.format("DELIVRD", "000").encode()))
    assert is_receipt(deliver(b"", 0x20))
    # A word in between takes nothing back.
    assert read_receipt(deliver(b"", 0x20), b"id:m1 stat:UNDELIV").state == "sent"
