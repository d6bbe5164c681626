"""cht-gateway's contract in the words of its README; a phone that loses requests and answers, and a node that dies."""

import asyncio
import gzip
import json
import random
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

import gateways.port
from flows.errors import ConfigFault, SendError
from gateways.cht import phone as side
from gateways.cht.kit import PASSWORD, Phone, request
from gateways.cht.settings import Settings
from sala import config, plugs
from sala.kit import House
from sms.door import Committing
from store.kit import NUMBER, strange
from store.values import Answer, Malformed, Outgoing, Received
from tests.gateways.phones import beside, killed, sending, stand, until
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "gateways" / "cht.md").read_text("utf-8")
UUID = "3E105262-070C-4913-949B-E7ACA4F42B71"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What a node logs that is killed again and again is long, and takes long to draw."""
    with capture_logs():
        yield


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    one = House("cht", tmp_path, {"password": PASSWORD, "linger": 0, "rate": 1000})
    await one.open()
    try:
        yield one
    finally:
        await one.close()


async def said(house: House, **body: Any) -> Any:
    answer = await house.say(request(json.dumps(body).encode()), "")
    assert (answer.status, answer.content_type) == (200, "application/json")
    return json.loads(answer.body)


async def test_the_address_says_what_itstand(house: House) -> None:
    answer = await house.say(request(b"", "GET"), "")
    assert (answer.status, json.loads(answer.body)) == (200, {"medic-gateway": True})


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_stranger_is_refused(house: House, method: str) -> None:
    for received in (
        request(b"{}", method, "wrong"),
        Received(b"{}", method=method, tail="poll"),
        Received(b"{}", method=method, tail="poll", headers={"Authorization": "Bearer kit-password"}),
    ):
        answer = await house.say(received, "")
        assert answer.status == 401
        assert json.loads(answer.body)["error"] is True
    assert (await house.say(request(b"{}", method), "another-secret-of-enough-length")).status == 404
    for tail in ("sms", "report", "optout"):
        assert (await house.say(Received(b"{}", tail=tail), "")).status == 404


@pytest.mark.parametrize(
    "body", [b"{}", b"", b'{"messages": null, "updates": null}', b'{"messages": [], "updates": []}', b'{"x": 1}']
)
async def test_lists_may_be_absent_null_or_empty(house: House, body: bytes) -> None:
    answer = await house.say(request(body), "")
    assert (answer.status, json.loads(answer.body)) == (200, {"messages": []})


@pytest.mark.parametrize("body", [b"[]", b"null", b"x", b'"x"', b"{", b"\xff"])
async def test_what_is_no_object_is_refused(house: House, body: bytes) -> None:
    assert (await house.say(request(body), "")).status == 400


async def test_a_zipped_request_is_read(house: House) -> None:
    plain = request(gzip.compress(json.dumps({"messages": [_message(UUID, "1")]}).encode()))
    zipped = Received(plain.body, tail="poll", headers={**plain.headers, "Content-Encoding": "gzip"})
    assert (await house.say(zipped, "")).status == 200
    assert await house.states() == ["queued"]


def _message(name: str, text: str, number: str = NUMBER) -> dict[str, Any]:
    return {"id": name, "from": number, "content": text, "sms_sent": 1795410000000, "sms_received": 1795410001000}


async def test_one_round_in_the_words_of_the_readme(house: House) -> None:
    assert await said(house, messages=[_message(UUID, "ເກີດ ໒")]) == {"messages": []}
    async with beside(sending(house)):
        offer = await offered(house)
        assert set(offer) == {"id", "to", "content"}
        assert (offer["to"], offer["content"]) == (NUMBER, "1 ເກີດ ໒")
        # It has been offered, and the phone has not said anything of it yet.
        assert await said(house, updates=[{"id": "sent-by-hand", "status": "SENT"}]) == {"messages": []}
        assert await house.states() == ["sending"]
        await said(house, updates=[{"id": offer["id"], "status": "PENDING"}])
        await until(lambda: stand(house, ["sent"]))


async def offered(house: House) -> dict[str, str]:
    """The first message that the phone gets."""
    async with asyncio.timeout(60):
        while True:
            for one in (await said(house))["messages"]:
                return dict(one)
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("updates", "state"),
    [
        (["UNSENT"], "sent"),
        (["PENDING"], "sent"),
        (["UNSENT", "PENDING", "SENT", "DELIVERED"], "delivered"),
        (["DELIVERED"], "delivered"),
        (["UNSENT", "PENDING", "FAILED"], "failed"),
        (["FAILED", "UNSENT", "PENDING", "SENT", "DELIVERED"], "delivered"),
    ],
)
async def test_how_messages_go(house: House, updates: list[str], state: str) -> None:
    await said(house, messages=[_message(UUID, "1")])
    async with beside(sending(house)):
        mark = (await offered(house))["id"]
        for status in updates:
            reason = {"reason": "radio-off"} if status == "FAILED" else {}
            await said(house, updates=[{"id": mark, "status": status, **reason}])
        await until(lambda: stand(house, [state]))


async def test_what_cannot_be_a_message_stops_nothing(house: House) -> None:
    odd = [
        5,
        {},
        _message("", "x"),
        _message("m2", "x", "LTC"),
        _message("m3", "x", "1600"),
        {"id": ["m4"], "from": NUMBER, "content": "x"},
        _message("m5", "the good one", "02055512345"),
    ]
    updates = [None, {"id": 5}, {"status": "SENT"}, {"id": "7f-6afe0000", "status": ["x"]}]
    assert await said(house, messages=odd, updates=updates) == {"messages": []}
    rows = await house.memory._reading.rows("SELECT text FROM message")
    assert [row[0] for row in rows] == ["1 the good one"]


async def test_any_bytes_are_read_without_a_fault(house: House) -> None:
    one, doors = house.plugged.messages, house.channel.messages
    assert isinstance(one, side.Phone)
    assert doors is not None
    good = {"messages": [_message(UUID, "1")], "updates": [{"id": "7f-6afe0000", "status": "SENT"}]}
    for received in strange([request(json.dumps(good).encode())]):
        named = Received(received.body, tail="poll", headers={**request(b"").headers})
        assert isinstance(await one.poll(named, Committing(doors)), Answer | Malformed)


async def test_the_answer_goes_along_with_what_it_answers(tmp_path: Path) -> None:
    house = House("cht", tmp_path, {"password": PASSWORD, "linger": 20, "rate": 1000})
    await house.open()
    try:
        async with beside(sending(house)):
            got = await said(house, messages=[_message(UUID, "1")])
            assert [one["content"] for one in got["messages"]] == ["1 1"]
            assert (await said(house, updates=[{"id": got["messages"][0]["id"], "status": "UNSENT"}]))["messages"] == []
            await until(lambda: stand(house, ["sent"]))
    finally:
        await house.close()


async def test_what_the_phone_has_seen_and_not_confirmed_nobody_knows(house: House) -> None:
    one, doors = house.plugged.messages, house.channel.messages
    assert doors is not None
    phone = side.Phone("kit", Settings(password=PASSWORD, patience=1))
    assert one is not None
    for seen in (True, False):
        task = asyncio.create_task(phone.send(Outgoing(1, "kit", NUMBER, "x", 1, 0, mark="1-6afe0000")))
        await asyncio.sleep(0)
        if seen:
            answer = await phone.poll(request(b"{}"), Committing(doors))
            assert b"1-6afe0000" in answer.body if isinstance(answer, Answer) else False
        with pytest.raises(SendError) as caught:
            await task
        assert (caught.value.unknown, caught.value.retry) == (seen, not seen)


async def test_a_phone_that_does_not_ask_is_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert house.plugged.messages is not None
    phone = house.plugged.messages
    assert isinstance(phone, side.Phone)
    assert phone.health().state == "unknown"
    await said(house)
    assert phone.health().state == "up"
    monkeypatch.setattr(side, "_AWAY", -1.0)
    assert (phone.health().state, phone.health().fault) == ("down", "no-poll")
    monkeypatch.undo()
    await said(house)
    assert phone.health().state == "up"


class Lossy(Phone):
    """A phone on a bad link: every third request never comes, or its answer is lost on the way back."""

    def __init__(self, house: House, seed: int) -> None:
        self._chance = random.Random(seed)
        self._house = house
        self.lost = 0
        super().__init__(self._through)

    async def _through(self, received: Received, secret: str) -> Answer:
        fate = self._chance.random()
        if fate < 1 / 6:
            self.lost += 1
            raise OSError
        answer = await self._house.say(received, secret)
        if fate < 1 / 3:
            self.lost += 1
            raise OSError
        return answer


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_nothing_is_lost_and_nothing_goes_twice(tmp_path: Path, seed: int) -> None:
    """Answers and requests are lost, and the node dies three times while it sends."""
    settings = {**Phone.settings, "rate": 1000, "patience": 2}
    house = House("cht", tmp_path, settings)
    await house.open()
    phone, cut = Lossy(house, seed), 0
    try:
        async with beside(phone.run()):
            for turn in range(4):
                for number in range(6):
                    who = f"+8562055{turn}0{number:04}"
                    while not await phone.message(f"{turn}-{number}", who, "1"):
                        pass
                async with beside(sending(house)):
                    await until(lambda: _seen(phone, turn * 6 + 2))  # noqa: B023 - awaited within its round
                cut += await killed(house)
            async with beside(sending(house)):
                await until(lambda: stand(house, ["sent"] * 24))
    finally:
        await house.close()
    assert phone.lost > 5
    assert cut > 0
    # The phone sends each id once, so this is every message that left it.
    assert sorted(one.number for one in phone.seen) == sorted(
        f"+8562055{turn}0{number:04}" for turn in range(4) for number in range(6)
    )


async def _seen(phone: Phone, least: int) -> bool:
    return len(phone.seen) >= least


def test_the_page_is_true(tmp_path: Path) -> None:
    (channel,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "sala.toml"
    file.write_text(f'node = "LA-TEST-01"\ndistrict = "LA0901"\n{channel}')
    plugged = plugs.channels(config.load(file))[0]
    assert isinstance(plugged.messages, side.Phone)
    own = {name for name in Settings.model_fields if name not in gateways.port.Settings.model_fields} | {"window"}
    assert {name for name in own if f"| `{name}` |" not in PAGE} == set()


@pytest.mark.parametrize("wrong", ['password = "short"', 'password = "ລະຫັດຜ່ານ"', 'username = "a:b"'])
def test_a_mistake_is_one_sentence(tmp_path: Path, wrong: str) -> None:
    (channel,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    key = wrong.partition(" = ")[0]
    lines = [line for line in channel.splitlines() if not line.startswith(key)]
    file = tmp_path / "sala.toml"
    file.write_text('node = "LA-TEST-01"\ndistrict = "LA0901"\n' + "\n".join(lines) + f"\n{wrong}\n")
    with pytest.raises(ConfigFault, match=key):
        plugs.channels(config.load(file))
