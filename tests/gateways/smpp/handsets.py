"""Phones at the SMSC of `tests/peers/smsc.js`: people who dial, answer, lose screens, dial again, and want a reference.

They live in the test and reach the SMSC by its radio, so that its death takes their dialogue and not them.
"""

import asyncio
import contextlib
import json
import random
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateways.smpp.coding import read_text
from tests.journeys.crowd import wits
from tests.journeys.wits import references

CODE: Final = "*999#"
PATIENCE: Final = 1.5
"""Seconds after the acknowledgement of a key press at which somebody without a screen dials again."""
MOST_TALKS: Final = 60
_LISTED: Final = re.compile(r"\b(\d{3}) (\d{3}) (\d{3})\b")


class Radio:
    """The connection of all phones to the SMSC; made again whenever it is lost."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writer: asyncio.StreamWriter | None = None
        self._there = asyncio.Event()
        self._phones: dict[str, asyncio.Queue[Mapping[str, Any] | None]] = {}

    def attend(self, number: str) -> "asyncio.Queue[Mapping[str, Any] | None]":
        """What is told to this number; None: the network was lost."""
        return self._phones.setdefault(number, asyncio.Queue())

    async def say(self, **press: Any) -> None:
        """Send one key press, when there is a network. Whether it arrived is told by its acknowledgement."""
        await self._there.wait()
        if self._writer is not None:
            self._writer.write((json.dumps(press) + "\n").encode())

    async def run(self) -> None:
        """Hold it until cancelled."""
        while True:
            with contextlib.suppress(OSError):
                reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._there.set()
                while line := await reader.readline():
                    if not line.endswith(b"\n"):
                        break
                    news = json.loads(line)
                    self.attend(news["number"]).put_nowait(news)
                self._writer.close()
            if self._there.is_set():
                self._there.clear()
                for queue in self._phones.values():
                    queue.put_nowait(None)
            await asyncio.sleep(0.05)


@dataclass
class Phone:
    """One citizen who registers one birth.

    Attributes:
        told: the reference, once a screen has told it. lost: screens that did not come.
    """

    number: str
    radio: Radio
    rng: random.Random
    told: str = ""
    lost: int = 0
    _news: "asyncio.Queue[Mapping[str, Any] | None]" = field(init=False)
    _session: int = 0
    _unit: int = 0
    _perhaps_sent: bool = False

    def __post_init__(self) -> None:
        self._news = self.radio.attend(self.number)

    async def walk(self) -> None:
        """One dialogue after the other until a screen tells the reference."""
        for _ in range(MOST_TALKS):
            if await self._talk():
                return
            if self._session and self.rng.random() < 0.5:
                await self._say("end", "")
        raise AssertionError(f"{self.number} gave up")

    async def _talk(self) -> bool:
        """One dialogue; whether the reference is known at its end."""
        self._session, self._unit = self._session % 255 + 1, 0
        typed = CODE
        while True:
            await self._say("start" if self._unit == 0 else "input", typed)
            self._unit += 1
            screen, over = await self._screen()
            if told := references(screen) or self._listed(screen):
                (self.told,) = told
                return True
            if over or not screen:
                self.lost += not screen
                return False
            typed = self._answer(screen)
            if not typed:
                return False

    async def _say(self, op: str, text: str) -> None:
        words = {"number": self.number, "to": "999", "session": self._session, "unit": self._unit}
        await self.radio.say(op=op, text=text, **words)

    async def _screen(self) -> tuple[str, bool]:
        """The screen of this dialogue; "" when it does not come, or the network goes."""
        patience = None
        while True:
            try:
                async with asyncio.timeout(patience):
                    news = await self._news.get()
            except TimeoutError:
                return "", False
            if news is None:
                return "", False
            if news["session"] != self._session:
                continue
            if "screen" in news:
                return read_text(news["coding"], bytes.fromhex(news["screen"]), ussd=True), news["over"]
            patience = PATIENCE

    def _answer(self, screen: str) -> str:
        """What she presses; "" when she hangs up."""
        if requests := re.search(r"^(\d) My requests", screen, re.MULTILINE):
            birth = re.search(r"^(\d) Register a birth", screen, re.MULTILINE)
            return requests[1] if self._perhaps_sent or birth is None else birth[1]
        if "No requests" in screen:
            self._perhaps_sent = False
            return ""
        if "go on where you stopped" in screen:
            return "1"
        typed = wits().answer(screen, self.rng)
        # The screen that tells the reference may be lost: then she looks whether it was sent.
        self._perhaps_sent = self._perhaps_sent or (typed == "1" and "end" in screen)
        return typed

    def _listed(self, screen: str) -> set[str]:
        return {"".join(found) for found in _LISTED.findall(screen)} if self._perhaps_sent else set()


@contextlib.asynccontextmanager
async def phones(port: int, count: int, seed: str) -> AsyncIterator[tuple[list[Phone], "asyncio.Task[Any]"]]:
    """So many people at work; and the task that ends when all have what they want."""
    radio = Radio(port)
    holding = asyncio.create_task(radio.run())
    made = [Phone(f"85620551{one:05}", radio, random.Random(f"{seed}/{one}")) for one in range(count)]
    walking = asyncio.gather(*(phone.walk() for phone in made))
    try:
        yield made, walking  # type: ignore[misc] # a future of all of them
    finally:
        for task in (walking, holding):
            task.cancel()
        await asyncio.gather(walking, holding, return_exceptions=True)
