"""Debian's bearerbox, smsbox and fakesmsc with the page's files, and a real node."""

import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from flows.text.paging import split_sms
from tests.gateways.kannel.rig import Box, acknowledged, journal, number_of, rig, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def heard(phone: Box) -> list[str]:
    return re.findall(r"Got message \d+: <(.*)>", phone.said())


def joined(messages: list[str]) -> tuple[str, int]:
    """The text of the parts that a phone got, joined by their headers, and how many they are."""
    parts: dict[int, str] = {}
    total = 0
    for message in messages:
        found = re.fullmatch(r"1600 \S+ udh (\S+) data (.*)", message, re.DOTALL)
        assert found, message
        header = unquote_to_bytes(found[1])
        assert header[:3] == b"\x05\x00\x03"
        total = header[4]
        parts[header[5]] = unquote_to_bytes(found[2].replace("+", " ")).decode("utf-16-be")
    assert sorted(parts) == list(range(1, total + 1))
    return "".join(parts[number] for number in sorted(parts)), total


async def test_lao_there_and_back(tmp_path: Path) -> None:
    async with rig(tmp_path, "fake") as one:
        phone = await one.fakesmsc("8562055512345 1600 text ຊ່ວຍ")
        await one.reach("delivered")
        ((text,),) = await one.rows("SELECT text FROM message")
        got, count = joined(heard(phone))
        assert (got, count > 1) == (text, True)


async def test_what_waits_in_the_spool(tmp_path: Path) -> None:
    """Smsbox and node are away, and bearerbox is killed: everything waits on its disk, and comes once."""
    lines = [{"number": number_of(phone), "to": "1600", "text": "HELP"} for phone in range(8)]
    # The same in two parts, in Lao too, with references of 16 bits, which Kannel itself does not join.
    for phone, words in ((8, ("HE", "LP")), (9, ("ຊ່ວ", "ຍ"))):
        for place, text in enumerate(words, 1):
            header = f"060804be{phone:02x}02{place:02x}"
            lines.append({"number": number_of(phone), "to": "1600", "text": text, "udh": header})
    (tmp_path / "outbox").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    options = [f"--outbox={tmp_path / 'outbox'}", f"--journal={tmp_path / 'journal'}", "--receipts=1"]
    async with rig(tmp_path, "smpp", away=True, options=options) as one:
        await one.smsbox.end()
        await one.node.end()
        await one.behind.start()
        await until(lambda: len(acknowledged(one)) == len(lines))
        await one.bearerbox.end()
        await one.bearerbox.start()
        await until(lambda: "running" in one.status())
        await one.node.start()
        await one.smsbox.start()
        # Each part of what goes out has a receipt of the SMSC's.
        await one.reach(*["delivered"] * 10)
        texts = Counter(text for (text,) in await one.rows("SELECT text FROM message"))
        assert sorted(texts.values()) == [1, 9]
        lao = min(texts, key=lambda text: texts[text])
        taken = [entry for entry in journal(one) if "id" in entry]
        assert Counter(entry["number"] for entry in taken) == {
            **{number_of(phone): 1 for phone in range(9)},
            number_of(9): len(split_sms(lao)),
        }
        parts = sorted((entry["udh"], entry["text"]) for entry in taken if "udh" in entry)
        assert "".join(text for _, text in parts) == lao
        assert {entry["coding"] for entry in taken if "udh" in entry} == {8}
