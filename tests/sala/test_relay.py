"""A RapidPro site sends to phones through a node and gets what they write, in RapidPro's own shapes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web

from flows.errors import ConfigFault
from sala import app, config
from sms import relaying
from tests.ports import free_port

SECRET = "a-long-random-word-of-16-or-more-characters"
PHONE = "+8562055512345"
LAO = "ທ່ານສະບາຍດີບໍ່? ກະລຸນາຕອບ ໑ ຫຼື ໒"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaying, "LOOK", 0.02)


@dataclass
class Courier:
    """A RapidPro site's side of an external channel, and an aggregator of the phones, at one address."""

    port: int
    fails: int = 0
    came: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def handle(self, request: web.BaseRequest) -> web.Response:
        fields = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        if self.fails:
            self.fails -= 1
            return web.Response(status=503)
        self.came.append((request.rel_url.path, fields))
        text = "SMS Accepted: 4721" if request.rel_url.path.endswith("/receive") else "Status Update Accepted"
        return web.Response(text="ok" if request.rel_url.path == "/phones" else text)

    def of(self, path: str) -> list[dict[str, str]]:
        return [fields for where, fields in self.came if where == path]

    async def until(self, seen: Callable[[], Any]) -> None:
        async with asyncio.timeout(60):
            while not seen():  # noqa: ASYNC110 - the condition is the caller's
                await asyncio.sleep(0.01)


@dataclass
class House:
    """The node by its door."""

    http: aiohttp.ClientSession
    door: str
    courier: Courier
    node: app.Node

    async def site(self, id_: str, text: str, to: str = PHONE.removeprefix("+")) -> int:
        """What courier sends for a message to a contact."""
        return await self._post("site", "sms", id=id_, to=to, text=text)

    async def phone(self, text: str, *, date: str, channel: str = "box") -> int:
        return await self._post(channel, "sms", **{"from": PHONE, "date": date}, text=text)

    async def report(self, mark: str, word: str) -> int:
        return await self._post("box", f"report/{word}", id=mark)

    async def _post(self, channel: str, tail: str, **fields: str) -> int:
        url = f"{self.door}/gateways/{channel}/{SECRET}/{tail}"
        async with self.http.post(url, data=fields) as answer:
            return answer.status


def written(folder: Path, http: int, courier: int, relay: str) -> Path:
    file = folder / "sala.toml"
    channel = (
        '[channels.{name}]\ngateway = "http"\nmap = "{map}"\nsecret = "{secret}"\nbase_url = "{url}"\nrate = 1000\n'
    )
    here = f"http://127.0.0.1:{courier}"
    box = channel.format(name="box", map="rapidpro", secret=SECRET, url=f"{here}/phones")
    site = channel.format(name="site", map="rapidpro-site", secret=SECRET, url=here)
    file.write_text(
        'node = "LA-TEST-01"\ndistrict = "LA0901"\nlanguages = ["lo", "en"]\n'
        f"[http]\nport = {http}\n[console]\nport = {free_port()}\n[store]\nfree_mb = 0\nreserve_mb = 0\n"
        f'{box}short_codes = ["1888"]\n{site}account = "EX-UUID"\n{relay}'
    )
    return file


@contextlib.asynccontextmanager
async def house(folder: Path, relay: str = '[relay.site]\nchannels = ["box"]\n') -> AsyncIterator[House]:
    courier, port = Courier(free_port()), free_port()
    runner = web.ServerRunner(web.Server(courier.handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", courier.port).start()
    try:
        async with (
            app.node(config.load(written(folder, port, courier.port, relay)), frozenset({"ussd", "sms"})) as node,
            aiohttp.ClientSession() as http,
        ):
            yield House(http, f"http://127.0.0.1:{port}", courier, node)
    finally:
        await runner.cleanup()


async def test_there_and_back(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        courier = one.courier
        for _ in range(2):
            assert await one.site("4711", LAO) == 200
        await courier.until(lambda: courier.of("/phones"))
        sent = courier.of("/phones")[0]
        assert (sent["to"], sent["text"], sent["from"]) == (PHONE, LAO, "1888")
        await courier.until(lambda: courier.of("/c/ex/EX-UUID/sent"))
        for _ in range(2):
            assert await one.report(sent["id"], "delivered") == 200
        await courier.until(lambda: courier.of("/c/ex/EX-UUID/delivered"))
        # What the phone answers is RapidPro's, and no word of it is heard here: HELP is none of Sala's on this code.
        for _ in range(2):
            assert await one.phone("HELP", date="2026-11-29T03:12:00Z") == 200
        assert await one.phone("໑", date="2026-11-29T03:13:00Z") == 200
        await courier.until(lambda: len(courier.of("/c/ex/EX-UUID/receive")) == 2)
        assert courier.of("/c/ex/EX-UUID/receive") == [{"from": PHONE, "text": "HELP"}, {"from": PHONE, "text": "໑"}]
        assert len(courier.of("/phones")) == 1
        assert courier.of("/c/ex/EX-UUID/sent") == courier.of("/c/ex/EX-UUID/delivered") == [{"id": "4711"}]
        assert not await one.node.memory.messages.relay.untold("site")


async def test_only_what_begins_with_its_keyword(tmp_path: Path) -> None:
    async with house(tmp_path, '[relay.site]\nchannels = ["box"]\nkeywords = ["vac"]\n') as one:
        courier = one.courier
        assert await one.phone("VAC 3", date="1") == 200
        assert await one.phone("HELP", date="2") == 200
        await courier.until(lambda: courier.of("/c/ex/EX-UUID/receive") and courier.of("/phones"))
        assert courier.of("/c/ex/EX-UUID/receive") == [{"from": PHONE, "text": "VAC 3"}]
        # One who has said STOP gets nothing of the site's either, and the site knows.
        assert await one.phone("STOP", date="3") == 200
        before = len(courier.of("/phones"))
        assert await one.site("4712", "buy") == 200
        await courier.until(lambda: courier.of("/c/ex/EX-UUID/failed"))
        assert courier.of("/c/ex/EX-UUID/failed") == [{"id": "4712"}]
        assert not any(fields["text"] == "buy" for fields in courier.of("/phones")[before:])


async def test_the_site_is_told_when_it_is_there_again(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        courier = one.courier
        assert await one.site("4713", "hello") == 200
        await courier.until(lambda: courier.of("/phones"))
        courier.fails = 2
        assert await one.report(courier.of("/phones")[0]["id"], "failed") == 200
        await courier.until(lambda: courier.of("/c/ex/EX-UUID/failed"))
        assert courier.of("/c/ex/EX-UUID/failed") == [{"id": "4713"}]


@pytest.mark.parametrize(
    ("relay", "said"),
    [
        ('[relay.nowhere]\nchannels = ["box"]\n', "relay.nowhere: no channel of this name carries messages"),
        ('[relay.site]\nchannels = ["nowhere"]\n', "relay.site.channels: nowhere is no channel"),
        ('[relay.site]\nchannels = ["site"]\n', "relay.site.channels: site is no channel"),
        ("[relay.site]\nchannels = []\n", "relay.site.channels"),
        ('[relay.site]\nchannels = ["box"]\ncode = "1"\n', "relay.site.code"),
    ],
)
async def test_a_mistake_is_one_sentence_with_its_line(tmp_path: Path, relay: str, said: str) -> None:
    with pytest.raises(ConfigFault) as caught:
        async with house(tmp_path, relay):
            raise AssertionError("it started")
    assert said in str(caught.value)
    assert "sala.toml:" in str(caught.value)
