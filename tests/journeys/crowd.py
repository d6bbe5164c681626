"""Many citizens at once, before one node."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import aiohttp

from flows import phrases
from flows.loader import load_path
from flows.model import Flow
from flows.tables import Tables, read_csv
from tests.journeys.phones import Citizen, NodeFaultError, Operator, Phone
from tests.journeys.wits import Wits

_LIBRARY = Path(__file__).parents[2] / "flows" / "library"


# Numbers of citizens who only write begin with this, those of citizens who dial do not.
TEXTERS = "+85630"


@cache
def _flows() -> tuple[Flow, ...]:
    return tuple(load_path(_LIBRARY))


@cache
def services() -> tuple[str, ...]:
    """What is dialled between `*999*` and `#` for each of the six services."""
    return tuple(str(flow.entry.menu) for flow in _flows() if flow.entry and flow.entry.menu)


@cache
def wits() -> Wits:
    """What citizens know: the library's questions and the sample villages."""
    tables = Tables({path.stem: read_csv(path.name, path.read_text()) for path in (_LIBRARY / "tables").glob("*.csv")})
    return Wits(_flows(), [place.code for place in tables.places.every("village")], {})


@contextlib.asynccontextmanager
async def operator(url: str, rng: random.Random, *, patience: float = 60.0) -> AsyncIterator[Operator]:
    """The operator between the phones and the node at `url`."""
    spoken = phrases.load()
    apologies = frozenset(f"END {spoken.say(tag, 'later.try_later')}" for tag in ("en", "lo"))
    connector = aiohttp.TCPConnector(limit=500)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as http:
        yield Operator(http, url, rng, patience=patience, apologies=apologies)


def texter(number: int) -> str:
    """The number of a citizen who only writes."""
    return f"{TEXTERS}{number:07}"


@dataclass
class Crowd:
    """Citizens with numbers of their own; each makes one request after the other."""

    operator: Operator
    seed: int
    ends: Counter[str] = field(default_factory=Counter)
    visits: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def citizen(self, number: int) -> Citizen:
        """The citizen with this number; the same one for the same seed."""
        phone = Phone(f"+85620{5_000_0000 + number:08}", self.operator)
        return Citizen(phone, wits(), random.Random(f"{self.seed}/{number}"))

    async def visit(self, citizen: Citizen, service: str) -> None:
        """One visit, and how it ended."""
        end = await citizen.visit(service)
        self.ends[end] += 1
        self.visits[service] += 1

    async def text(self, number: int) -> str:
        """Register a birth in one message; returns the number it came from."""
        rng = random.Random(f"{self.seed}/text/{number}")
        msisdn = texter(number)
        await asyncio.sleep(rng.random() * 5)
        mother = "".join("aeiounlsmk"[int(digit)] for digit in f"{number:06}").capitalize()
        words = f'BIRTH {rng.choice("FM")} {rng.choice(["today", "yesterday"])} "{mother} La" 0901005 24 1 1 1'
        sent = {
            "id": f"ATMO_{self.seed}_{number}",
            "from": msisdn,
            "to": "1999",
            "text": words,
            "linkId": "",
            "date": "",
        }
        await self.operator.text(sent)
        return msisdn

    async def keep_coming(self, count: int, closing: asyncio.Event) -> None:
        """`count` citizens at once, each with one request after another until the doors close."""
        await asyncio.gather(*(self._regular(self.citizen(number), closing) for number in range(count)))

    async def _regular(self, citizen: Citizen, closing: asyncio.Event) -> None:
        while not closing.is_set():
            try:
                await self.visit(citizen, citizen.rng.choice(services()))
            except NodeFaultError as fault:
                self.faults.append(str(fault))
