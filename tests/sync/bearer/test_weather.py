"""What the air does to messages, and what somebody does who has overheard them (F17)."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.agency import ledger
from sync.bearer.acks import Answer, Run
from sync.bearer.frame import Header, Kind, keys_of, seal, to_text
from tests.sync.bearer import kit
from tests.sync.bearer.air import AGENCY, ids, nothing, world

DAMAGE: list[Callable[[str, random.Random], list[str]]] = [
    lambda text, chance: [text] if chance.random() < 0.5 else [],
    lambda text, chance: [text] * chance.randint(1, 3),
    lambda text, chance: [text[: chance.randrange(len(text))]],
    lambda text, _: [text.upper()],
    lambda text, _: [text.replace("-", "_").replace(".", " ")],
    lambda text, chance: ["".join(chance.sample(text, len(text)))],
    lambda text, _: [text],
    lambda text, _: [text[::-1], text],
    lambda text, chance: [_flipped(text, chance)],
]


def _flipped(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    return text[:place] + chance.choice("ABCxyz019-.") + text[place + 1 :]


STORM = 60
"""Rounds of bad weather."""

HALF_A_DAY = 12 * 3600
"""Seconds that pass in a round, on either side."""

SEEDS = [17, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 13))]


@pytest.mark.parametrize("seed", SEEDS)
async def test_bad_weather_delays_and_never_changes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    kept: list[str] = []

    def weather(text: str) -> list[str]:
        arrived = chance.choice(DAMAGE)(text, chance)
        kept.append(text)
        late = [chance.choice(kept)] if chance.random() < 0.3 else []  # days late, or somebody's replay
        arrived += late
        chance.shuffle(arrived)
        return arrived

    answers = [kit.BIRTH, kit.LONG, kit.BIRTH | {"child_name": None}, kit.BIRTH | {"mother_name": "Anna Ødegård 王"}]
    async with world(tmp_path, answers, bearer={"per_hour": 500, "most_parts": 6}) as one:
        events = await one.submit(4)
        await one.break_link()
        one.air.weather = weather
        for turn in range(90):
            if turn == STORM:  # how long it keeps one text of six back is chance; once it is over, everything must come
                one.air.weather = lambda text: [text]
            await one.up()
            await one.age(HALF_A_DAY)
            await one.answers()
            one.hands.go(HALF_A_DAY)
            taken = await one.taken()
            assert set(taken) <= set(events)
            assert len(ids(taken)) == len(set(ids(taken)))
            if set(await one.states()) == {"accepted"}:
                break
        assert sorted(await one.taken()) == sorted(events)
        assert await one.states() == ["accepted"] * 4


async def test_a_replayed_frame_has_no_effect_and_few_answers(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        (text,) = await one.up()
        await one.answers()
        for _ in range(30):
            await one.age()
            await one.bring([text], sender="+8562012345678")
            await one.answers()
        await one.answers()
        assert len(await one.taken()) == 1
        assert len(one.air.down) <= ledger.MOST_ANSWERS + 1
        # Nobody draws the answers to another number by sending again what he has overheard: the modem would object.


async def test_the_word_comes_home_however_often_it_was_lost(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        (text,) = await one.up()
        one.air.weather = nothing
        for _ in range(ledger.MOST_ANSWERS + 3):
            await one.age()
            await one.bring([text])
            await one.answers()
        assert len(one.air.down) == ledger.MOST_ANSWERS
        one.air.weather = lambda text: [text]
        await one.age(ledger.ANSWER_STILL)
        await one.bring([text])
        await one.answers()
        assert await one.states() == ["accepted"]


async def test_a_replayed_answer_changes_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        await one.up()
        (answer,) = await one.answers()
        assert one.carrier.counts["again"] == 0
        # The agency is restored and has forgotten: then the old answer must not count for what is offered again.
        await one.memory.road.gone_back(AGENCY, int(one.hands.wall))
        assert await one.states() == ["in_doubt"]
        await one.give([answer, answer])
        assert one.carrier.counts["again"] == 2
        assert await one.states() == ["carried"]  # offered again, and not yet accepted


async def test_an_answer_of_a_stranger_is_refused(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        (event,) = await one.submit()
        await one.break_link()
        await one.up()
        run = Run(json.loads(event)["epoch"], 1, 2**64 - 1)
        keys = keys_of(bytes(32))
        forged = seal(keys.down, Header(Kind.TALK, one.carrier._keys.pair, "00000000", 9), Answer((run,)).to_bytes())
        await one.give([to_text(forged), "hello", "", one.air.up[0]])
        assert await one.states() == ["carried"]
        assert one.carrier.counts["strange"] == 4
        # The control: the same words under the pair's key count.
        real = seal(
            one.carrier._keys.down, Header(Kind.TALK, one.carrier._keys.pair, "00000000", 9), Answer((run,)).to_bytes()
        )
        await one.give([to_text(real)])
        assert await one.states() == ["accepted"]
