"""Two channels at work: what one certainly did not take goes by the other, and nothing ever goes by both."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sala import plugs, routing
from sala.channels import Channels
from sala.config import Config
from store.kit import NUMBER, Hands, counting_mind
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from store.values import Call, Inbound
from tests.at_standin import Manner, Play, Standin
from tests.ports import free_port

KEY = b"k" * 32
UNITEL = "+8562091234567"


def config(folder: Path, first: str, second: str, *, more: Any = None, **tables: Any) -> Config:
    account = {"gateway": "africastalking", "secret": "a-secret-of-enough-length", "username": "u", "api_key": "k"}
    channels: Any = {
        "ltc": {**account, "base_url": first, "prefixes": ["+856205"], "rate": 1000},
        "unitel": {**account, "base_url": second, "prefixes": ["+856209"], "rate": 1000},
        **(more or {}),
    }
    return Config(node="N", data=folder, channels=channels, **tables)


@contextlib.asynccontextmanager
async def node(found: Config, hands: Hands) -> AsyncIterator[tuple[Memory, Channels]]:
    plugged = plugs.channels(found)
    settings = StoreSettings(data=found.data, node="N", reserve_mb=0, free_mb=0)
    async with open_memory(settings, KEY, counting_mind(), clock=hands.clock(), house=False) as memory:
        memory.route(routing.routes(found, plugged))
        rooms = frozenset({"ussd", "sms"})
        channels = Channels(plugged, memory, lambda *_: "sorry", rooms, "LA", memory.turns)
        yield memory, channels
        await channels.stop()


async def send(channels: Channels, hands: Hands) -> None:
    """Let both lanes send what is due, in turn, until neither has anything left."""
    idle = 0
    while idle < 3:
        hands.go(0.1)
        counts = [await one.lane.drain() for one in channels.all if one.lane]
        idle = 0 if any(counts) else idle + 1


async def hear(memory: Memory, name: str, channel: str = "ltc", number: str = NUMBER) -> None:
    await memory.turns.overhear(Inbound(channel, name, number, "1999", name))


@pytest.mark.parametrize("failover", [True, False])
async def test_a_refused_message_goes_by_the_other_channel(tmp_path: Path, failover: bool) -> None:
    hands = Hands()
    async with Standin() as other:
        found = config(tmp_path, f"http://127.0.0.1:{free_port()}", other.url, routing={"failover": failover})
        async with node(found, hands) as (memory, channels):
            for number in range(3):
                await hear(memory, str(number))
            await send(channels, hands)
            # The control: without failover they wait for their own channel.
            assert await memory.messages.states() == (["sent"] * 3 if failover else ["queued"] * 3)
            wanted = ["1 0", "2 1", "3 2"] if failover else []
            assert [seen.form["message"] for seen in other.seen] == wanted


@pytest.mark.parametrize("manner", ["drop", "html"])
async def test_a_message_that_may_have_left_never_goes_by_another(tmp_path: Path, manner: Manner) -> None:
    hands = Hands()
    async with Standin() as first, Standin() as other:
        first.plays.append(Play(manner=manner))
        async with node(config(tmp_path, first.url, other.url), hands) as (memory, channels):
            await hear(memory, "0")
            await send(channels, hands)
            hands.go(7200)
            await send(channels, hands)
            assert await memory.messages.states() == ["unknown"]
            assert (len(first.seen), len(other.seen)) == (1, 0)


async def test_a_fault_of_the_channel_moves_it_and_a_fault_of_the_number_does_not(tmp_path: Path) -> None:
    hands = Hands()
    async with Standin() as first, Standin() as other:
        first.plays += [Play(http=503), Play(code=403)]
        async with node(config(tmp_path, first.url, other.url), hands) as (memory, channels):
            await hear(memory, "0")
            await send(channels, hands)
            await hear(memory, "1", number=UNITEL)
            await send(channels, hands)
            assert await memory.messages.states() == ["sent", "failed"]
            assert [seen.form["message"] for seen in other.seen] == ["1 0"]


async def test_both_down_and_both_back_sends_each_message_once(tmp_path: Path) -> None:
    hands = Hands()
    first, other = Standin(), Standin()
    async with node(config(tmp_path, first.url, other.url), hands) as (memory, channels):
        for number in range(4):
            await hear(memory, str(number), "ltc" if number % 2 else "unitel", f"+856205551230{number}")
        for _ in range(5):
            await send(channels, hands)
            hands.go(30)
        assert await memory.messages.states() == ["queued"] * 4
        async with first, other:
            for _ in range(40):
                hands.go(60)
                await send(channels, hands)
            assert await memory.messages.states() == ["sent"] * 4
            assert len(first.seen) + len(other.seen) == 4


async def test_an_answer_goes_where_the_question_came_from_and_a_break_off_too(tmp_path: Path) -> None:
    hands = Hands()
    async with (
        Standin() as first,
        Standin() as other,
        node(config(tmp_path, first.url, other.url), hands) as (memory, channels),
    ):
        # Its prefix says one operator, its question came by the other.
        await hear(memory, "0", "unitel", NUMBER)
        await memory.turns.take(Call("unitel", "s1", NUMBER, "", "*999#"))
        await memory.turns.ended("unitel", "s1")
        await send(channels, hands)
        assert [seen.form["message"] for seen in other.seen] == ["1 0", "unfinished"]
        assert first.seen == []


async def test_a_channel_for_key_presses_alone_has_another_send_for_it(tmp_path: Path) -> None:
    hands = Hands()
    async with Standin() as first, Standin() as other:
        keys: Any = {"gateway": "http", "map": "hubtel", "secret": "a-secret-of-enough-length"}
        more = {"keys": keys, "more": keys}
        whole = config(tmp_path, first.url, other.url, more=more, routing={"send_by": {"keys": "unitel"}})
        async with node(whole, hands) as (memory, channels):
            for channel in ("keys", "more"):
                await memory.turns.take(Call(channel, channel, NUMBER, "", "*999#"))
                await memory.turns.ended(channel, channel)
                await send(channels, hands)
            # `keys` has one named for it; `more` has none, so the prefix decides.
            assert (len(other.seen), len(first.seen)) == (1, 1)
