"""The door for messages: what is one address for all, and what is taken and forgotten in the operator's own words."""

import asyncio
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest

from gateways.http.gateway import Gateway as ByMap
from gateways.http.kit import SETTINGS
from gateways.http.settings import Settings
from sms import port
from sms.door import Door
from store.values import Answer, Inbound, Malformed, OptOut, Outgoing, Received, Report, Sent

NUMBER = "+8562055512345"
SAID: dict[bytes, Inbound | Report | OptOut | Malformed] = {
    b"message": Inbound("c", "m1", NUMBER, "1999", "1"),
    b"report": Report("c", "id-1", "delivered"),
    b"stop": OptOut("c", NUMBER),
    b"noise": Malformed("noise"),
}


class OneAddress:
    """An operator that says everything at one address."""

    Settings: ClassVar[type[port.Settings]] = port.Settings
    capabilities = port.Capabilities(port=1)

    def read(self, received: Received) -> Inbound | Report | OptOut | Malformed:
        return SAID[received.body]

    def read_report(self, received: Received) -> Report | Malformed:
        return Malformed("nothing-comes-here")

    def read_optout(self, received: Received) -> OptOut | Malformed:
        return Malformed("nothing-comes-here")

    def accept(self) -> Answer:
        return Answer(200, b"noted")

    async def send(self, message: Outgoing) -> Sent:
        raise NotImplementedError(message)

    async def close(self) -> None:
        """Nothing to give back."""


class Store:
    """What is committed."""

    def __init__(self) -> None:
        self.took: list[object] = []

    async def overhear(self, message: Inbound) -> None:
        self.took.append(message)

    async def report(self, report: Report) -> None:
        self.took.append(report)

    async def opt_out(self, msisdn: str) -> None:
        self.took.append(OptOut("c", msisdn))


def door(gateway: Any) -> tuple[Door, Store]:
    store = Store()
    return Door("c", gateway, store, store), store  # type: ignore[arg-type] # the part of the store that a door needs


@pytest.mark.parametrize("body", [b"message", b"report", b"stop"])
async def test_one_address_takes_whatever_the_operator_says(body: bytes) -> None:
    one, store = door(OneAddress())
    assert await one.message(Received(body, tail="sms")) == Answer(200, b"noted")
    assert store.took == [SAID[body]]
    assert sum(one.counts.values()) == 1


class Stuck(Store):
    """A store that does not come back."""

    async def overhear(self, message: Inbound) -> None:
        await asyncio.Event().wait()

    report = opt_out = overhear  # type: ignore[assignment] # whatever it is


@pytest.mark.parametrize("body", [b"message", b"report", b"stop"])
async def test_what_is_not_committed_before_the_operator_gives_up_is_to_come_again(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sms.door.PATIENCE", 0.05)
    one = Door("c", OneAddress(), Stuck(), Stuck())  # type: ignore[arg-type] # as above
    async with asyncio.timeout(30):
        assert (await one.message(Received(body, tail="sms"))).status == 503
    assert one.counts["again"] == sum(one.counts.values()) == 1


async def test_what_is_not_the_operators_leaves_no_trace() -> None:
    one, store = door(OneAddress())
    assert (await one.message(Received(b"noise", tail="sms"))).status == 400
    assert (await one.report(Received(b"report", tail="report"))).status == 400
    assert (store.took, one.counts["malformed"]) == ([], 2)


@pytest.mark.parametrize(("name", "wanted"), [("jasmin", b"ACK/Jasmin"), ("rapidpro", b"")])
async def test_a_sender_that_is_no_phone_is_acknowledged_in_the_operators_words(name: str, wanted: bytes) -> None:
    """Jasmin says it again until it reads exactly this."""
    side = ByMap("c", Settings.model_validate({**SETTINGS, "map": name})).sms
    one, store = door(side)
    fields = {"from": "LaoTelecom", "id": "m1", "date": "2026-11-23", "text": "x", "content": "x", "to": "1999"}
    answer = await one.message(Received(urlencode(fields).encode(), tail="sms"))
    assert (answer.status, answer.body, store.took) == (200, wanted, [])
    assert one.counts["malformed"] == 1
