"""Statuses coming home: the feed of the reference agency, a restored agency, and pushes."""

import asyncio
import gzip
import json
import math
import shutil
import time
from dataclasses import replace
from pathlib import Path

import aiohttp
from aiohttp import web

from store.values import StatusEvent
from sync import signing
from sync.agency import AgencySettings, make_agency_app
from sync.agency import decisions as decisions_of
from sync.agency import nodes as nodes_of
from sync.agency.app import BOOK
from sync.agency.decisions import Decision
from sync.means import Counters, Means
from sync.port import Batch, Events
from sync.push import routes
from sync.service import SyncService
from sync.statuses import LONGEST_SILENCE, Listener, _age
from tests.ports import free_port
from tests.sync.conftest import NODE, Agency, offer_of, serve
from tests.sync.model import ModelRoad

MEANS = Means("test")


async def _accepted(agency: Agency, road: ModelRoad, *seqs: int) -> None:
    connector = agency.connector()
    offers = tuple(offer_of(seq) for seq in seqs)
    await connector.deliver(Batch("b", offers))
    await connector.close()
    for offer in offers:
        road.queue(offer, "registry")
        road.rows[offer.seq].state = "accepted"


async def _decide(agency: Agency, number: int, status: str, **more: str) -> str:
    decision = Decision(status, **more)  # type: ignore[arg-type]
    return await agency.book.do(
        decisions_of.decide, number, decision, agency.book.life, int(time.time()), agency.book.opener
    )


async def test_decisions_come_home_once_and_in_order_and_the_cursor_with_them(agency: Agency) -> None:
    road = ModelRoad()
    await _accepted(agency, road, 1, 2)
    connector = agency.connector()
    listener = Listener("registry", connector, road, MEANS, Counters())
    assert await listener.ask(0) == 0
    assert await _decide(agency, 1, "in_review") == ""
    assert await _decide(agency, 1, "approved") == ""
    assert await _decide(agency, 2, "rejected", reason="not_eligible") == ""
    assert await listener.ask(0) == 3
    assert await listener.ask(0) == 0
    assert [road.rows[seq].statuses for seq in (1, 2)] == [["in_review", "approved"], ["rejected"]]
    assert road.marks["registry"].seq == 3
    await connector.close()


async def test_a_long_poll_answers_as_soon_as_there_is_something(agency: Agency) -> None:
    road = ModelRoad()
    await _accepted(agency, road, 1)
    connector = agency.connector()
    asking = asyncio.ensure_future(connector.statuses("", 60))
    await asyncio.sleep(0.3)
    assert not asking.done()
    await _decide(agency, 1, "approved")
    # Before its time is over.
    found = await asyncio.wait_for(asking, 45)
    assert found is not None
    assert [event.status for event in found.events] == ["approved"]
    await connector.close()


async def test_another_node_hears_nothing_of_it(agency: Agency) -> None:
    road = ModelRoad()
    await _accepted(agency, road, 1)
    await _decide(agency, 1, "approved")
    other = agency.connector(secret=await agency.book.do(nodes_of.enrol, "LA-OTHER"))
    found = await other.statuses("", 0)
    await other.close()
    assert found is not None
    assert found.events == ()


async def test_each_agency_of_one_office_hears_of_its_own_requests(agency: Agency) -> None:
    """A node is enrolled for each agency that an office answers for: no one is told what another has decided."""
    road, feeds = ModelRoad(), {}
    for name in ("registry", "tax"):
        secret = await agency.book.do(nodes_of.enrol, f"{NODE}/{name}")
        feeds[name] = Agency(agency.port, agency.book, secret, agency.app)
    await _accepted(feeds["tax"], road, 1)
    await _decide(agency, 1, "approved")
    heard = {}
    for name, feed in feeds.items():
        connector = feed.connector()
        found = await connector.statuses("", 0)
        await connector.close()
        assert found is not None
        heard[name] = [event.status for event in found.events]
    assert heard == {"registry": [], "tax": ["approved"]}


async def test_a_restored_agency_is_noticed_read_from_the_start_and_offered_everything_again(tmp_path: Path) -> None:
    folder, port, road, counters = tmp_path / "agency", free_port(), ModelRoad(), Counters()
    settings = AgencySettings(data=folder)
    app = make_agency_app(settings)
    runner = await serve(app, port)
    secret = await app[BOOK].do(nodes_of.enrol, NODE)
    agency = Agency(port, app[BOOK], secret, app)
    await _accepted(agency, road, 1)
    await _decide(agency, 1, "in_review")
    await runner.cleanup()
    shutil.copytree(folder, tmp_path / "backup")

    app = make_agency_app(settings)
    runner = await serve(app, port)
    agency = Agency(port, app[BOOK], secret, app)
    await _accepted(agency, road, 2)
    connector = agency.connector()
    listener = Listener("registry", connector, road, MEANS, counters)
    await _decide(agency, 1, "approved")
    await _decide(agency, 2, "approved")
    assert await listener.ask(0) == 3
    await runner.cleanup()
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "backup", folder)

    app = make_agency_app(settings)
    runner = await serve(app, port)
    agency = Agency(port, app[BOOK], secret, app)
    # It has gone on, and its numbers are higher than any that we know: only the lost life shows that it was restored.
    await _decide(agency, 1, "rejected", reason="other")
    await _accepted(agency, ModelRoad(), *range(50, 54))
    for number in range(2, 6):
        await _decide(agency, number, "approved")
    assert await listener.ask(0) == 1
    assert road.states_of() == ["in_doubt", "in_doubt"]
    assert counters.gone_back == 1
    await listener.ask(0)
    assert road.rows[1].statuses[-1] == "rejected"
    await connector.close()
    await runner.cleanup()


async def test_a_push_is_applied_once_answered_signed_and_does_not_move_the_cursor(agency: Agency) -> None:
    road = ModelRoad()
    await _accepted(agency, road, 1)
    service = SyncService(road, {"registry": agency.connector()}, MEANS)
    app = web.Application()
    app.add_routes(routes(service))
    port = free_port()
    runner = await serve(app, port)
    key = signing.key_of(agency.secret)
    event = {"seq": 7, "id": road.rows[1].offer.id, "reference": "000000001", "status": "approved"}
    body = json.dumps({"events": [event], "next": "7"}).encode()
    url = f"http://127.0.0.1:{port}/agencies/registry/statuses"
    async with aiohttp.ClientSession() as session:
        for applied in (1, 0):
            async with session.post(url, data=body, headers=signing.sign(key, "p1", 1, body)) as answer:
                assert answer.status == 200
                text = await answer.read()
                assert json.loads(text) == {"applied": applied}
                headers = {name.lower(): value for name, value in answer.headers.items()}
                assert headers["webhook-id"] == "p1"
                assert signing.verify(key, headers, text)
        packed = gzip.compress(body)
        headers = signing.sign(key, "p2", 1, packed) | {"Content-Encoding": "gzip"}
        async with session.post(url, data=packed, headers=headers) as answer:
            assert answer.status == 200
        async with session.post(url, data=body, headers=signing.sign(b"x" * 32, "p1", 1, body)) as answer:
            assert answer.status == 401
        async with session.post(url.replace("registry", "nobody"), data=body) as answer:
            assert answer.status == 404
    await runner.cleanup()
    await service.close()
    assert road.rows[1].statuses == ["approved"]
    assert (await road.bookmark("registry")).cursor == ""


async def test_a_status_that_nobody_knows_stops_nothing(agency: Agency) -> None:
    road = ModelRoad()
    await _accepted(agency, road, 1)
    connector = agency.connector()
    listener = Listener("registry", connector, road, MEANS, Counters())
    events = (
        StatusEvent(1, road.rows[1].offer.id, "000000001", "pondering"),
        StatusEvent(2, road.rows[1].offer.id, "000000001", "approved"),
    )
    assert await listener.take(Events(events, "2"), "2") == 1
    assert road.rows[1].statuses == ["approved"]
    await connector.close()


def test_how_long_an_event_was_on_its_way() -> None:
    plain = StatusEvent(1, "id", "482109337", "approved")
    assert _age(replace(plain, at=1000), 1600, 9.0) == 600
    assert _age(replace(plain, at=2000), 1600, 9.0) == 0
    assert _age(plain, 1600, 9.0) == 9
    assert _age(plain, 0, math.inf) == LONGEST_SILENCE


async def test_an_answer_brings_its_events_times_and_the_agency_s_own(agency: Agency) -> None:
    road, heard = ModelRoad(), list[int]()
    await _accepted(agency, road, 1)
    await _decide(agency, 1, "approved")
    connector = agency.connector()
    events = await connector.statuses("", 0)
    assert events is not None
    assert abs(events.events[0].at - time.time()) < 60
    assert abs(events.their_time - time.time()) < 60
    listener = Listener("registry", connector, road, replace(MEANS, heard=heard.append), Counters())
    await listener.ask(0)
    assert len(heard) == 1
    await connector.close()
