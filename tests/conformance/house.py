"""A small house for the kit: the real store, the real gate and doors, and a dialogue that only counts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

import sms.door
import sms.port
import ussd.door
import ussd.port
from flows.turn import Heard, Moment, Screen, Text, Turn
from sala.gate import Gate, Way
from sms.lane import Lane, Rules
from store.memory import Memory, open_memory
from store.mind import Mind
from store.settings import StoreSettings
from store.values import Answer
from tests.conformance.wires import SMS, USSD, Letter
from tests.ports import free_port

SECRET = "the-kits-own-secret-0123456789"
CHANNEL = "kit"


class Heard_(msgspec.Struct, array_like=True):  # noqa: N801 - a state, named after what it keeps
    """All that the counting dialogue keeps."""

    inputs: list[str] = []


def _hear(_office: Any, talk: Heard_ | None, _person: Any, heard: Heard, moment: Moment) -> Turn:
    """Say how much was heard and what came last; `bye` ends. On SMS it answers with the same words."""
    del moment
    inputs = list(heard.dialled) if heard.fresh else [*(talk.inputs if talk else ()), heard.text]
    words = f"{len(inputs)} {inputs[-1] if inputs else 'ສະບາຍດີ'}"
    if heard.channel == "sms":
        return Turn(None, Heard_(inputs), effects=(Text("answer", words, "en"),), keep_until=2**40)
    end = bool(inputs) and inputs[-1] == "bye"
    return Turn(Screen(words, end), None if end else Heard_(inputs))


def mind() -> Mind:
    """The counting dialogue in the form that the store asks for."""
    return Mind(
        compose=lambda _catalogue: None,
        hear=_hear,
        encode=msgspec.msgpack.encode,
        decode_talk=lambda data: msgspec.msgpack.decode(data, type=Heard_) if data else None,
        decode_person=lambda _data: None,
        may_text=lambda _person, _kind: True,
        language=lambda _person: "en",
        try_later=lambda _language: "try later",
        status_text=lambda _office, _news: "",
    )


@dataclass
class House:
    """What a case works with."""

    memory: Memory
    http: aiohttp.ClientSession
    url: str
    lane: Lane | None = None

    async def say(self, letter: Letter, *, secret: str = SECRET) -> Answer:
        """Send one request as the gateway would."""
        headers = {"Content-Type": letter.content_type}
        url = f"{self.url}/gateways/{CHANNEL}/{secret}/{letter.tail}"
        async with self.http.post(url, data=letter.body, headers=headers) as answer:
            return Answer(answer.status, await answer.read(), answer.content_type)


@contextlib.asynccontextmanager
async def house(
    folder: Path, name: str, *, api: str = "http://127.0.0.1:1", budget: int = 1000, deadline: float = 5
) -> AsyncIterator[House]:
    """A channel of the gateway `name` over a store in `folder`."""
    async with open_memory(StoreSettings(data=folder, node="KIT"), b"k" * 32, mind()) as memory:
        hooks: dict[str, Any] = {}
        lane = None
        if name in USSD:
            hooks |= _ussd(name, USSD[name].settings, memory, deadline)
        if name in SMS:
            gateway_class = sms.port.load(name)
            settings = gateway_class.Settings.model_validate({**SMS[name].settings(api), "budget_per_day": budget})
            gateway = gateway_class(CHANNEL, settings)
            hooks |= sms.door.Door(CHANNEL, gateway, memory.turns, memory.messages).hooks()
            lane = Lane(
                CHANNEL,
                gateway,
                memory.messages,
                rules=Rules.of(settings, "LA"),
                clock=memory.clock.steady,
                chance=lambda: 0.0,
                bell=memory.bell(CHANNEL),
            )
        async with _site(hooks) as url, aiohttp.ClientSession() as http:
            yield House(memory, http, url, lane)
        if name in SMS:
            await gateway.close()


def _ussd(name: str, settings: Mapping[str, Any], memory: Memory, deadline: float) -> Mapping[str, Any]:
    gateway_class = ussd.port.load(name)
    gateway = gateway_class(CHANNEL, gateway_class.Settings.model_validate(settings))
    return ussd.door.Door(CHANNEL, gateway, memory.turns, lambda _key, _number: "sorry", deadline=deadline).hooks()


@contextlib.asynccontextmanager
async def _site(hooks: Mapping[str, Any]) -> AsyncIterator[str]:
    gate = Gate({CHANNEL: Way((SECRET.encode(),), hooks)})
    runner = web.ServerRunner(web.Server(gate.handle, access_log=None))
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
