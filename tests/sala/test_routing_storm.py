"""Two operators that fail in every way at once: each message is taken once at most over both, and none is forgotten."""

import random
from collections import Counter
from pathlib import Path

import pytest

from flows.errors import SendError
from sms.lane import Lane
from store.kit import Hands
from store.memory import Memory
from tests.at_standin import Play, Standin
from tests.sala.test_routing import config, hear, node, send

PHONES = 6
ROUNDS = 4
BAD = 3 * PHONES

# What an operator does to a message: takes it; refuses it for good, for now, with a busy server; takes it, or not, and
# breaks off or answers nonsense.
WEATHER = (
    *[Play()] * 3,
    Play(code=403),
    Play(code=500),
    Play(http=503),
    Play(http=429),
    Play(manner="drop"),
    Play(manner="html"),
)


class Storm:
    """How each request is treated: by chance for so many, and well from then on."""

    def __init__(self, chance: random.Random, left: int) -> None:
        self.chance = chance
        self.left = left

    def __call__(self) -> Play:
        self.left -= 1
        return self.chance.choice(WEATHER) if self.left >= 0 else Play()


async def storm(folder: Path, seed: int) -> tuple[Counter[tuple[str, str]], list[tuple[str, str]]]:
    """What both operators took, and how each message stands in the end: (channel, state)."""
    chance, hands = random.Random(seed), Hands()
    async with Standin(chance=Storm(chance, BAD)) as first, Standin(chance=Storm(chance, BAD)) as other:
        async with node(config(folder, first.url, other.url), hands) as (memory, channels):
            for number in range(PHONES * ROUNDS):
                phone = number % PHONES
                await hear(
                    memory,
                    f"m{number}",
                    "ltc" if phone % 2 else "unitel",
                    f"+85620{5 + 4 * (phone % 3 == 0)}5512{phone:03}",
                )
            for _ in range(30):
                await send(channels, hands)
                hands.go(901)
            ends = await stands(memory)
        return first.taken + other.taken, ends


async def stands(memory: Memory) -> list[tuple[str, str]]:
    rows = await memory._reading.rows("SELECT channel, state FROM message ORDER BY id")
    return [(row[0], row[1]) for row in rows]


@pytest.mark.parametrize("seed", range(3))
async def test_no_message_is_taken_twice_over_both_and_none_is_left(tmp_path: Path, seed: int) -> None:
    took, ends = await storm(tmp_path, seed)
    assert len(ends) == PHONES * ROUNDS
    assert {state for _, state in ends} <= {"sent", "failed", "unknown"}
    assert took
    assert max(took.values()) == 1
    # Those that the operators may have, and no other, are sent or unknown.
    assert took.total() == sum(state in {"sent", "unknown"} for _, state in ends)


async def test_the_control_a_lane_that_tries_again_what_may_have_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(self: Lane, error: SendError) -> SendError:
        return SendError(error.code, retry=True) if error.unknown else error

    monkeypatch.setattr(Lane, "_sure", careless)
    took, _ = await storm(tmp_path, 0)
    assert max(took.values()) > 1
