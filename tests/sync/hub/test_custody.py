"""Custody is not acceptance: whatever becomes of the hub, each request has one effect, and its node knows the truth."""

import base64
import itertools
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from flows.errors import DiskFull
from store.database import Database
from sync import signing, wire
from sync.connectors.hub import agency_road, road_key
from sync.port import Batch
from sync.service import SyncService
from tests.sync.conftest import Agency, event_of, offer_of
from tests.sync.hub.kit import AGENCY, DISTRICT, Hub, Node, connector, decide, enrolled, home, until_accepted


async def test_the_agencys_word_comes_home_in_the_feed_alone(district: Node, hub: Hub, agency: Agency) -> None:
    await district.submit(3)
    await district.now()
    await hub.relay()
    await home(district)
    assert await district.states() == ["accepted"] * 3
    assert [row[0] for row in await district.rows("SELECT agency_ref FROM delivery ORDER BY seq")] == [
        "R000001",
        "R000002",
        "R000003",
    ]
    assert await district.rows("SELECT DISTINCT status FROM request") == [("accepted",)]


async def test_what_is_in_custody_is_not_sent_again_with_every_good_answer(district: Node, hub: Hub) -> None:
    await district.submit(3)
    await district.now()
    await district.submit(1, first=9)
    done = await district.service.workers[AGENCY].step()
    assert len(done.offers) == 1, "the three in custody wait for their six hours"
    district.clock.ahead = 6 * 3600 + 5
    assert len((await district.service.workers[AGENCY].step()).offers) == 4


async def test_the_bytes_reach_the_agency_untouched(district: Node, hub: Hub, agency: Agency) -> None:
    await district.submit(2)
    sent = {row[0] for row in await district.rows("SELECT event FROM submission")}
    await district.now()
    await hub.relay()

    def read(connection: Any) -> set[bytes]:
        return {row[0] for row in connection.execute("SELECT event FROM request")}

    assert await agency.book.do(read) == sent


async def test_what_the_agency_refuses_is_for_the_nodes_own_officer(district: Node, hub: Hub, agency: Agency) -> None:
    await district.submit(1)
    await district.now()

    ((event,),) = await district.rows("SELECT event FROM submission")

    async def break_(database: Database) -> None:
        await database.rows("UPDATE passage SET event = ?", (_without_service(event),))

    await hub.node.memory.writer.do(break_)
    assert await hub.relay() == {"offered": 1, "refused": 1}
    await home(district)
    assert await district.states() == ["officer_review"]
    (task,) = await district.memory.review.tasks(AGENCY)
    assert (task.code, task.reason) == ("invalid", "missing_field")
    assert await hub.node.memory.review.tasks(AGENCY) == [], "not the hub's"


def _without_service(event: bytes) -> bytes:
    told = json.loads(event)
    del told["data"]["service"]
    return json.dumps(told).encode()


async def test_other_content_under_a_known_id_is_a_conflict(hub: Hub) -> None:
    road = connector(hub.url, hub.secrets[DISTRICT], DISTRICT, hub=True)
    first = await road.deliver(Batch("b1", (offer_of(1, event_of(1, id="x", answers={"a": 1})),)))
    again = await road.deliver(Batch("b2", (offer_of(1, event_of(1, id="x", answers={"a": 2})),)))
    await road.close()
    assert [one.outcomes[0].status for one in (first, again)] == ["carried", "conflict"]


async def test_the_same_twice_in_one_batch_is_one_passage(hub: Hub) -> None:
    road = connector(hub.url, hub.secrets[DISTRICT], DISTRICT, hub=True)
    offer = offer_of(1)
    results = await road.deliver(Batch("b1", (offer, offer)))
    await road.close()
    assert [outcome.status for outcome in results.outcomes] == ["carried", "carried"]
    assert await hub.node.rows("SELECT count(*) FROM passage") == [(1,)]


ORDERS = list(itertools.permutations(["direct", "hub", "relay"]))


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
async def test_directly_and_through_the_hub_in_every_order_is_one_effect(
    order: tuple[str, ...], hub: Hub, agency: Agency, tmp_path: Path
) -> None:
    secret = await enrolled(agency, DISTRICT)
    roads = {
        "direct": connector(agency.url, secret, DISTRICT, hub=False),
        "hub": connector(hub.url, hub.secrets[DISTRICT], DISTRICT, hub=True),
    }
    batch = Batch("b", (offer_of(1),))
    for step in [*order, "relay"]:
        if step == "relay":
            await hub.relay()
        else:
            await roads[step].deliver(batch)
    assert set((await agency.effects()).values()) == {1}
    for road in roads.values():
        await road.close()


async def test_statuses_follow_the_road_that_a_request_was_offered_by_last(
    district: Node, hub: Hub, agency: Agency, tmp_path: Path
) -> None:
    (reference,) = await district.submit(1)
    await district.now()
    await hub.relay()
    await decide(agency, reference, "in_review")
    await district.service.close()
    secret = await enrolled(agency, DISTRICT)
    direct = SyncService(
        district.memory.road,
        {AGENCY: connector(agency.url, secret, DISTRICT, hub=False)},
        district.clock.means(DISTRICT),
    )
    (done,) = await direct.now(AGENCY)
    assert (done.offered, done.duplicates) == (1, 1)
    await decide(agency, reference, "approved")
    await direct.now(AGENCY)
    await direct.close()
    assert await district.rows("SELECT status FROM request") == [("approved",)]
    assert set((await agency.effects()).values()) == {1}


async def test_a_node_that_does_not_know_custody_offers_again_and_never_prunes(hub: Hub, agency: Agency) -> None:
    key = road_key(signing.key_of(hub.secrets[DISTRICT]), agency_road(AGENCY))
    written = "whsec_" + base64.b64encode(key).decode()
    road = connector(f"{hub.url}/agencies/{AGENCY}", written, DISTRICT, hub=False)
    road._headers = {"Sala-Node": DISTRICT}  # type: ignore[attr-defined]
    offer = offer_of(1)
    assert (await road.deliver(Batch("b1", (offer,)))).outcomes == (), "not mentioned: in doubt"
    await hub.relay()
    assert [one.status for one in (await road.deliver(Batch("b2", (offer,)))).outcomes] == ["duplicate"]
    await road.close()


async def test_a_signature_for_one_agency_is_no_good_for_another_nor_for_another_node(hub: Hub) -> None:
    body = wire.batch_of([event_of(1)])
    key = road_key(signing.key_of(hub.secrets[DISTRICT]), agency_road("health"))
    good = road_key(signing.key_of(hub.secrets[DISTRICT]), agency_road(AGENCY))
    statuses = []
    async with aiohttp.ClientSession() as session:
        for used, name in ((key, DISTRICT), (good, "LA-OTHER"), (good, DISTRICT)):
            headers = signing.sign(used, "b", 1, body) | {"Sala-Node": name, "Content-Type": wire.BATCH_TYPE}
            async with session.post(f"{hub.url}/agencies/{AGENCY}/submissions", data=body, headers=headers) as answer:
                statuses.append(answer.status)
    assert statuses == [401, 401, 200]


async def test_a_node_delivers_for_itself_alone(hub: Hub) -> None:
    road = connector(hub.url, hub.secrets[DISTRICT], DISTRICT, hub=True)
    with pytest.raises(Exception, match="403"):
        await road.deliver(Batch("b1", (offer_of(1, event_of(1, node="LA-OTHER")),)))
    await road.close()


async def test_a_hub_that_cannot_write_asks_for_patience_and_nothing_is_lost(
    district: Node, hub: Hub, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    await district.submit(2)

    async def full(*_: Any) -> Any:
        raise DiskFull

    with monkeypatch.context() as patch:
        patch.setattr(hub.node.memory.custody, "take", full)
        assert (await district.now())["fault"] == "busy"
    assert set(await district.states()) == {"queued"}, "no attempt is burnt"
    district.clock.ahead = 60
    await until_accepted(district, hub)
    assert set((await agency.effects()).values()) == {1}


async def test_a_hub_works_for_its_own_citizens_beside_its_nodes(district: Node, hub: Hub, agency: Agency) -> None:
    await district.submit(2)
    await district.now()
    await hub.node.submit(2, first=50)
    assert await hub.relay() == {"offered": 4, "accepted": 4}
    assert set((await agency.effects()).values()) == {1}
    assert await hub.node.states() == ["accepted"] * 2
    own = await hub.node.rows("SELECT reference FROM request")
    for reference in own:
        await decide(agency, f"{reference[0]:09d}", "approved")
    await hub.relay()
    assert await hub.node.rows("SELECT DISTINCT status FROM request") == [("approved",)]
    assert await hub.node.rows("SELECT DISTINCT status FROM home") == [("accepted",)]
