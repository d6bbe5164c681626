"""A real node with two phones, killed in mid-traffic: each citizen's message is heard once, and answered once."""

import asyncio
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from gateways.capcom6.sms_kit import KEY, event, received
from gateways.cht.kit import PASSWORD, Phone
from store.values import Answer, Received
from tests.gateways.capcom6.test_capcom6 import PhoneServer
from tests.gateways.phones import beside, until
from tests.gateways.smpp.ordeal import Killable
from tests.ports import free_port
from tests.sala.nodes import rows_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SECRET = "a-secret-of-the-tests-of-phones"
EACH = 8
PATIENCE = 300


class Node:
    """`sala serve` with two channels, and how a phone reaches it."""

    def __init__(self, folder: Path, url: str, http: aiohttp.ClientSession) -> None:
        self.file, self.port, self._http = folder / "sala.toml", free_port(), http
        self.file.write_text(
            'node = "LA-TEST-01"\ndistrict = "LA0901"\nlanguages = ["en", "lo"]\n'
            f"[http]\nport = {self.port}\n[console]\nport = {free_port()}\n[store]\nfree_mb = 0\nreserve_mb = 0\n"
            f'[channels.asks]\ngateway = "cht"\nsecret = "{SECRET}"\npassword = "{PASSWORD}"\noffer_again = 1\n'
            "linger = 0\nrate = 1000\n"
            f'[channels.calls]\ngateway = "capcom6"\nsecret = "{SECRET}"\nurl = "{url}"\nusername = "sms"\n'
            f'password = "phone"\nsigning_key = "{KEY}"\nrate = 1000\n'
        )
        self.process = Killable([sys.executable, "-m", "sala", "serve", "--config", str(self.file)], folder, "node")

    async def say(self, channel: str, request: Received) -> Answer:
        url = URL(f"http://127.0.0.1:{self.port}/gateways/{channel}/{SECRET}/{request.tail}")
        async with self._http.request(request.method, url, data=request.body, headers=dict(request.headers)) as answer:
            return Answer(answer.status, await answer.read())

    async def ask(self, request: Received, _secret: str) -> Answer:
        return await self.say("asks", request)

    async def hook(self, request: Received) -> bool:
        try:
            return (await self.say("calls", request)).status == 200
        except (aiohttp.ClientError, OSError):
            return False

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return await rows_of(self.file, statement)


async def told(phone: Phone, node: Node) -> None:
    """Each phone passes on what it has received, again and again until it is taken."""
    for number in range(EACH):
        who = f"+85620551{number:05}"
        await until(lambda: phone.message(f"m{number}", who, "HELP"))  # noqa: B023 - awaited within its round
        hook = received(f"m{number}", f"+85620552{number:05}", "HELP")
        await until(lambda: node.hook(event("sms", "sms:received", hook)))  # noqa: B023 - likewise


async def killed(node: Node, server: PhoneServer, phone: Phone) -> None:
    """Twice, whenever something has been sent."""
    for least in (3, 8):
        while len(server.sent) + len(phone.seen) < least:  # noqa: ASYNC110 - phones ring no bell
            await asyncio.sleep(0.01)
        await node.process.end()
        await node.process.start()


async def test_nothing_is_lost_and_nothing_goes_twice(tmp_path: Path) -> None:
    async with PhoneServer() as server, aiohttp.ClientSession() as http:
        node = Node(tmp_path, server.url, http)
        phone = Phone(node.ask)
        await node.process.start()
        try:
            async with asyncio.timeout(PATIENCE), beside(phone.run()):
                await asyncio.gather(told(phone, node), killed(node, server, phone))
                while Counter(await node.rows("SELECT state FROM message")) != {("sent",): 2 * EACH}:  # noqa: ASYNC110 - another's rows
                    await asyncio.sleep(0.1)
        finally:
            await node.process.end()
        heard = (await node.rows("SELECT count(*) FROM inbox"))[0][0]
    assert heard == 2 * EACH
    asked = Counter(taken.number for taken in phone.seen)
    called = Counter(one["phoneNumbers"][0] for one in server.sent)
    assert asked == Counter(f"+85620551{number:05}" for number in range(EACH))
    assert called == Counter(f"+85620552{number:05}" for number in range(EACH))
