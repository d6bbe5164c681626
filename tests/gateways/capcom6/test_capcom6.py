"""SMSGate's contract in the words of its documentation; a phone that loses answers, and a node that dies."""

import asyncio
import hashlib
import hmac
import json
import random
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from flows.errors import ConfigFault, SendError
from gateways.capcom6.sms import OTHERS, STATES, Gateway, Settings
from gateways.capcom6.sms_kit import KEY, event, received
from sala import config, plugs
from sala.kit import House
from sms import poster
from store.kit import NUMBER
from store.values import Inbound, Malformed, Outgoing, Received, Report, Sent
from tests.gateways.phones import beside, killed, sending, stand, until
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "gateways" / "capcom6.md").read_text("utf-8")
GIVEN: dict[str, Any] = {
    "url": "http://127.0.0.1:9/message",
    "username": "sms",
    "password": "phone",
    "signing_key": KEY,
}
OUTGOING = Outgoing(1, "phone", NUMBER, "ສະບາຍດີ", 1, 0, mark="1-6afe0000")

# As the documentation prints it, byte for byte; since February 2026 with two more fields.
PRINTED = """{
  "deviceId": "ffffffffceb0b1db0000018e937c815b",
  "event": "sms:received",
  "id": "Ey6ECgOkVVFjz3CL48B8C",
  "payload": {
    "messageId": "abc123",
    "message": "Android is always a sweet treat!",
    "phoneNumber": "6505551212",
    "simNumber": 1,
    "receivedAt": "2024-06-22T15:46:11.000+07:00"
  },
  "webhookId": "<unique-id>"
}"""
NEWER = PRINTED.replace('"messageId"', '"sender": "+9998887777", "recipient": "+1112223333", "messageId"')


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    one = Gateway("phone", Settings(**GIVEN))
    yield one
    await one.close()


def signed(text: str, tail: str = "sms", *, key: str = KEY, stamp: str = "") -> Received:
    """As the documentation's own sample verifies it."""
    stamp = stamp or str(int(time.time()))
    signature = hmac.new(key.encode(), (text + stamp).encode(), hashlib.sha256).hexdigest()
    return Received(text.encode(), tail=tail, headers={"X-Signature": signature, "X-Timestamp": stamp})


@pytest.mark.parametrize(
    ("printed", "number", "to"), [(PRINTED, "+6505551212", ""), (NEWER, "+9998887777", "+1112223333")]
)
def test_what_the_documentation_prints_is_read(gateway: Gateway, printed: str, number: str, to: str) -> None:
    found = gateway.read(signed(printed))
    assert isinstance(found, Inbound)
    assert (found.msisdn, found.to, found.text) == (number, to, "Android is always a sweet treat!")


@pytest.mark.parametrize(
    "bad",
    [
        signed(PRINTED, key="another-key"),
        signed(PRINTED, stamp=str(int(time.time()) - 3600)),
        signed(PRINTED, stamp=str(int(time.time()) + 3600)),
        signed(PRINTED, stamp="١٢"),
        signed(PRINTED, stamp="-1"),
        signed(PRINTED, stamp="9" * 400),
        Received(PRINTED.encode()),
        Received(PRINTED.encode(), headers={"X-Signature": "é", "X-Timestamp": str(int(time.time()))}),
    ],
    ids=["key", "old", "early", "digits", "minus", "long", "none", "letters"],
)
def test_a_wrong_signature_is_refused(gateway: Gateway, bad: Received) -> None:
    for read in (gateway.read, gateway.read_report):
        found = read(bad)
        assert isinstance(found, Malformed)
        assert (found.status, found.reason in {"signature", "timestamp"}) == (401, True)


def test_a_phone_whose_clock_is_wrong_may_be_believed() -> None:
    old = signed(PRINTED, stamp="1000000000")
    assert isinstance(Gateway("phone", Settings(**GIVEN, clock_skew=0)).read(old), Inbound)


def test_what_an_sms_is(gateway: Gateway) -> None:
    """The same one told twice has two event ids; two of the same words have one messageId."""
    first = json.loads(PRINTED)
    again = {**first, "id": "another-event"}
    utc = {**first, "payload": {**first["payload"], "receivedAt": "2024-06-22T08:46:11.000Z"}}
    later = {**first, "payload": {**first["payload"], "receivedAt": "2024-06-22T15:46:12.000+07:00"}}
    names = []
    for one in (first, again, utc, later):
        found = gateway.read(signed(json.dumps(one)))
        assert isinstance(found, Inbound)
        names.append(found.id)
    assert names[0] == names[1] == names[2] != names[3]


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_what_is_no_message_is_taken_and_forgotten(gateway: Gateway, name: str) -> None:
    for tail, read in (("sms", gateway.read), ("report", gateway.read_report)):
        found = read(event(tail, name, {"health": {"status": "pass"}, "data": "SGVsbG8="}))
        assert isinstance(found, Malformed)
        assert found.status == 200


def test_a_batch_of_events_is_refused_and_not_lost(gateway: Gateway) -> None:
    found = gateway.read(event("sms", "sms:batch:received", {"messages": [received("m1", NUMBER, "1")]}))
    assert isinstance(found, Malformed)
    assert found.status == 400


@pytest.mark.parametrize("name", [*STATES, "sms:somewhere"])
def test_reports(gateway: Gateway, name: str) -> None:
    payload = {"messageId": "1-6afe0000", "phoneNumber": NUMBER, "simNumber": None, "reason": "Send result: 124"}
    found = gateway.read_report(event("report", name, payload))
    state = STATES.get(name, "unknown")
    assert found == Report("phone", "", state, "Sendresult" if state == "failed" else "", "1-6afe0000")


class PhoneServer:
    """The app's local server: each id once. Every third answer is lost on the way back."""

    def __init__(self, seed: int = 0, loss: float = 0.0) -> None:
        self.sent: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.lost = 0
        self._chance = random.Random(seed)
        self._loss = loss
        self._ids: set[str] = set()

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/message", self._post)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/message"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append((request.headers["Authorization"], body))
        known = body["id"] in self._ids
        if not known:
            self._ids.add(body["id"])
            self.sent.append(body)
        await asyncio.sleep(0.002)
        if self._chance.random() < self._loss and request.transport is not None:
            self.lost += 1
            request.transport.close()
        if known:
            return web.json_response({"message": "Message with the same ID already exists"}, status=409)
        return web.json_response({"id": body["id"], "state": "Pending", "recipients": []}, status=202)


async def test_a_request_is_as_the_documentation_has_it() -> None:
    async with PhoneServer() as phone:
        one = Gateway("phone", Settings(**{**GIVEN, "url": phone.url, "sim": 2, "ttl": 3600}))
        two = Gateway("phone", Settings(url=phone.url, token="jwt", signing_key=KEY, ttl=0))
        # The same mark once more is 409, and as good.
        assert [await gateway.send(OUTGOING) for gateway in (one, two, one)] == [Sent("")] * 3
        await one.close()
        await two.close()
    assert phone.asked[0] == (
        "Basic c21zOnBob25l",
        {
            "id": "1-6afe0000",
            "textMessage": {"text": "ສະບາຍດີ"},
            "phoneNumbers": [NUMBER],
            "withDeliveryReport": True,
            "simNumber": 2,
            "ttl": 3600,
        },
    )
    assert phone.asked[1][0] == "Bearer jwt"
    assert set(phone.asked[1][1]) == {"id", "textMessage", "phoneNumbers", "withDeliveryReport"}
    assert len(phone.sent) == 1


async def test_nobody_is_there(gateway: Gateway) -> None:
    with pytest.raises(SendError) as caught:
        await gateway.send(OUTGOING)
    assert (caught.value.retry, caught.value.unknown) == (True, False)


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_goes_twice(tmp_path: Path, seed: int) -> None:
    """Answers are lost, and the node dies three times while it sends."""
    async with PhoneServer(seed, 1 / 3) as phone:
        house = House("capcom6", tmp_path, {**GIVEN, "url": phone.url, "rate": 1000})
        await house.open()
        cut = 0
        try:
            for turn in range(4):
                for number in range(6):
                    who = f"+8562055{turn}0{number:04}"
                    hook = event("sms", "sms:received", received(f"{turn}-{number}", who, "1"))
                    assert [(await house.say(hook, "")).status for _ in range(2)] == [200, 200]
                async with beside(sending(house)):
                    await until(lambda: _asked(phone, turn * 6 + 2))  # noqa: B023 - awaited within its round
                cut += await killed(house)
            async with beside(sending(house)):
                await until(lambda: stand(house, ["sent"] * 24))
        finally:
            await house.close()
    assert cut > 0
    assert phone.lost > 3
    assert len(phone.asked) > 24
    assert sorted(one["phoneNumbers"][0] for one in phone.sent) == sorted(
        f"+8562055{turn}0{number:04}" for turn in range(4) for number in range(6)
    )


async def _asked(phone: PhoneServer, least: int) -> bool:
    return len(phone.sent) >= least


def load(folder: Path, channel: str) -> list[plugs.Plugged]:
    file = folder / "sala.toml"
    file.write_text(f'node = "LA-TEST-01"\ndistrict = "LA0901"\n{channel}')
    return plugs.channels(config.load(file))


def test_the_page_is_true(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (local, server) = load(tmp_path, "\n".join(blocks))
    for one in (local, server):
        assert isinstance(one.messages, Gateway)
    own = set(Settings.model_fields) - set(poster.Settings.model_fields)
    assert {name for name in own if f"`{name}`" not in PAGE} == set()
    hooked = re.findall(r'"event": "([a-z:]+)", "url": "https://PUBLIC/gateways/phone/SECRET/([a-z]+)"', PAGE)
    assert hooked == [("sms:received", "sms"), *((name, "report") for name in STATES if name != "sms:cancelled")]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "http://sms.example.la/message"),
        ("url", "http://203.0.114.9:8080/message"),
        ("url", "ftp://192.168.1.20/message"),
        ("token", "both"),
        ("signing_key", "short"),
        ("sim", "9"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, key: str, value: str) -> None:
    channel = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    lines = [line for line in channel.splitlines() if not line.startswith(f"{key} ")]
    with pytest.raises(ConfigFault, match=key if key != "token" else "password"):
        load(tmp_path, "\n".join([*lines, f'{key} = "{value}"']))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.5", "172.16.3.4", "[fd00::1]"])
def test_a_phone_in_the_same_network_may_be_called(host: str) -> None:
    assert Settings(**{**GIVEN, "url": f"http://{host}:8080/message"}).url
