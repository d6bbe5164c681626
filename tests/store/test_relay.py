"""Messages between phones and another system, as rows: once each, told until heard, forgotten in time."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.errors import SendError
from sms.relaying import Settings, Switch, Teller
from store.kit import NUMBER, Hands, counting_mind
from store.memory import Memory, open_memory
from store.relay import REPORTS_COME, Word
from store.settings import StoreSettings
from store.values import Inbound, Report, Sent

KEY = b"k" * 32


@contextlib.asynccontextmanager
async def memory(folder: Path, hands: Hands) -> AsyncIterator[Memory]:
    settings = StoreSettings(data=folder, node="N", reserve_mb=0, free_mb=0)
    async with open_memory(settings, KEY, counting_mind(), clock=hands.clock(), house=False) as found:
        yield found


def of_site(name: str, text: str = "hello") -> Inbound:
    return Inbound("site", name, NUMBER, "", text)


async def send(found: Memory) -> list[str]:
    """Send what is due by the phones' channel; the texts."""
    now = found.clock.steady()
    texts = []
    for message in await found.messages.claim(10, now, "box"):
        assert await found.messages.start(message.id)
        await found.messages.settle(message.id, Sent(f"id-{message.id}"), now=now)
        texts.append(message.text)
    return texts


@dataclass
class Site:
    """The other system, as a teller sees it."""

    heard: list[tuple[str, str]]
    faults: list[SendError]

    async def tell(self, name: str, state: str) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.heard.append((name, state))


async def words(found: Memory) -> Sequence[Word]:
    return await found.messages.relay.untold("site")


async def test_once_also_after_a_restart(tmp_path: Path) -> None:
    hands = Hands()
    async with memory(tmp_path, hands) as found:
        await found.messages.relay.to_phone(of_site("1"), "box")
    async with memory(tmp_path, hands) as found:
        await found.messages.relay.to_phone(of_site("1"), "box")
        assert await send(found) == ["hello"]
        await found.messages.relay.to_phone(of_site("1"), "box")
        assert await send(found) == []
        assert [(word.name, word.state) for word in await words(found)] == [("1", "sent")]


async def test_each_word_until_it_was_heard(tmp_path: Path) -> None:
    hands = Hands()
    site = Site([], [SendError("http-503", retry=True), SendError("no-answer", unknown=True)])
    async with memory(tmp_path, hands) as found:
        teller = Teller("site", site, found.messages.relay)
        await found.messages.relay.to_phone(of_site("1"), "box")
        await teller.round()
        assert site.heard == []
        await send(found)
        for _ in range(4):
            await teller.round()
        assert site.heard == [("1", "sent")]
        await found.messages.report(Report("box", "id-1", "delivered"))
        for _ in range(2):
            await teller.round()
        assert site.heard == [("1", "sent"), ("1", "delivered")]
        assert not await words(found)


async def test_a_word_that_the_site_refuses_is_not_said_again(tmp_path: Path) -> None:
    site = Site([], [SendError("http-404")])
    async with memory(tmp_path, Hands()) as found:
        await found.messages.relay.to_phone(of_site("1"), "box")
        await send(found)
        await Teller("site", site, found.messages.relay).round()
        assert not await words(found)


async def test_after_a_stop_nothing_goes_and_the_site_knows(tmp_path: Path) -> None:
    async with memory(tmp_path, Hands()) as found:
        await found.turns.overhear(Inbound("box", "m1", NUMBER, "1888", "STOP"))
        await found.messages.relay.to_phone(of_site("1"), "box")
        assert await send(found) == []
        assert [(word.name, word.state) for word in await words(found)] == [("1", "failed")]


async def test_what_nobody_will_say_more_of_is_forgotten(tmp_path: Path) -> None:
    hands = Hands()
    async with memory(tmp_path, hands) as found:
        await found.messages.relay.to_phone(of_site("1"), "box")
        await send(found)
        hands.go(REPORTS_COME - 60)
        await found.sweep.round()
        assert await words(found)
        hands.go(120)
        await found.sweep.round()
        assert not await words(found)


class Both:
    """Who takes what."""

    def __init__(self) -> None:
        self.took: list[tuple[str, str]] = []

    async def to_site(self, message: Inbound, site: str) -> None:
        self.took.append(("site " + site, message.text))

    async def to_phone(self, message: Inbound, channel: str) -> None:
        self.took.append(("phone " + channel, message.text))

    async def untold(self, _site: str) -> Sequence[Word]:
        return []

    async def told(self, word: Word) -> None:
        raise AssertionError(word)

    async def overhear(self, message: Inbound) -> None:
        self.took.append(("here", message.text))


SITE = {"channels": ("ltc", "unitel"), "short_codes": ("1888",), "keywords": ("ວັກຊີນ", "Vac")}


@pytest.mark.parametrize(
    ("message", "whose"),
    [
        (Inbound("ltc", "1", NUMBER, "1888", "x"), "site rapid"),
        (Inbound("ltc", "1", NUMBER, "1888", ""), "site rapid"),
        (Inbound("ltc", "1", NUMBER, "1600", "x"), "here"),
        (Inbound("ltc", "1", NUMBER, "1600", ""), "here"),
        (Inbound("ltc", "1", NUMBER, "1600", "VAC 3"), "site rapid"),
        (Inbound("ltc", "1", NUMBER, "1600", "vaccine"), "here"),
        (Inbound("unitel", "1", NUMBER, "1600", " ວັກຊີນ"), "site rapid"),
        (Inbound("etl", "1", NUMBER, "1888", "vac"), "here"),
        (Inbound("rapid", "1", "+8562091234567", "", "x"), "phone unitel"),
        (Inbound("rapid", "1", "+8562051234567", "", "x"), "phone ltc"),
        (Inbound("rapid", "1", "+66812345678", "", "x"), "phone ltc"),
    ],
)
async def test_who_gets_what(message: Inbound, whose: str) -> None:
    both = Both()
    prefixes = {"ltc": ["+856205"], "unitel": ["+856209"]}
    switch = Switch({"rapid": Settings.model_validate(SITE)}, both, both, prefixes)
    await switch.overhear(message)
    assert both.took == [(whose, message.text)]
