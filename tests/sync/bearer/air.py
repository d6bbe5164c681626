"""A node with the real store, the real reference agency, and the air between their modems, which a test may spoil."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
from aiohttp import web

from flows.turn import Heard, Moment, Turn
from store.bearer import Ear
from store.clock import Clock
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from store.values import Call, Inbound, Sent
from sync.agency import AgencySettings, make_agency_app, messages
from sync.agency import nodes as nodes_of
from sync.agency.app import BOOK
from sync.agency.book import Book
from sync.agency.settings import MessageSettings
from sync.bearer.node import Carrier, Shared
from sync.bearer.settings import BearerSettings
from sync.connectors.native import Connector, NativeSettings
from sync.means import Means
from sync.signing import key_of
from sync.worker import Worker
from tests.ports import free_port
from tests.store.conftest import KEY, NOON, Hands
from tests.store.mind import small_mind
from tests.sync.bearer import kit
from tests.sync.conftest import serve

NODE_NUMBER, AGENCY_NUMBER = "+8562099900001", "+8562099900002"
AGENCY = "registry"
HOOK = "hook-secret-of-the-gateway"


def submitting(answers: list[dict[str, Any]]) -> Callable[..., Turn]:
    """A dialogue that submits the next of these with each key press."""

    def hear(office: Any, talk: Any, person: Any, heard: Heard, moment: Moment) -> Turn:
        from flows.turn import Screen  # noqa: PLC0415 - beside its use

        if heard.fresh:
            return Turn(Screen("hello"), None)
        one = kit.submit(
            answers[len(heard.text) - 1],
            agencies=(AGENCY,),
            submission_id=moment.ids[0],
            case_id=moment.ids[1],
            reference=moment.reference,
        )
        return Turn(Screen("done", end=True), None, effects=(one,))

    return hear


@dataclass
class Air:
    """What is between the modems: every message goes through `weather`, which returns what arrives of it."""

    up: list[str] = field(default_factory=list)
    down: list[str] = field(default_factory=list)
    weather: Callable[[str], list[str]] = lambda text: [text]

    def go(self, texts: list[str]) -> list[str]:
        return [arrived for text in texts for arrived in self.weather(text)]


def nothing(_: str) -> list[str]:
    """Air in which everything is lost."""
    return []


class Modem:
    """The HTTP gateway of the agency's modem."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.status = 200
        self.app = web.Application()
        self.app.router.add_post("/send", self.send)

    async def send(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert form["to"] == NODE_NUMBER
        if self.status == 200:
            self.sent.append(str(form["text"]))
        return web.Response(status=self.status)


@dataclass
class World:
    """Both ends, and time that passes by hand."""

    memory: Memory
    carrier: Carrier
    worker: Worker
    hands: Hands
    book: Book
    port: int
    modem: Modem
    connector: Connector
    sender: messages.Messages
    session: aiohttp.ClientSession
    air: Air = field(default_factory=Air)

    async def submit(self, count: int = 1) -> list[bytes]:
        """Take requests in through the dialogue; returns the events that were fixed."""
        for number in range(1, count + 1):
            await self.memory.turns.take(Call("at", f"s{number}-{self.hands.wall}", kit.LAO, "", "*999#"))
            heard = "x" * number
            await self.memory.turns.take(Call("at", f"s{number}-{self.hands.wall}", kit.LAO, heard, "*999#"))
        return await self.events()

    async def events(self) -> list[bytes]:
        rows = await self.memory._reading.rows("SELECT event FROM submission ORDER BY seq")
        return [bytes(row[0]) for row in rows]

    async def break_link(self, seconds: float = 700) -> None:
        """Let the worker find that nobody is there, and time pass."""
        while self.worker.breaker.position == "closed":
            await self.worker.step()
            self.hands.go(1)
        self.hands.go(seconds)

    async def up(self) -> list[str]:
        """One step of the node's bearer, and its messages to the agency's gateway; returns what was sent."""
        await self.carrier.step()
        sent = []
        while batch := await self.memory.messages.claim(64, int(self.hands.wall), "modem"):
            for message in batch:
                assert message.msisdn == AGENCY_NUMBER
                assert message.parts == 1
                await self.memory.messages.start(message.id)
                await self.memory.messages.settle(message.id, Sent(f"g{message.id}"), now=int(self.hands.wall))
                sent.append(message.text)
        self.air.up += sent
        await self.bring(self.air.go(sent))
        return sent

    async def bring(self, texts: list[str], sender: str = NODE_NUMBER) -> None:
        """Messages as the agency's gateway brings them."""
        url = f"http://127.0.0.1:{self.port}/bearer/{HOOK}/sms"
        async with aiohttp.ClientSession() as session:
            for text in texts:
                async with session.post(url, data={"from": sender, "text": text}) as response:
                    assert response.status == 200

    async def answers(self) -> list[str]:
        """Let the agency write and send its next messages, and give them to the node; returns what was sent."""
        await self.sender.step(self.session)
        sent, self.modem.sent[:] = list(self.modem.sent), []
        self.air.down += sent
        await self.give(self.air.go(sent))
        return sent

    async def give(self, texts: list[str]) -> None:
        """Messages as they come in at the node's door."""
        ear = Ear(self.memory.bearer, self.memory.turns, [AGENCY_NUMBER])
        for number, text in enumerate(texts):
            await ear.overhear(Inbound("modem", f"{self.hands.ticks}-{number}", AGENCY_NUMBER, "1999", text))
        await self.carrier.step()

    async def age(self, seconds: int = 3600) -> None:
        """Let the agency's clock, which no test moves, have gone on: what it noted was a while ago."""

        def run(connection: Any) -> None:
            connection.execute("UPDATE bearer_frame SET at = at - ?", (seconds,))
            connection.execute("UPDATE bearer_node SET told_at = told_at - ?", (seconds,))

        await self.book.do(run)

    async def states(self) -> list[str]:
        rows = await self.memory._reading.rows("SELECT state FROM delivery ORDER BY seq")
        names = (
            "queued",
            "leased",
            "in_doubt",
            "retry_wait",
            "accepted",
            "refused",
            "officer_review",
            "",
            "",
            "carried",
        )
        return [names[row[0]] for row in rows]

    async def taken(self) -> list[bytes]:
        """The events that the agency has, as bytes, each once for each effect."""

        def read(connection: Any) -> list[bytes]:
            return [bytes(row[0]) for row in connection.execute("SELECT event FROM request ORDER BY number")]

        return await self.book.do(read)

    async def decide(self, number: int, status: str, **more: Any) -> None:
        from sync.agency import decisions  # noqa: PLC0415 - beside its use

        decision = decisions.Decision(status, **more)
        assert (
            await self.book.do(
                decisions.decide, number, decision, self.book.life, int(self.hands.wall), self.book.opener
            )
            == ""
        )


@asynccontextmanager
async def world(
    folder: Path,
    answers: list[dict[str, Any]] | None = None,
    *,
    pages: bool = True,
    hands: Hands | None = None,
    bearer: dict[str, Any] | None = None,
    patience: int = 0,
) -> AsyncIterator[World]:
    """A node and an agency; opened again in the same folder, both take up what they left."""
    hands = hands or Hands()
    modem, port, modem_port = Modem(), free_port(), free_port()
    modem_runner = await serve(modem.app, modem_port)
    settings = MessageSettings.model_validate(
        {"secret": HOOK, "send_url": f"http://127.0.0.1:{modem_port}/send", "patience": patience}
    )
    with patch.object(messages.Messages, "running", _by_hand):
        app = make_agency_app(AgencySettings(data=folder / "agency", bearer=settings))
    runner = await serve(app, port)
    book = app[BOOK]
    secret = await _secret(book)
    connector = Connector(AGENCY, kit.NODE, NativeSettings(url=f"http://127.0.0.1:{port}", secret=secret))
    mind = small_mind(hear=submitting(answers or [kit.BIRTH] * 70))
    settings_ = StoreSettings(data=folder / "node", node=kit.NODE, reserve_mb=0, free_mb=0)
    clock = Clock("Asia/Vientiane", lambda: hands.wall, lambda: hands.ticks)
    async with (
        open_memory(settings_, KEY, mind, clock=clock, house=False) as memory,
        aiohttp.ClientSession() as session,
    ):
        means = Means("test", now=lambda: int(hands.wall), steady=lambda: hands.ticks, chance=lambda: 0.5)
        dead = Connector(AGENCY, kit.NODE, NativeSettings(url=f"http://127.0.0.1:{free_port()}", secret=secret))
        worker = Worker(AGENCY, dead, memory.road, means)
        all_pages = {kit.page(name).revision: kit.page(name) for name in kit.revisions()}
        given = Shared(memory.road, memory.bearer, means, lambda: all_pages, lambda: memory.epoch)
        chosen = BearerSettings.model_validate({"number": AGENCY_NUMBER, "channel": "modem"} | (bearer or {}))
        carrier = Carrier(
            AGENCY, chosen, key_of(secret.get_secret_value()), given, lambda: worker.breaker.position, connector
        )
        if pages:
            await carrier.step()
        try:
            sender = messages.Messages(book, settings)
            yield World(memory, carrier, worker, hands, book, port, modem, connector, sender, session)
        finally:
            await dead.close()
            await connector.close()
    await runner.cleanup()
    await modem_runner.cleanup()


async def _by_hand(*_: Any) -> AsyncIterator[None]:
    """The agency's sender takes a step when a test says so: what it has sent by then is no matter of time."""
    yield


async def _secret(book: Book) -> Any:
    from pydantic import SecretStr  # noqa: PLC0415 - beside its use

    def known(connection: Any) -> str:
        found = connection.execute("SELECT secret FROM node").fetchone()
        return found[0] if found else ""

    return SecretStr(await book.do(known) or await book.do(nodes_of.enrol, kit.NODE))


def ids(events: list[bytes]) -> list[str]:
    return [json.loads(event)["id"] for event in events]


assert NOON
