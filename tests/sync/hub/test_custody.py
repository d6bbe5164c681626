"""Custody is not acceptance: whatever becomes of the hub, each request has one effect, and its node knows the truth."""

import asyncio
import base64
import contextlib
import itertools
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from flows.errors import DiskFull, RoadFault
from store.database import Database
from store.values import StatusEvent
from sync import signing, wire
from sync.connectors.hub import agency_road, road_key
from sync.port import Batch
from sync.service import SyncService
from tests.ports import free_port
from tests.sync.conftest import Agency, event_of, offer_of, serve
from tests.sync.hub.kit import AGENCY, DISTRICT, Hub, Node, connector, decide, enrolled, node
from tests.sync.proxy import MANNERS, Manner, Proxy

SEED = 20261201


async def home(district: Node) -> None:
    """Only ask for what comes home; offer nothing."""
    await district.service.listeners[AGENCY].ask(0)


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


class Killed(Exception):  # noqa: N818 - what happened to it
    """The process is gone."""


@pytest.mark.parametrize("when", ["before custody", "after custody", "after lease", "after relay", "after settle"])
async def test_a_hub_killed_at_each_commit_loses_and_doubles_nothing(
    when: str, district: Node, hub: Hub, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    await district.submit(4)
    custody = hub.node.memory.custody
    if when == "before custody":
        monkeypatch.setattr(custody, "take", _killed)
        await district.now()
        assert set(await district.states()) <= {"in_doubt", "queued", "retry_wait"}
    else:
        await district.now()
    if when == "after lease":
        offers = await custody.due(AGENCY, 10, 2**40)
        await custody.lease(AGENCY, [offer.seq for offer in offers], "gone", 2**40, 1)
    if when == "after relay":
        monkeypatch.setattr(custody, "settle", _killed)
        with pytest.raises(Killed):
            await hub.relay()
        monkeypatch.undo()
    if when == "after settle":
        await hub.relay()
    monkeypatch.undo()
    await hub.stop()
    await hub.start()
    await _until_accepted(district, hub)
    effects = await agency.effects()
    assert len(effects) == 4, "lost"
    assert set(effects.values()) == {1}, "doubled"


async def _killed(*_: Any, **__: Any) -> Any:
    raise Killed


async def _until_accepted(district: Node, hub: Hub, rounds: int = 6) -> None:
    for _ in range(rounds):
        district.clock.ahead += 1000
        await district.now()
        await hub.relay()
        await home(district)
        if set(await district.states()) == {"accepted"}:
            return
    raise AssertionError(await district.states())


@pytest.mark.parametrize("relayed", [False, True])
async def test_a_hub_that_loses_its_disk_gets_everything_again(
    relayed: bool,  # noqa: FBT001 - one case of two
    district: Node,
    hub: Hub,
    agency: Agency,
) -> None:
    references = await district.submit(3)
    await district.now()
    if relayed:
        await hub.relay()
        await home(district)
        assert await district.states() == ["accepted"] * 3
    else:
        # The feed must have been asked once for its cursor to tell the loss.
        assert await agency.effects() == {}
    await hub.stop()
    hub.lose_disk()
    await hub.start()
    await _until_accepted(district, hub)
    assert len(await agency.effects()) == 3
    assert set((await agency.effects()).values()) == {1}
    for reference in references:
        await decide(agency, reference, "approved")
    await hub.relay()
    await home(district)
    assert await district.rows("SELECT DISTINCT status FROM request") == [("approved",)]


async def test_an_old_feed_tells_that_the_hub_lost_its_disk(district: Node, hub: Hub, agency: Agency) -> None:
    await district.submit(2)
    await district.now()
    await hub.relay()
    await home(district)
    await district.submit(1, first=9)
    await district.service.workers[AGENCY].step()
    await hub.stop()
    hub.lose_disk()
    await hub.start()
    await home(district)
    assert ("registry", "gone-back") in district.clock.alerts
    due = await district.memory.road.due(AGENCY, 10, int(time.time()))
    assert len(due) == 3, "what it had in custody is due at once, and so is what was accepted"


async def test_statuses_find_their_node_after_the_disk_was_lost(district: Node, hub: Hub, agency: Agency) -> None:
    (reference,) = await district.submit(1)
    await district.now()
    await hub.relay()
    await home(district)
    await hub.stop()
    hub.lose_disk()
    await hub.start()
    await decide(agency, reference, "rejected", reason="not_eligible")
    await hub.relay()
    assert await hub.node.rows("SELECT node, status FROM home") == [(DISTRICT, "rejected")], "by the event's source"


async def test_an_agency_that_does_not_say_whose_a_status_is_still_finds_the_node(district: Node, hub: Hub) -> None:
    await district.submit(1)
    ((event,),) = await district.rows("SELECT event FROM submission")
    told = json.loads(event)
    stray = StatusEvent(7, told["id"], told["subject"], "approved")
    await hub.node.memory.road.statuses(AGENCY, [stray], "7", 1)
    assert await hub.node.rows("SELECT count(*) FROM home") == [(0,)]
    await district.now()
    assert await hub.node.rows("SELECT node, status FROM home") == [(DISTRICT, "approved")]
    assert await hub.node.rows("SELECT count(*) FROM stray") == [(0,)]


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


async def test_an_agency_that_has_gone_back_is_offered_again_and_the_node_is_asked_for_the_rest(
    district: Node, hub: Hub, agency: Agency
) -> None:
    await district.submit(2)
    await district.now()
    await hub.relay()
    await home(district)

    async def prune(database: Database) -> None:
        await database.rows("UPDATE passage SET event = NULL WHERE n = 1")

    await hub.node.memory.writer.do(prune)
    assert await hub.node.service.listeners[AGENCY]._road.gone_back(AGENCY, 1) == 1
    await home(district)
    assert sorted(await district.states()) == ["accepted", "in_doubt"]
    await _until_accepted(district, hub)
    assert set((await agency.effects()).values()) == {1}


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
    await _until_accepted(district, hub)
    assert set((await agency.effects()).values()) == {1}


async def test_over_a_bad_link_to_the_hub_each_request_has_one_effect(tmp_path: Path, hub: Hub, agency: Agency) -> None:
    dice = random.Random(SEED)

    def manner() -> Manner:
        return dice.choice(MANNERS) if dice.random() < 0.3 else "pass"

    async with Proxy(hub.port, manner) as proxy:
        road = connector(f"{proxy.url}/hub", hub.secrets[DISTRICT], DISTRICT, hub=True)
        async with node(tmp_path / "d", DISTRICT, {AGENCY: road}) as district:
            await district.submit(40)
            for _ in range(200):
                district.clock.ahead += 1000
                await district.service.workers[AGENCY].step()
                with contextlib.suppress(RoadFault):
                    await home(district)
                await hub.relay()
                if set(await district.states()) == {"accepted"}:
                    break
            assert set(await district.states()) == {"accepted"}, Counter(await district.states())
    effects = await agency.effects()
    assert (len(effects), set(effects.values())) == (40, {1})


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


async def test_negative_control_a_hub_that_calls_custody_acceptance_loses_and_this_test_sees_it(
    tmp_path: Path, agency: Agency
) -> None:
    """The wrong protocol: `accepted` at custody, then the disk is lost."""
    secret = signing.new_secret()
    key = road_key(signing.key_of(secret), agency_road(AGENCY))

    async def careless(request: web.Request) -> web.Response:
        body = await request.read()
        events = json.loads(wire.unpack(body, request.headers.get("Content-Encoding", "")))
        answer = json.dumps({"results": [{"id": event["id"], "status": "accepted"} for event in events]}).encode()
        return web.Response(body=answer, headers=signing.sign(key, request.headers["webhook-id"], 1, answer))

    app = web.Application()
    app.router.add_post(f"/agencies/{AGENCY}/submissions", careless)
    port = free_port()
    runner = await serve(app, port)
    async with node(
        tmp_path / "d", DISTRICT, {AGENCY: connector(f"http://127.0.0.1:{port}", secret, DISTRICT, hub=True)}
    ) as district:
        await district.submit(3)
        await district.service.workers[AGENCY].step()
        assert set(await district.states()) == {"accepted"}
        assert await agency.effects() == {}, "lost: the node believes that the agency has them"
    await runner.cleanup()
    await asyncio.sleep(0)
