"""The whole road of one node: agencies side by side, figures, passes, and a clean end."""

import asyncio
import time
from collections.abc import Callable

import pytest

from flows.errors import ConfigFault
from sync import worker
from sync.breaker import Breaker
from sync.means import Means
from sync.port import load_connector
from sync.service import SyncService, connect
from sync.signing import new_secret
from tests.ports import free_port
from tests.sync.conftest import NODE, Agency, offer_of
from tests.sync.model import ModelRoad
from tests.sync.proxy import Proxy, in_turn

MEANS = Means("test")


async def _until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def _queue(road: ModelRoad, agency: str, first: int, count: int) -> None:
    for seq in range(first, first + count):
        road.queue(offer_of(seq, queued_at=int(time.time()) - 100), agency)


async def test_a_healthy_agency_drains_though_others_are_dead_or_hang(agency: Agency) -> None:
    road = ModelRoad()
    _queue(road, "dead", 1, 20)
    _queue(road, "hangs", 101, 20)
    _queue(road, "well", 201, 120)
    async with Proxy(agency.port, lambda: "hang") as proxy:
        dead = agency.connector(f"http://127.0.0.1:{free_port()}")
        connectors = {"dead": dead, "hangs": agency.connector(proxy.url), "well": agency.connector()}
        service = SyncService(road, connectors, MEANS)
        service.start()
        await _until(lambda: all(row.state == "accepted" for row in road.rows.values() if row.agency == "well"))
        await _until(lambda: bool(service.workers["dead"].counters.failures))
        assert service.workers["hangs"].counters.failures == {}, "it still waits for its answer"
        states = {state.agency: state for state in await service.status()}
        assert (states["well"].waiting, states["well"].position, states["well"].accepted) == (0, "closed", 120)
        assert states["well"].accepted_through > 0
        assert states["dead"].waiting == 20
        assert states["dead"].oldest_age >= 100
        assert states["dead"].accepted_through == 0
        assert "reach" in states["dead"].sentence
        await service.stop()
        assert service.workers["hangs"].counters.failures == {}, "nobody waited for its answer to end"
    assert "leased" not in road.states_of()


async def test_what_is_queued_later_goes_at_a_nudge(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE", 3600.0)
    road = ModelRoad()
    service = SyncService(road, {"well": agency.connector()}, MEANS)
    service.start()
    await asyncio.sleep(0.1)
    _queue(road, "well", 1, 1)
    service.nudge("well", "unknown")
    await _until(lambda: road.states_of() == ["accepted"])
    await service.stop()


async def test_now_passes_over_all_agencies_and_brings_statuses(agency: Agency) -> None:
    road = ModelRoad()
    _queue(road, "dead", 1, 3)
    _queue(road, "well", 201, 30)
    dead = agency.connector(f"http://127.0.0.1:{free_port()}")
    service = SyncService(road, {"dead": dead, "well": agency.connector()}, MEANS)
    seen: list[tuple[str, int]] = []
    first, second = await service.now(progress=lambda name, count: seen.append((name, count)))
    assert (first.agency, first.offered, first.left, first.fault) == ("dead", 3, 3, "away")
    assert (second.agency, second.offered, second.accepted, second.left) == ("well", 30, 30, 0)
    assert ("well", 30) in seen
    assert (await service.now("well"))[0].offered == 0
    with pytest.raises(ConfigFault):
        await service.now("nobody")
    await service.close()


async def test_status_tells_what_it_can_before_anything_was_tried(agency: Agency) -> None:
    road = ModelRoad()
    _queue(road, "gone", 1, 2)
    service = SyncService(road, {"well": agency.connector()}, MEANS)
    found = {state.agency: state.position for state in await service.status()}
    assert found == {"gone": "unknown", "well": "unknown"}
    await service.close()


@pytest.mark.parametrize(
    ("block", "key"),
    [
        ({"connector": "pigeon"}, "agencies.x.connector"),
        ({"url": "http://x", "secret": "whsec_!"}, "agencies.x.secret"),
        ({"url": "ftp://x", "secret": new_secret()}, "agencies.x.url"),
        ({"url": "http://x", "secret": new_secret(), "sceret": "y"}, "agencies.x.sceret"),
        ({"secret": new_secret()}, "agencies.x.url"),
    ],
)
def test_a_wrong_block_is_named_by_its_key_and_its_secret_is_not_shown(block: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        load_connector("x", NODE, block)
    assert str(fault.value).startswith(f"{key}:")
    assert "whsec_" not in str(fault.value).removeprefix("agencies.x.secret: Value error, a secret is whsec_")


def test_every_block_becomes_a_connector() -> None:
    block = {"connector": "native", "url": "https://registry.example.la/sala", "secret": new_secret()}
    assert set(connect({"one": block, "two": block}, NODE)) == {"one", "two"}


async def test_an_agency_that_does_not_know_us_is_stopped_on_both_roads_and_alerted_once(agency: Agency) -> None:
    alerts: list[tuple[str, str]] = []
    means = Means("test", alert=lambda name, code, _: alerts.append((name, code)))
    road = ModelRoad()
    _queue(road, "well", 1, 3)
    async with Proxy(agency.port) as proxy:
        service = SyncService(road, {"well": agency.connector(proxy.url, new_secret())}, means)
        service.start()
        await _until(lambda: service.workers["well"].breaker.position == "stopped")
        await asyncio.sleep(1.2)
        assert len(proxy.requests) <= 1
        assert alerts == [("well", "auth")]
        assert {row.offer.attempts for row in road.rows.values()} == {0}
        assert (await service.status())[0].position in {"stopped", "unknown"}
        await service.stop()


async def test_an_answer_on_the_feed_wakes_the_outbox(agency: Agency) -> None:
    road = ModelRoad()
    _queue(road, "well", 1, 3)
    async with Proxy(agency.port, in_turn("refuse", "refuse", "refuse")) as proxy:
        service = SyncService(road, {"well": agency.connector(proxy.url)}, Means("test", chance=lambda: 1.0))
        service.workers["well"].breaker = Breaker("open", 9, time.monotonic() + 3600)
        service.start()
        await _until(lambda: len(proxy.requests) >= 1)
        await service.stop()
