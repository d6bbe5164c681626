"""The phone in the browser: it reaches the node only through the gateway's own paths, and never learns the secret."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web

from sala.gate import Gate, Way
from sala.phone import Line, Phone, air
from store.values import Answer, Received
from tests.ports import free_port

SECRET = "a-secret-of-the-demo-0123"


@dataclass
class Site:
    port: int = field(default_factory=free_port)
    heard: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    screen: bytes = "CON ສະບາຍດີ".encode()

    async def hook(self, received: Received) -> Answer:
        self.heard.append((received.tail, dict(parse_qsl(received.body.decode(), keep_blank_values=True))))
        return Answer(200, self.screen if received.tail == "ussd" else b"")

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(air, "DELIVERY", 0.01)
    site = Site()
    gate = Gate({"at": Way((SECRET.encode(),), dict.fromkeys(("ussd", "ussd/end", "sms", "report"), site.hook))})
    phone = Phone(Line(site.url(f"/gateways/at/{SECRET}"), api_key="key"))
    app = web.Application()
    app.router.add_route("*", "/gateways/{tail:.*}", gate.handle)
    app.router.add_routes(phone.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", site.port).start()
    yield site
    await phone.close()
    await runner.cleanup()


async def post(site: Site, path: str, **said: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as http, http.post(site.url(path), json=said) as answer:
        return answer.status, await answer.json() if answer.content_type == "application/json" else None


async def test_a_press_goes_through_the_gateways_own_path(site: Site) -> None:
    status, got = await post(site, "/phone/press", number="+8562055512345", session="s1", text="1*2", code="*999#")
    assert status == 200
    assert got == {"text": "ສະບາຍດີ", "end": False, "units": 7, "limit": 70, "encoding": "ucs2"}
    assert site.heard == [
        (
            "ussd",
            {
                "sessionId": "s1",
                "phoneNumber": "+8562055512345",
                "networkCode": "99999",
                "serviceCode": "*999#",
                "text": "1*2",
            },
        )
    ]


async def test_hanging_up_tells_the_node(site: Site) -> None:
    await post(site, "/phone/hangup", number="+8562055512345", session="s1")
    assert site.heard[0][0] == "ussd/end"
    assert site.heard[0][1]["status"] == "Incomplete"


async def test_messages_have_ids_of_their_own(site: Site) -> None:
    for _ in range(2):
        assert (await post(site, "/phone/send", number="+8562055512345", text="BIRTH"))[0] == 200
    forms = [form for tail, form in site.heard if tail == "sms"]
    assert len({form["id"] for form in forms}) == 2
    assert forms[0]["to"] == "1999"


async def test_what_the_node_sends_reaches_the_phone_and_is_reported(site: Site) -> None:
    form = {"username": "sandbox", "to": "+8562055512345", "message": "ຮັບແລ້ວ", "bulkSMSMode": "1", "from": "1999"}
    async with aiohttp.ClientSession() as http:
        api = site.url("/phone/air/version1/messaging")
        async with http.post(api, data=form, headers={"apiKey": "wrong"}) as answer:
            assert answer.status == 401
        async with http.post(api, data=form, headers={"apiKey": "key"}) as answer:
            recipient = (await answer.json())["SMSMessageData"]["Recipients"][0]
        async with http.get(site.url("/phone/inbox"), params={"number": "+8562055512345"}) as answer:
            inbox = await answer.json()
    await asyncio.sleep(0.1)
    assert [one["text"] for one in inbox] == ["ຮັບແລ້ວ"]
    assert ("report", recipient["messageId"]) in [(tail, form["id"]) for tail, form in site.heard]


async def test_the_inbox_forgets_the_oldest_numbers() -> None:
    async def tell(name: str, number: str) -> None:
        pass

    one = air.Air("key", tell)
    for number in range(air.MOST_NUMBERS + 10):
        one.take({"to": f"+856205{number:07}", "message": "x"})
    await one.close()
    assert one.inbox("+8562050000000", 0) == []
    assert len(one.inbox(f"+856205{air.MOST_NUMBERS:07}", 0)) == 1


async def test_the_page_is_small_strict_and_knows_no_secret(site: Site) -> None:
    whole = b""
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        for path in ("/phone", "/phone/phone.css", "/phone/phone.js"):
            async with http.get(site.url(path), headers={"Accept-Encoding": "gzip"}) as answer:
                assert answer.status == 200
                assert "unsafe" not in answer.headers["Content-Security-Policy"]
                whole += await answer.read()
    assert len(whole) < 6_000
    async with aiohttp.ClientSession() as http, http.get(site.url("/phone")) as answer:
        page = await answer.text()
    assert SECRET not in page
    assert not re.search(r"<script(?![^>]*src)|\son\w+=|\sstyle=|<style", page)


async def test_another_sites_form_cannot_press_keys(site: Site) -> None:
    async with aiohttp.ClientSession() as http:
        for kind in ("application/x-www-form-urlencoded", "text/plain"):
            async with http.post(site.url("/phone/press"), data=b"{}", headers={"Content-Type": kind}) as answer:
                assert answer.status == 415
    for bad in ("1999", "", "+856' OR 1=1"):
        assert (await post(site, "/phone/press", number=bad, session="s", text=""))[0] == 400
    assert site.heard == []


async def test_a_node_that_says_nothing_is_a_502(site: Site) -> None:
    site.screen = b"hotspot"
    assert (await post(site, "/phone/press", number="+8562055512345", session="s", text=""))[0] == 502
