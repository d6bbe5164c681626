"""The promise itself: whatever the link does, each submission has exactly one effect at the agency."""

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import replace

from aiohttp import web
from msgspec import structs

from store.values import Offer
from sync import signing, wire
from sync.connectors.native import Connector, NativeSettings
from sync.means import Means
from sync.worker import Worker
from tests.ports import free_port
from tests.sync.conftest import NODE, Agency, offer_of, serve
from tests.sync.model import ModelRoad
from tests.sync.proxy import MANNERS, Manner, Proxy

RECORDS = 300
FAULTS = 0.4
SEED = 20261129


class Rushed:
    """A clock that runs a hundred times faster, so that back-off takes no test time."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self) -> float:
        return 1_000_000 + (time.monotonic() - self._started) * 100


def _manners() -> Manner:
    return _dice.choice(MANNERS) if _dice.random() < FAULTS else "pass"


_dice = random.Random(SEED)


async def _drain(port: int, secret: str, offers: list[Offer]) -> ModelRoad:
    clock = Rushed()
    means = Means("test", now=lambda: int(clock()), steady=clock, chance=_dice.random)
    road = ModelRoad()
    for offer in offers:
        road.queue(structs.replace(offer, queued_at=offer.seq))
    async with Proxy(port, _manners) as proxy:
        settings = NativeSettings.model_validate({"url": proxy.url, "secret": secret, "timeout": 50})
        connector = Connector("registry", NODE, settings)
        worker = Worker("a", connector, road, means)
        worker.sizing = replace(worker.sizing, most=20)
        deadline = time.monotonic() + 100
        while set(road.states_of()) != {"accepted"}:
            assert time.monotonic() < deadline, Counter(road.states_of())
            if not (await worker.step()).offers:
                await asyncio.sleep(0.002)
        await connector.close()
    assert len(road.trips) > RECORDS / 20
    return road


async def test_300_submissions_over_a_bad_link_are_each_there_exactly_once(agency: Agency) -> None:
    offers = [offer_of(seq) for seq in range(1, RECORDS + 1)]
    road = await _drain(agency.port, agency.secret, offers)
    effects = await agency.effects()
    assert set(effects) == {offer.id for offer in offers}, "lost"
    assert set(effects.values()) == {1}, "doubled"
    outcomes = Counter(trip.outcome for trip in road.trips)
    assert outcomes.keys() >= {"answered", "lost", "failed", "protocol"}, outcomes


async def test_an_agency_without_an_inbox_doubles_and_this_test_sees_it() -> None:
    effects: Counter[str] = Counter()
    secret = signing.new_secret()

    async def careless(request: web.Request) -> web.Response:
        body = await request.read()
        events = json.loads(wire.unpack(body, request.headers.get("Content-Encoding", "")))
        effects.update(event["id"] for event in events)
        answer = json.dumps({"results": [{"id": event["id"], "status": "accepted"} for event in events]}).encode()
        headers = signing.sign(signing.key_of(secret), request.headers["webhook-id"], 1, answer)
        return web.Response(body=answer, headers=headers)

    app = web.Application()
    app.router.add_post("/submissions", careless)
    port = free_port()
    runner = await serve(app, port)
    offers = [offer_of(seq) for seq in range(1, RECORDS + 1)]
    await _drain(port, secret, offers)
    await runner.cleanup()
    assert set(effects) == {offer.id for offer in offers}
    assert sum(count > 1 for count in effects.values()) > 10
