"""Gammu's backup format and the spool: odd files, half of a file, the same message twice, a disk that is away."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.errors import SendError
from gateways.gammu import backup
from gateways.gammu.kit import Modem as Phone
from gateways.gammu.kit import received
from gateways.gammu.modem import Modem
from gateways.gammu.settings import Settings
from gateways.gammu.spool import DONE, ERROR, INBOX, OUTBOX, SENT, OutboxFullError, Spool, file_name
from gateways.port import Settings as Every
from sala import config, plugs
from sala.kit import House
from store.values import Inbound, Outgoing, Part, Received
from tests.gateways.gammu.smsd import PAGE, blocks

NUMBER = "+8562055512345"
LAO = "ສະບາຍດີ"


def outgoing(row: int = 7, text: str = LAO, part: Part | None = None) -> Outgoing:
    mark = f"{row:x}-6afe0000" + (f"-{part.number}" if part else "")
    return Outgoing(row, "modem", NUMBER, text, 1, 0, mark=mark, part=part)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    Phone(tmp_path)
    one = Spool(tmp_path, 3)
    one.check()
    return one


def test_a_long_text_is_read_from_all_its_keys_and_no_comment() -> None:
    content = received("Deliver", NUMBER, LAO * 12, 0, 0)
    assert content.count(b"Text") == 2
    # smsd repeats the text in comments, cut inside a character.
    odd = content.replace(b"PDU =", b"; " + LAO.encode()[:-1] + b"\nText01 \x00\xff\nPDU =")
    (piece,) = backup.pieces(odd)
    assert piece.words == LAO * 12
    assert backup.is_whole(odd)


@pytest.mark.parametrize("header", ["0500030C0201", "060804010C0201", "0A0102FFFF00030C020100"])
def test_headers_of_long_messages(header: str) -> None:
    (piece,) = backup.pieces(received("Deliver", NUMBER, "x", 0, 0, header))
    reference = 0x010C if header.startswith("0608") else 0x0C
    assert piece.part == Part(reference, 1, 2)


@pytest.mark.parametrize("header", ["", "0500030C0200", "0500030C0103", "0500030C0101", "0500", "zz", "00"])
def test_what_is_no_header_of_a_long_message(header: str) -> None:
    (piece,) = backup.pieces(received("Deliver", NUMBER, "x", 0, 0, header))
    assert piece.part is None


def test_every_beginning_of_a_file_is_not_whole() -> None:
    content = received("Deliver", NUMBER, LAO, 0, 12)
    assert not any(backup.is_whole(content[:end]) for end in range(len(content)))
    assert backup.is_whole(content)


def test_what_is_written_reads_back() -> None:
    for text in ("", "a {}[]€^ @", LAO * 9, "😀"):
        (piece,) = backup.pieces(backup.written(NUMBER, text, Part(0x1234, 2, 3)))
        assert (piece.kind, piece.number, piece.words, piece.part) == ("Submit", NUMBER, text, Part(0x34, 2, 3))


def test_an_emoji_that_a_phone_has_cut_is_whole_again(tmp_path: Path) -> None:
    units = "😀".encode("utf-16-be")
    parts = b""
    for number, half in ((2, units[2:]), (1, units[:2])):
        one = received("Deliver", NUMBER, "x", 0, 0, f"0500030C02{number:02X}")
        parts += one.replace(b"0078", half.hex().upper().encode())
    Phone(tmp_path)
    read = Modem("modem", Settings(spool=tmp_path)).read(Received(parts))
    assert isinstance(read, Inbound)
    assert (read.text, read.part) == ("😀", None)


def test_the_same_mark_is_put_once_wherever_it_is(spool: Spool, tmp_path: Path) -> None:
    spool.put(outgoing())
    name = file_name(outgoing())
    first = (tmp_path / OUTBOX / name).read_bytes()
    spool.put(outgoing(text="another"))
    assert (tmp_path / OUTBOX / name).read_bytes() == first
    for place in (SENT, ERROR, DONE):
        (tmp_path / OUTBOX / name).rename(tmp_path / place / name)
        spool.put(outgoing())
        assert list((tmp_path / OUTBOX).iterdir()) == []
        (tmp_path / place / name).rename(tmp_path / OUTBOX / name)


def test_parts_and_messages_go_by_name_in_order(spool: Spool, tmp_path: Path) -> None:
    wanted = [outgoing(9), outgoing(10, part=Part(10, 1, 2)), outgoing(10, part=Part(10, 2, 2))]
    for message in reversed(wanted):
        spool.put(message)
    assert sorted(path.name for path in (tmp_path / OUTBOX).iterdir()) == [file_name(one) for one in wanted]


def test_no_more_is_handed_over_than_may_wait(spool: Spool, tmp_path: Path) -> None:
    for row in range(3):
        spool.put(outgoing(row))
    spool.put(outgoing(2))
    with pytest.raises(OutboxFullError):
        spool.put(outgoing(3))
    assert len(list((tmp_path / OUTBOX).iterdir())) == 3


def test_the_files_of_others_are_left_alone(spool: Spool, tmp_path: Path) -> None:
    other = tmp_path / SENT / "OUTC20261129_230851_00_+8562055512345_sms0.smsbackup"
    other.write_bytes(backup.written(NUMBER, "x", None))
    assert spool.went(SENT) == []


def test_what_was_done_long_ago_is_forgotten(spool: Spool, tmp_path: Path) -> None:
    for row in (1, 2):
        spool.done(SENT, file_name(outgoing(row)), f"{NUMBER} {row}")
    os.utime(tmp_path / DONE / file_name(outgoing(1)), (0, 0))
    spool.sweep(7)
    assert [entry[2:] for entry in spool.awaited()] == [(NUMBER, 2)]


@pytest.mark.parametrize("missing", [INBOX, OUTBOX, SENT, ERROR])
def test_a_folder_that_is_missing_is_named(spool: Spool, tmp_path: Path, missing: str) -> None:
    shutil.rmtree(tmp_path / missing)
    with pytest.raises(FileNotFoundError, match=missing):
        spool.check()


async def test_a_spool_that_is_away_may_be_asked_again(tmp_path: Path) -> None:
    modem = Modem("modem", Settings(spool=tmp_path / "nowhere"))
    with pytest.raises(SendError) as caught:
        await modem.send(outgoing())
    assert caught.value.unknown
    assert modem.capabilities.idempotent


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _binary(content: bytes) -> bytes:
    return content.replace(b"Default_No", b"8bit_No")


def _word(content: bytes) -> bytes:
    return content.replace(NUMBER.encode("utf-16-be").hex().upper().encode(), "LTC".encode("utf-16-be").hex().encode())


@pytest.mark.parametrize(("spoil", "stays"), [(_half, True), (_binary, False), (_word, False)])
async def test_what_is_no_message_is_not_heard(tmp_path: Path, spoil: Callable[[bytes], bytes], *, stays: bool) -> None:
    phone = Phone(_folder(tmp_path, "spool"))
    house = House("gammu", _folder(tmp_path, "data"), dict(phone.settings))
    file = tmp_path / "spool" / INBOX / "IN0.txt"
    file.write_bytes(spoil(received("Deliver", NUMBER, "x", 0, 0)))
    await house.open()
    try:
        assert await phone.message("m1", NUMBER, "1")
        assert file.exists() is stays
        assert len(await house.states()) == 1
    finally:
        await house.close()


async def test_a_part_that_comes_late_makes_the_message_whole(tmp_path: Path) -> None:
    """smsd gave up waiting for the second part; the first is a minute old."""
    phone = Phone(_folder(tmp_path, "spool"))
    house = House("gammu", _folder(tmp_path, "data"), dict(phone.settings))
    await house.open()
    try:
        for number in (1, 2):
            file = tmp_path / "spool" / INBOX / f"IN0.{number}.txt"
            rough = file.with_name(".rough")
            rough.write_bytes(received("Deliver", NUMBER, str(number), 0, 0, f"0500030C02{number:02X}"))
            os.utime(rough, (1_700_000_000, 1_700_000_000))
            rough.rename(file)
            assert await phone.message(f"m{number}", "+8562055598765", "x")
            assert not file.exists()
        await sent(house)
        assert "1 12" in [one.text for one in phone.seen]
    finally:
        await house.close()


async def test_what_a_killed_smsd_has_left_empty_is_taken_away(tmp_path: Path) -> None:
    phone = Phone(_folder(tmp_path, "spool"))
    house = House("gammu", _folder(tmp_path, "data"), dict(phone.settings))
    await house.open()
    try:
        assert await phone.message("m1", NUMBER, "1")
        await sent(house)
        (file,) = (tmp_path / "spool" / OUTBOX).iterdir()
        file.write_bytes(b"")
        while file.exists():  # noqa: ASYNC110 - the gateway looks when it likes
            await asyncio.sleep(0.005)
        assert (tmp_path / "spool" / DONE / file.name).read_bytes() == b""
        assert await house.states() == ["sent"]
    finally:
        await house.close()


async def test_without_references_a_report_is_of_the_newest(tmp_path: Path) -> None:
    phone = Phone(_folder(tmp_path, "spool"), references=False)
    house = House("gammu", _folder(tmp_path, "data"), dict(phone.settings))
    await house.open()
    try:
        for name in ("m1", "m2"):
            assert await phone.message(name, NUMBER, "1")
            await sent(house)
            await phone.quiet()
        assert b"MessageReference" not in backup.written(NUMBER, "x", None)
        assert await phone.report(phone.seen[0], "Delivered")
        assert await house.states() == ["sent", "delivered"]
        # The same report once more is not another message's.
        assert await phone.report(phone.seen[0], "Delivered")
        assert await house.states() == ["sent", "delivered"]
        assert await phone.report(phone.seen[1], "Failed")
        assert await house.states() == ["failed", "delivered"]
        assert await phone.report(phone.seen[1], "Failed")
    finally:
        await house.close()


async def test_a_failed_one_is_failed_and_an_empty_file_nobody_knows(tmp_path: Path) -> None:
    phone = Phone(_folder(tmp_path, "spool"))
    house = House("gammu", _folder(tmp_path, "data"), dict(phone.settings))
    await house.open()
    try:
        for name in ("m1", "m2"):
            assert await phone.message(name, NUMBER, "1")
            await sent(house)
        first, second = sorted((tmp_path / "spool" / OUTBOX).iterdir())
        second.write_bytes(b"")
        for path in (first, second):
            path.rename(tmp_path / "spool" / ERROR / path.name)
        # The look that takes m3 may have been at `error` before the files were; the next one has been there after.
        for name in ("m3", "m4"):
            assert await phone.message(name, "+8562055598765", "x")
        assert list((tmp_path / "spool" / ERROR).iterdir()) == []
        assert (await house.states())[:2] == ["failed", "sent"]
    finally:
        await house.close()


def test_the_page_is_true(tmp_path: Path) -> None:
    (channel,) = blocks("toml")
    file = tmp_path / "sala.toml"
    file.write_text(f'node = "LA-TEST-01"\ndistrict = "LA0901"\n{channel}')
    plugged = plugs.channels(config.load(file))[0]
    assert plugged.messages is not None
    assert (plugged.key_presses, plugged.secrets) == (None, ())
    own = {name for name in Settings.model_fields if name not in Every.model_fields} | {"rate"}
    assert {name for name in own if f"| `{name}` |" not in PAGE} == set()


async def sent(house: House) -> None:
    while "queued" in await house.states():
        await house.lane.drain()
        house.hands.go(1)


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
