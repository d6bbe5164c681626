"""The same record by SMS, by link and by stick, in every order (F18)."""

from itertools import permutations
from pathlib import Path

import pytest

from sync.agency.bundles import read_bundles
from sync.bundle.node import write_bundle
from sync.port import Batch
from tests.sync.bearer import kit
from tests.sync.bearer.air import AGENCY, World, world


async def over_http(one: World) -> list[str]:
    """The same records by the other road, as a worker with a link would send them."""
    offers = await one.memory.road.due(AGENCY, 100, int(one.hands.wall))
    results = await one.connector.deliver(Batch("batch", tuple(offers)))
    return [outcome.status for outcome in results.outcomes]


ORDERS = [", ".join(order) for order in permutations(["sms", "http", "stick"])]


@pytest.mark.parametrize("order", [*ORDERS, "sms, http, sms again", "sms, sms again, stick, stick again, http"])
async def test_each_order_of_roads_has_one_effect(tmp_path: Path, order: str) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    async with world(tmp_path) as one:
        events = await one.submit()
        await one.break_link()
        steps = order.split(", ")
        for step in steps:
            match step:
                case "http":
                    assert await over_http(one) == ["accepted" if step == steps[0] else "duplicate"]
                case "sms":
                    await one.up()
                case "sms again":
                    await one.bring(one.air.up)
                case "stick":
                    await by_stick(one, stick)
                case _:
                    await read_bundles(one.book, stick)
        assert await one.taken() == events
        await one.answers()
        assert await one.states() == ["accepted"]


async def by_stick(one: World, folder: Path) -> None:
    secrets = {AGENCY: one.connector.bundle_secret()}
    means = one.carrier._means
    await write_bundle(one.memory.road, secrets, kit.NODE, folder, folder.parent / "ledger.json", means)
    await read_bundles(one.book, folder)


async def test_a_worker_with_a_link_again_finds_a_duplicate_of_what_went_by_message(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        events = await one.submit()
        await one.break_link()
        await one.up()
        one.worker._connector = one.connector
        one.hands.go(60)
        done = await one.worker.step()
        assert [settlement.code for settlement in done.settlements] == ["duplicate"]
        assert await one.states() == ["accepted"]
        assert await one.taken() == events
        await one.answers()  # late: nothing changes
        assert await one.states() == ["accepted"]
