"""What phones say in these tests, and what a citizen is to be told."""

import asyncio
from typing import Any

from gateways.smpp.pdu import Message
from store.numbers import pack_number
from store.post import Letter
from tests.gateways.smpp.house import NUMBER, House

LAO = "ສະບາຍດີ ນາງ ຄຳຫຼ້າ"


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


async def queue(home: House, words: str, number: str = NUMBER) -> None:
    """A letter to the phone, as any room would queue it."""
    letter = Letter("kit", pack_number(f"+{number}"), "answer", "en", words, 2**40)

    async def run(database: Any) -> None:
        await home.memory._post.enqueue(database, [letter])

    await home.memory.writer.do(run)
