"""Simulated phones and the operator between them and the node: dial, press, drop, redial, and calls that come twice."""

import asyncio
import itertools
import random
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from tests.journeys.wits import NONSENSE, Wits, references

# A call that gets no answer is made again: the operator's behaviour that duplicates everything.
_AGAIN: Final = 0.1
_APOLOGIES: Final = 20
MOST_PRESSES: Final = 90
# The share of sessions of which a copy of some call comes after the end.
LATE: Final = 0.2


class NodeFaultError(AssertionError):
    """The node answered what no operator may ever see."""


@dataclass
class Operator:
    """Carries calls to one channel's address. All of its mischief is drawn from `rng`."""

    http: aiohttp.ClientSession
    door: str
    rng: random.Random
    twice: float = 0.05
    late: float = 0.03
    patience: float = 60.0
    calls: int = 0
    apologised: int = 0
    apologies: frozenset[str] = frozenset()
    told: set[str] = field(default_factory=set)
    outcomes: list[str] = field(default_factory=list)
    _sessions: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def session(self) -> str:
        return f"ATUid_{self.rng.getrandbits(64):016x}{next(self._sessions)}"

    async def carry(self, form: dict[str, str]) -> str:
        """One call, until it is answered; what it tells is remembered."""
        body = await self._once(form)
        if self.rng.random() < self.twice:
            again = await self._once(form)
            if again != body:
                raise NodeFaultError(f"the same call got another answer:\n{body}\n---\n{again}")
        self.told |= references(body)
        return body

    async def echo(self, form: dict[str, str]) -> None:
        """A late copy of an earlier call: whatever it is answered, it may change nothing."""
        body = await self._once(form)
        self.told |= references(body)

    async def end(self, session: str, number: str) -> None:
        """The operator's event at the end of a session."""
        form = {"sessionId": session, "phoneNumber": number, "status": "Incomplete"}
        await self._post("ussd/end", form)

    async def text(self, form: dict[str, str]) -> None:
        """One SMS of a phone to the node, and again, as operators do who did not hear the answer."""
        for _ in range(1 + (self.rng.random() < self.twice * 4) + (self.rng.random() < self.twice * 4)):
            await self._post("sms", form)

    async def _once(self, form: dict[str, str]) -> str:
        for _ in range(_APOLOGIES):
            body = await self._post("ussd", form)
            if not body.startswith(("CON ", "END ")):
                raise NodeFaultError(f"neither CON nor END: {body[:80]!r}")
            if body not in self.apologies:
                break
            # The node was too slow. What became of the call only the call itself can tell, so it is made again.
            self.apologised += 1
            await asyncio.sleep(0.5)
        return body

    async def _post(self, tail: str, form: dict[str, str]) -> str:
        """The answer; a node that is away is called again: it may have written the call and died before answering."""
        self.calls += 1
        deadline = asyncio.get_running_loop().time() + self.patience
        while True:
            try:
                async with self.http.post(f"{self.door}/{tail}", data=form) as answer:
                    body = await answer.text()
                    if answer.status == 200:
                        return body
                    # A key press always gets a screen; of anything else the node may say that it is not written yet.
                    if answer.status != 503 or tail == "ussd":
                        raise NodeFaultError(f"{tail} answered {answer.status}")
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                if asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(_AGAIN * (0.5 + self.rng.random()))


@dataclass
class Phone:
    """One number in one dialogue."""

    number: str
    operator: Operator
    code: str = "*999#"
    network: str = "99999"
    screen: str = ""
    ended: bool = True
    _session: str = ""
    _text: str | None = None
    _said: list[dict[str, str]] = field(default_factory=list)

    async def dial(self, extra: str = "") -> None:
        """Dial the code, or `*999*extra#`."""
        self._session = self.operator.session()
        self._said = []
        await self._call(extra)

    async def press(self, typed: str) -> None:
        """Send one input."""
        await self._call(f"{self._text}*{typed}" if self._text else typed)

    async def drop(self, *, tell: bool) -> None:
        """The session breaks; the operator may or may not say so."""
        if tell:
            await self.operator.end(self._session, self.number)
        self.ended = True

    async def haunt(self) -> None:
        """An earlier call of this session comes once more."""
        if self._said:
            await self.operator.echo(self.operator.rng.choice(self._said))

    async def come_late(self) -> None:
        """Any call of this session comes again after its end: it gets the last screen once more."""
        await asyncio.sleep(self.operator.rng.random())
        last = f"END {self.screen}"
        for form in (self._said[-1], self.operator.rng.choice(self._said)):
            if (body := await self.operator.carry(form)) != last:
                raise NodeFaultError(f"a late copy got another answer:\n{body}\n---\n{last}")

    async def _call(self, text: str) -> None:
        form = {
            "sessionId": self._session,
            "phoneNumber": self.number,
            "networkCode": self.network,
            "serviceCode": self.code,
            "text": text,
        }
        body = await self.operator.carry(form)
        self._text = text
        self._said.append(form)
        self.screen, self.ended = body[4:], body.startswith("END")


@dataclass
class Citizen:
    """Somebody who wants one request made, on a bad line and with clumsy fingers."""

    phone: Phone
    wits: Wits
    rng: random.Random
    wrong: float = 0.06
    drops: float = 0.015
    trail: list[tuple[str, str]] = field(default_factory=list)

    async def visit(self, service: str) -> str:
        """Walk through a service until a screen tells a reference, or for as long as patience lasts."""
        await self.phone.dial(service)
        for _ in range(MOST_PRESSES):
            told = references(self.phone.screen)
            if self.phone.ended and told:
                if self.rng.random() < LATE:
                    await self.phone.come_late()
                return "told"
            if self.phone.ended:
                await self.phone.dial(service)
                continue
            await self._step(service)
        return "gave up"

    async def _step(self, service: str) -> None:
        mischief = self.rng.random()
        if mischief < self.drops:
            await self.phone.drop(tell=self.rng.random() < 0.5)
            self.trail.append((self.phone.screen, "DROP"))
            return
        if mischief < self.drops + self.phone.operator.late:
            await self.phone.haunt()
        wrong = self.rng.random() < self.wrong
        typed = self.rng.choice(NONSENSE) if wrong else self.wits.answer(self.phone.screen, self.rng)
        self.trail.append((self.phone.screen, typed))
        await self.phone.press(typed)
