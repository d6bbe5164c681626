"""A hub that is killed, loses its disk or has a bad link, an agency that goes back: nothing lost, nothing doubled."""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from flows.errors import RoadFault
from store.database import Database
from store.values import StatusEvent
from sync import signing, wire
from sync.connectors.hub import agency_road, road_key
from tests.ports import free_port
from tests.sync.conftest import Agency, serve
from tests.sync.hub.kit import AGENCY, DISTRICT, Hub, Node, connector, decide, home, node, until_accepted
from tests.sync.proxy import MANNERS, Manner, Proxy

SEED = 20261201


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
    await until_accepted(district, hub)
    effects = await agency.effects()
    assert len(effects) == 4, "lost"
    assert set(effects.values()) == {1}, "doubled"


async def _killed(*_: Any, **__: Any) -> Any:
    raise Killed


@pytest.mark.parametrize("relayed", [False, True])
async def test_a_hub_that_loses_its_disk_gets_everything_again(
    relayed: bool,
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
    await until_accepted(district, hub)
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
    await until_accepted(district, hub)
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
