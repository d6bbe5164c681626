"""Invented people for the demonstration's reports: they dial, write, give up and give marks, in a past made for them.

A node of their own is opened on a database that is thrown away, with a clock that is set back and moved on by hand. The
real dialogue hears them, the real store counts them, and what it tells of them by the rule of five is all that is kept,
marked as invented. No number here is anybody's: they begin with digits that no operator in the country gives out.
"""

import asyncio
import contextlib
import os
import random
import re
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from flows.dialogue import LOW, REASONS
from sala import config as configuration
from sala import log, plugs, services
from sala.beside import beside
from sala.config import Config
from sala.editions import Overlay
from sala.publishing import Publishing
from store.clock import EARLIEST, Clock
from store.figures import FOR_EVER, Figure
from store.memory import Memory, open_memory
from store.scope import EVERYTHING
from store.travel import Offer, Settlement, StatusEvent, Trip
from store.values import Call, Inbound, Sent

WEEKS: Final = 27
"""How far back the past begins: a whole quarter of a year is over in any case."""

IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only where the files of one run lie, in a folder of their own
"""Where a file costs no disk, if there is such a place: nothing of it is kept, and its key is thrown away too."""

A_DAY: Final = 10
"""People of a day, on the mean."""

SEED: Final = 20_781
DAY: Final = 86_400
MOST_PRESSES: Final = 12
"""Keys after the last answer: notices and pages to confirm."""

APPROVED, ANSWERS, WRITES, GIVES_UP, EXEMPT = 0.85, 0.65, 0.2, 0.24, 0.2
"""Of decisions; of those who are asked; of notices in one message; of calls; of businesses that need not register."""


_LANGUAGES: Final = (("ລາວ", 12), ("English", 2), ("Lao", 3))
_SERVICES: Final = (("birth", 10), ("business", 5), ("farm", 3), ("health", 2), ("feedback", 2))
_GIVEN: Final = ("Kham", "Bou", "Noy", "Sy", "Vanh", "Chan", "Phet", "Keo", "Mala", "Dao")
_LAST: Final = ("La", "Xay", "Souk", "Thong", "Vong", "Sai", "Ngeun", "Deng", "Khiao", "Fa")
_QUESTION: Final = re.compile(r"1 .{1,24} \.\.\. 5 ")
_OPTION: Final = re.compile(r"^(\d) (.+)$", re.MULTILINE)


@dataclass(slots=True)
class Past:
    """A node whose clock is moved by hand."""

    memory: Memory
    channel: str
    chance: random.Random
    now: list[float]
    undecided: list[tuple[float, str, Offer]] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    people: int = 0

    async def week(self) -> None:
        """Seven days of people, agencies and messages."""
        for _ in range(7):
            for _ in range(round(self.chance.uniform(0.5, 1.5) * A_DAY)):
                # One after the other, so that the same seed gives the same requests in the same order.
                await self._person().come(self)
            later = self.chance.choice((1800, 4 * 3600, 8 * 3600))
            self.now[0] += later
            await self._agencies()
            await self._messages()
            await self.memory.sweep.round()
            self.now[0] += DAY - later

    def _person(self) -> "Person":
        self.people += 1
        return Person(self.people, random.Random(self.chance.random()), self.day)  # noqa: S311 - a game, not a secret

    @property
    def day(self) -> datetime:
        """Today."""
        return datetime.fromtimestamp(self.now[0], UTC)

    async def _agencies(self) -> None:
        """What came is acknowledged, and what lay for some days is decided."""
        now = int(self.now[0])
        for traffic in await self.memory.road.states():
            agency = traffic.agency
            offers = await self.memory.road.due(agency, 200, now)
            if offers:
                seqs = [one.seq for one in offers]
                taken = await self.memory.road.lease(agency, seqs, "invented", now + 60, now)
                yes = [Settlement(one.seq, "accept", code="accepted") for one in taken]
                await self.memory.road.settle(agency, yes, Trip(agency, "http", seqs, "ok"), now, wake=False)
                self.undecided += [(now + DAY * self.chance.uniform(1, 20), agency, one) for one in taken]
        due = [one for one in self.undecided if one[0] <= now]
        self.undecided = [one for one in self.undecided if one[0] > now]
        for _, agency, offer in due:
            seq = self.told[agency] = self.told.get(agency, 0) + 1
            status = "approved" if self.chance.random() < APPROVED else "rejected"
            event = StatusEvent(seq, offer.id, offer.reference, status)
            await self.memory.road.statuses(agency, [event], str(seq), now)

    async def _messages(self) -> None:
        """Each message arrives; who is asked how it went gives a mark, or none."""
        now = int(self.now[0])
        for one in await self.memory.messages.claim(500, now, self.channel):
            if await self.memory.messages.start(one.id, now=now):
                await self.memory.messages.settle(one.id, Sent(f"invented-{one.id}"), now=now)
            mark = self.marks.get(one.msisdn, 0)
            if mark and _QUESTION.search(one.text):
                answer = Inbound(self.channel, f"mark-{one.id}", one.msisdn, "1999", str(mark))
                await self.memory.turns.overhear(answer)
                if mark <= LOW and one.id % 4:
                    why = str(one.id % len(REASONS) + 1)
                    await self.memory.turns.overhear(replace(answer, id=f"why-{one.id}", text=why))


@dataclass(slots=True)
class Person:
    """Somebody who does not exist."""

    number: int
    chance: random.Random
    today: datetime

    @property
    def msisdn(self) -> str:
        """A number that nobody has."""
        return f"+8562000{self.number:06d}"

    def pick(self, choices: Sequence[tuple[str, int]]) -> str:
        """One of these, by weight."""
        return self.chance.choices([one for one, _ in choices], [weight for _, weight in choices])[0]

    async def come(self, past: Past) -> None:
        """Do what she came for, as far as she gets."""
        service = self.pick(_SERVICES)
        if self.chance.random() < ANSWERS:
            past.marks[self.msisdn] = self.chance.choices((1, 2, 3, 4, 5), (1, 1, 3, 7, 8))[0]
        if service == "farm" or (service == "birth" and self.chance.random() < WRITES):
            words = self._farm() if service == "farm" else self._form()
            await past.memory.turns.overhear(Inbound(past.channel, f"said-{self.number}", self.msisdn, "1999", words))
            return
        await self._dial(past, service)

    async def _dial(self, past: Past, service: str) -> None:
        answers = {"birth": self._birth, "business": self._business, "health": self._health, "feedback": self._said}
        keys = [*("1" if service == "birth" else {"business": "2", "feedback": "3", "health": "4"}[service]), "1", "1"]
        keys += answers[service]()
        if self.chance.random() < GIVES_UP:
            # She hangs up, or the network does, mostly in the middle.
            keys = keys[: self.chance.randint(3, len(keys))]
            patience = 0
        else:
            patience = MOST_PRESSES
        typed: list[str] = []
        language = self.pick(_LANGUAGES)
        for _ in range(len(keys) + patience + 1):
            reply = await past.memory.turns.take(
                Call(past.channel, f"call-{self.number}", self.msisdn, "*".join(typed), "*999#")
            )
            if reply.end or (typed and not keys and not patience):
                return
            if not typed:
                shown = {name: digit for digit, name in _OPTION.findall(reply.text)}
                named = next((digit for name, digit in shown.items() if name.startswith(language)), "")
                if named:
                    typed.append(named)
                    continue
            if not keys:
                patience -= 1
            typed.append(keys.pop(0) if keys else "1")

    def _village(self) -> str:
        # A few villages are large, and some so small that they are never told.
        return f"0901{min(15, 1 + int(self.chance.expovariate(0.35))):03d}"

    def _date(self, most: int) -> str:
        return f"{self.today - timedelta(days=self.chance.randint(1, most)):%d%m%Y}"

    def _name(self) -> str:
        return f"{self.chance.choice(_GIVEN)}{self.chance.choice(_LAST).lower()} {self.chance.choice(_LAST)}"

    def _birth(self) -> list[str]:
        chance = self.chance
        who, sex, where = chance.choice("1112235"), chance.choice("12"), chance.choice("1112")
        age = str(chance.randint(18, 41))
        return [who, self._date(40), sex, "1", "1", where, self._village(), self._name(), age]

    def _business(self) -> list[str]:
        chance = self.chance
        if chance.random() < EXEMPT:
            return ["1"]
        shop = f"{chance.choice(_LAST)} {chance.choice(('shop', 'noodles', 'repair', 'weaving'))} {self.number}"
        sex = chance.choices("123", (4, 5, 1))[0]
        return ["2", "1", self._name(), shop, chance.choice("12345"), self._village(), self._date(20), "0", sex]

    def _health(self) -> list[str]:
        chance = self.chance
        return ["3", "2", str(chance.randint(0, 5)), self._village(), chance.choice("12"), "1", chance.choice("12")]

    def _said(self) -> list[str]:
        chance = self.chance
        kind, about = chance.choice("1123"), chance.choice("12345")
        return [kind, about, "2", self._village(), "1", "The office was closed again", chance.choice("13")]

    def _form(self) -> str:
        chance = self.chance
        date = (self.today - timedelta(days=chance.randint(1, 20))).strftime("%d/%m/%Y")
        word, sex = chance.choice((("BIRTH", "M"), ("BIRTH", "F"), ("ເກີດ", "ຊາຍ"), ("ເກີດ", "ຍິງ")))
        mother, who = chance.randint(18, 41), chance.choice("1123")
        return f'{word} {sex} {date} "{self._name()}" {self._village()} {mother} {who} 1 1'

    def _farm(self) -> str:
        chance = self.chance
        owned = chance.randint(5, 60)
        return (
            f"FARM {chance.choice('1234')} {owned} {chance.randint(1, 4)} {chance.randint(0, 1)} 13 {self._village()}"
        )


@contextlib.asynccontextmanager
async def _opened(config: Config, weeks: int, seed: int, until: float) -> AsyncIterator[Past]:
    """The node's own services, tables and district, in the past."""
    where = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        own = config.model_copy(update={"data": Path(folder)})
        prepared = services.prepare(own, plugs.channels(own))
        overlay = Overlay.over(prepared)
        mind = services.mind(prepared, overlay.given, overlay.under)
        morning = datetime.fromtimestamp(until, ZoneInfo(own.timezone)).replace(
            hour=8, minute=0, second=0, microsecond=0
        )
        # By a clock that is older than this program nothing is told.
        now = [max(morning.timestamp() - weeks * 7 * DAY, EARLIEST + DAY)]
        clock = Clock(own.timezone, lambda: now[0], lambda: now[0])
        settings = configuration.store_settings(own)
        async with open_memory(settings, secrets.token_bytes(32), mind, clock=clock, house=False) as memory:
            await Publishing(own, memory, overlay).begin(prepared)
            await memory.refresh()
            yield Past(memory, next(iter(own.channels)), random.Random(seed), now)  # noqa: S311 - a game, not a secret


async def made_up(config: Config, weeks: int = WEEKS, seed: int = SEED, until: float = 0) -> tuple[list[Figure], int]:
    """What the engine tells of invented people who came in these weeks, and how many; `until` is now when not given."""
    until = until or time.time()
    async with _opened(config, weeks, seed, until) as past:
        while past.now[0] < until - 7 * DAY:
            await past.week()
        past.now[0] = until
        for _ in range(6):
            await past.memory.sweep.round()
            past.now[0] += 3600
        return await past.memory.figures.read(EVERYTHING, 0, FOR_EVER), past.people


async def fill(config: Config, weeks: int = WEEKS) -> int:
    """Put them into the reports of the demonstration, once; returns how many people were made up.

    Raises:
        ConfigFault: there is no database yet.
    """
    async with beside(config) as memory:
        if await memory.figures.invented():
            return 0
    told, people = await made_up(config, weeks)
    async with beside(config) as memory:
        await memory.figures.invent(told, people)
    return people


def main() -> None:
    """Fill the demonstration of the configuration named on the command line, and let everybody else go first."""
    os.nice(15)
    config = configuration.load(Path(sys.argv[1]))
    log.start("error")
    started = time.monotonic()
    people = asyncio.run(fill(config))
    sys.stdout.write(orjson.dumps({"people": people, "seconds": round(time.monotonic() - started, 1)}).decode() + "\n")


if __name__ == "__main__":
    main()
