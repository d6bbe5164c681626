"""PDUs go out as bytes and come back the same; whatever else comes is one fault that says what to answer."""

import pytest
from hypothesis import given, settings

from gateways.smpp.faults import PduFault
from gateways.smpp.framing import Frames
from gateways.smpp.numbers import LAST_SEQUENCE, Command, Status, Tag
from gateways.smpp.pdu import Asked, Bind, Message, Pdu, Taken, answer, decode, encode, next_sequence
from tests.gateways.smpp.shapes import pdus

USSD = Message(service_type="USSD", source_addr="8562055512345", destination_addr="999", data_coding=15)


@given(pdus())
@settings(max_examples=150)
def test_every_pdu_comes_back_as_it_went(pdu: Pdu) -> None:
    assert decode(encode(pdu)) == pdu


def test_a_pdu_byte_for_byte() -> None:
    pdu = Pdu(Command.DELIVER_SM, 7, 0, USSD, ((Tag.USSD_SERVICE_OP, b"\x01"), (Tag.ITS_SESSION_INFO, b"\x80\x01")))
    assert encode(pdu).hex() == (
        "00000040" "00000005" "00000000" "00000007"
        "5553534400" "0000" "3835363230353535313233343500" "0000" "39393900"
        "000000" "00" "00" "00" "00" "0f" "00" "00"
        "0501000101" "138300028001"
    )  # fmt: skip


def test_unknown_parameters_stay_as_they_came_and_in_their_order() -> None:
    tlvs = ((0x1400, b"\xff\x00"), (0x1383, b"\x80\x81"), (0x1400, b""), (0x0501, b"\x63"))
    assert decode(encode(Pdu(Command.SUBMIT_SM, 1, 0, USSD, tlvs))).tlvs == tlvs


def test_what_is_no_parameter_is_kept_and_the_message_is_not_lost() -> None:
    whole = encode(Pdu(Command.DELIVER_SM, 1, 0, USSD, ((0x0501, b"\x01"),), b"\x05\x01\x00\x09x"))
    assert decode(whole).rest == b"\x05\x01\x00\x09x"
    assert decode(whole).tlv(0x0501) == b"\x01"


def test_an_answer_may_lack_its_body_or_the_end_of_it() -> None:
    bare = encode(Pdu(Command.SUBMIT_SM_RESP, 1, Status.THROTTLED))
    assert decode(bare).body is None
    cut = bytes.fromhex("00000013800000040000000000000001") + b"abc"
    assert decode(cut).body == Taken("abc")
    assert decode(encode(answer(Pdu(Command.DELIVER_SM, 9, 0, USSD)))) == Pdu(Command.DELIVER_SM_RESP, 9, 0, Taken())


def _message(body: Message, *, sequence: int = 5) -> bytes:
    return encode(Pdu(Command.DELIVER_SM, sequence, 0, body))


@pytest.mark.parametrize(
    ("data", "status", "sequence"),
    [
        (b"", Status.INVALID_LENGTH, 0),
        (b"\0\0\0\x10\0\0\0\x15", Status.INVALID_LENGTH, 0),
        (bytes.fromhex("00000010000000990000000000000003"), Status.INVALID_COMMAND, 3),
        (bytes.fromhex("00000010000000050000000000000004"), Status.INVALID_SERVICE_TYPE, 4),
        (bytes.fromhex("00000011000000150000000000000004"), Status.INVALID_LENGTH, 4),
        (bytes.fromhex("00000017000000050000000000000004") + b"TOOLONG", Status.INVALID_SERVICE_TYPE, 4),
        (bytes.fromhex("00000029000000050000000000000004000000") + b"9" * 22, Status.INVALID_SOURCE, 4),
    ],
)
def test_bytes_that_are_none(data: bytes, status: int, sequence: int) -> None:
    with pytest.raises(PduFault) as caught:
        decode(data)
    assert (caught.value.status, caught.value.sequence) == (status, sequence)


@pytest.mark.parametrize("cut", range(1, 40))
def test_every_cut_of_a_message_is_a_fault_with_its_number(cut: int) -> None:
    whole = _message(Message(source_addr="8562055512345", destination_addr="1600", short_message=b"hello"))
    data = bytearray(whole[: len(whole) - cut])
    data[:4] = len(data).to_bytes(4, "big")
    with pytest.raises(PduFault) as caught:
        decode(bytes(data))
    assert (caught.value.command, caught.value.sequence) == (Command.DELIVER_SM, 5)


@pytest.mark.parametrize(
    ("command", "body", "status"),
    [
        (Command.SUBMIT_SM, Message(service_type="LONGER"), Status.INVALID_SERVICE_TYPE),
        (Command.SUBMIT_SM, Message(source_addr="9" * 21), Status.INVALID_SOURCE),
        (Command.SUBMIT_SM, Message(destination_addr="9" * 21), Status.INVALID_DESTINATION),
        (Command.SUBMIT_SM, Message(destination_addr="9\x009"), Status.INVALID_DESTINATION),
        (Command.SUBMIT_SM, Message(short_message=b"x" * 255), Status.INVALID_MESSAGE_LENGTH),
        (Command.SUBMIT_SM, Message(esm_class=256), Status.INVALID_PARAMETER_LENGTH),
        (Command.SUBMIT_SM, Taken("x"), Status.INVALID_COMMAND),
        (Command.BIND_RECEIVER, Bind("x" * 16), Status.INVALID_SYSTEM_ID),
        (Command.BIND_RECEIVER, Bind("x", "nine chars"), Status.INVALID_PASSWORD),
        (Command.QUERY_SM, Asked(message_id="x" * 65), Status.INVALID_MESSAGE_ID),
        (0x77, None, Status.INVALID_COMMAND),
    ],
)
def test_what_has_no_room_is_not_written(command: int, body: Message, status: int) -> None:
    with pytest.raises(PduFault) as caught:
        encode(Pdu(command, 1, 0, body))
    assert caught.value.status == status


def test_a_parameter_may_be_as_long_as_its_length_can_say() -> None:
    payload = (Tag.MESSAGE_PAYLOAD, bytes(65535))
    assert decode(encode(Pdu(Command.SUBMIT_SM, 1, 0, USSD, (payload,)))).tlvs == (payload,)
    with pytest.raises(PduFault):
        encode(Pdu(Command.SUBMIT_SM, 1, 0, USSD, ((Tag.MESSAGE_PAYLOAD, bytes(65536)),)))


def test_sequence_numbers_begin_again() -> None:
    assert next_sequence(0) == 1
    assert next_sequence(LAST_SEQUENCE) == 1
    assert next_sequence(LAST_SEQUENCE - 1) == LAST_SEQUENCE


@pytest.mark.parametrize("size", [1, 2, 3, 15, 16, 17, 64, 10_000])
def test_a_stream_is_cut_into_pdus_however_it_comes(size: int) -> None:
    sent = [_message(USSD, sequence=number) for number in range(1, 40)]
    stream = b"".join(sent)
    frames = Frames()
    got = [frame for at in range(0, len(stream), size) for frame in frames.feed(stream[at : at + size])]
    assert got == sent
    assert frames.kept == 0


@pytest.mark.parametrize("length", [0, 15, 70_001, 0xFFFFFFFF])
def test_a_length_that_cannot_be_ends_the_stream(length: int) -> None:
    frames = Frames()
    whole = _message(USSD)
    feeding = frames.feed(whole + length.to_bytes(4, "big") + bytes(12))
    assert next(feeding) == whole
    with pytest.raises(PduFault):
        next(feeding)
