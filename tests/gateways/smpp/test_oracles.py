"""Byte for byte what three other libraries write, which know nothing of ours: smpplib, smpp.pdu3, smpp34."""

import io
from typing import Any

import smpp34
import smpplib.smpp
from hypothesis import given, settings
from hypothesis import strategies as st
from smpp.pdu.pdu_encoding import PDUEncoder

from gateways.smpp.numbers import Command, Tag
from gateways.smpp.pdu import Bind, Bound, Message, Pdu, Taken, decode, encode

DIGITS = st.text("0123456789", max_size=20)
WORD = st.text("abcXYZ0129", max_size=8)
NPI = st.sampled_from([0, 1, 3, 4, 6, 8, 9, 10, 14, 18])
# A number of the tag, its name in smpplib, octets, and values.
TLVS: dict[int, tuple[str, int, st.SearchStrategy[int]]] = {
    Tag.USER_MESSAGE_REFERENCE: ("user_message_reference", 2, st.integers(1, 0xFFFF)),
    Tag.SOURCE_PORT: ("source_port", 2, st.integers(1, 0xFFFF)),
    Tag.SAR_REFERENCE: ("sar_msg_ref_num", 2, st.integers(1, 0xFFFF)),
    Tag.SAR_TOTAL: ("sar_total_segments", 1, st.integers(1, 255)),
    Tag.SAR_NUMBER: ("sar_segment_seqnum", 1, st.integers(1, 255)),
}


@st.composite
def messages(draw: st.DrawFn) -> Message:
    return Message(
        service_type=draw(st.sampled_from(["", "CMT", "WAP", "USSD"])),
        source_addr_ton=draw(st.integers(0, 6)),
        source_addr_npi=draw(NPI),
        source_addr=draw(DIGITS),
        dest_addr_ton=draw(st.integers(0, 6)),
        dest_addr_npi=draw(NPI),
        destination_addr=draw(DIGITS),
        esm_class=draw(st.sampled_from([0, 0x40, 0x04, 0x20, 0x43, 0x80])),
        protocol_id=draw(st.integers(0, 255)),
        priority_flag=draw(st.integers(0, 3)),
        registered_delivery=draw(st.sampled_from([0, 1, 2, 17])),
        replace_if_present_flag=draw(st.integers(0, 1)),
        data_coding=draw(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 0xF0, 0xF1, 0xF5, 0xF6])),
        sm_default_msg_id=draw(st.integers(0, 254)),
        short_message=draw(st.binary(max_size=254)),
    )


@st.composite
def parameters(draw: st.DrawFn) -> tuple[tuple[int, bytes], ...]:
    chosen = draw(st.lists(st.sampled_from(list(TLVS)), unique=True, max_size=len(TLVS)))
    return tuple((tag, draw(TLVS[tag][2]).to_bytes(TLVS[tag][1], "big")) for tag in TLVS if tag in chosen)


class Numbers:
    """What smpplib asks for a sequence_number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def next_sequence(self) -> int:
        return self.number


def of_smpplib(pdu: Pdu, name: str) -> bytes:
    """The same PDU, made and written by smpplib."""
    body: Any = pdu.body
    values = {key: getattr(body, key) for key in body.__struct_fields__}
    values |= {TLVS[tag][0]: int.from_bytes(value, "big") for tag, value in pdu.tlvs}
    made = smpplib.smpp.make_pdu(name, client=Numbers(pdu.sequence), **values)
    return bytes(made.generate())


def of_smpp34(pdu: Pdu) -> bytes:
    """The same PDU, made and written by smpp34."""
    body: Any = pdu.body
    values = {key: getattr(body, key) for key in body.__struct_fields__}
    kind = smpp34.SubmitSm if pdu.command == Command.SUBMIT_SM else smpp34.DeliverSm
    tlvs = [smpp34.Tlv(tag, value) for tag, value in pdu.tlvs]
    return bytes(kind(**values, tlvs=tlvs, sequence_number=pdu.sequence).encode())


def through_pdu3(data: bytes) -> tuple[Any, bytes]:
    """The PDU as smpp.pdu3 reads it, and as it writes it again."""
    coder = PDUEncoder()
    read = coder.decode(io.BytesIO(data))
    return read, coder.encode(read)


@given(st.sampled_from([Command.SUBMIT_SM, Command.DELIVER_SM]), st.integers(1, 0x7FFFFFFF), messages(), parameters())
@settings(max_examples=100, deadline=None)
def test_messages(command: Command, sequence: int, body: Message, tlvs: tuple[tuple[int, bytes], ...]) -> None:
    pdu = Pdu(command, sequence, 0, body, tlvs)
    ours = encode(pdu)
    name = command.name.lower()
    theirs = of_smpplib(pdu, name)
    assert decode(theirs) == Pdu(command, sequence, 0, body, decode(theirs).tlvs)
    assert sorted(decode(theirs).tlvs) == sorted(tlvs)
    if len(tlvs) < 2:  # the order of several is each library's own
        assert theirs == ours
    read, again = through_pdu3(ours)
    assert read.params["source_addr"] == body.source_addr.encode()
    assert read.params["short_message"] == body.short_message
    assert read.seqNum == sequence
    if len(tlvs) < 2:
        assert again == ours


@given(
    st.sampled_from([Command.SUBMIT_SM, Command.DELIVER_SM]),
    st.integers(1, 0x7FFFFFFF),
    messages(),
    st.lists(st.tuples(st.integers(1, 0x3FFF), st.binary(max_size=30)), max_size=4),
)
@settings(max_examples=100, deadline=None)
def test_messages_with_any_parameters_in_their_order(
    command: Command, sequence: int, body: Message, tlvs: list[tuple[int, bytes]]
) -> None:
    pdu = Pdu(command, sequence, 0, body, tuple(tlvs))
    assert encode(pdu) == of_smpp34(pdu)


def test_the_parameters_of_ussd() -> None:
    body = Message(service_type="USSD", source_addr="8562055512345", destination_addr="999", data_coding=15)
    pdu = Pdu(Command.DELIVER_SM, 1, 0, body, ((Tag.USSD_SERVICE_OP, b"\x12"), (Tag.ITS_SESSION_INFO, b"\x80\xff")))
    assert encode(pdu) == of_smpp34(pdu)


@given(
    st.sampled_from([Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER]),
    st.integers(1, 0x7FFFFFFF),
    st.builds(Bind, WORD, WORD, WORD, st.just(0x34), st.integers(0, 6), NPI, DIGITS),
)
@settings(max_examples=60, deadline=None)
def test_binds(command: Command, sequence: int, body: Bind) -> None:
    pdu = Pdu(command, sequence, 0, body)
    assert encode(pdu) == of_smpplib(pdu, command.name.lower())
    assert encode(pdu) == through_pdu3(encode(pdu))[1]


@given(st.integers(1, 0x7FFFFFFF), WORD)
@settings(max_examples=30, deadline=None)
def test_answers(sequence: int, word: str) -> None:
    for pdu in (
        Pdu(Command.SUBMIT_SM_RESP, sequence, 0, Taken(word)),
        Pdu(Command.DELIVER_SM_RESP, sequence, 0, Taken()),
        Pdu(Command.BIND_TRANSCEIVER_RESP, sequence, 0, Bound(word)),
        Pdu(Command.ENQUIRE_LINK, sequence),
        Pdu(Command.ENQUIRE_LINK_RESP, sequence),
        Pdu(Command.UNBIND, sequence),
        Pdu(Command.UNBIND_RESP, sequence),
        Pdu(Command.GENERIC_NACK, sequence, 3),
    ):
        assert through_pdu3(encode(pdu))[1] == encode(pdu)


def test_smpplib_reads_what_is_written() -> None:
    body = Message(source_addr="8562055512345", destination_addr="1600", short_message=b"hello", data_coding=8)
    read: Any = smpplib.smpp.parse_pdu(encode(Pdu(Command.SUBMIT_SM, 5, 0, body)), client=Numbers(5))
    assert (read.source_addr, read.destination_addr, read.short_message) == (b"8562055512345", b"1600", b"hello")
    assert (read.sequence, read.data_coding) == (5, 8)
