"""Nodes never use the same reference: blocks are leased, run out politely, and are asked for in time."""

from pathlib import Path

from store.hub import BLOCKS, LOW, Beat
from store.memory import open_memory
from store.settings import StoreSettings
from tests.store.conftest import KEY, dial
from tests.store.mind import small_mind
from tests.sync.hub.kit import DISTRICT, Hub


async def test_every_reference_of_a_block_is_given_out_and_then_none(tmp_path: Path) -> None:
    settings = StoreSettings(
        data=tmp_path, node=DISTRICT, reserve_mb=0, free_mb=0, leased=True, blocks=("1234567", "7654321")
    )
    async with open_memory(settings, KEY, small_mind(), house=False) as memory:
        assert await memory.references_left() == 20
        given = [await dial(memory, "SUBMIT", session=f"s{n}", msisdn=f"+85620{n:08d}") for n in range(20)]
        assert len(set(given)) == 20
        assert {reference[:7] for reference in given} == {"1234567", "7654321"}
        assert await memory.references_left() == 0
        # One who had begun and cannot finish now is told so and keeps her answers; a new dialogue does not begin.
        assert await dial(memory, session="new", msisdn="+8562099999999") == "full"
        assert (await memory.readings()).counts.get("failed", 0) == 0


async def test_without_any_block_nothing_begins_and_a_lease_opens_it(tmp_path: Path, hub: Hub) -> None:
    settings = StoreSettings(data=tmp_path / "n", node=DISTRICT, reserve_mb=0, free_mb=0, leased=True)
    async with open_memory(settings, KEY, small_mind(), house=False) as memory:
        assert await dial(memory, msisdn="+8562099999999") == "full"
        await hub.node.memory.hub.lease(DISTRICT)
        parcels = await hub.node.memory.hub.parcels(DISTRICT, 0)
        await memory.arrivals.take(parcels, parcels[-1].seq)
        await memory.refresh()
        reference = await dial(memory, "SUBMIT", session="s2", msisdn="+8562099999998")
        assert reference[:4] in parcels[0].body["blocks"]


async def test_a_node_alone_draws_from_everywhere(tmp_path: Path) -> None:
    settings = StoreSettings(data=tmp_path, node=DISTRICT, reserve_mb=0, free_mb=0)
    async with open_memory(settings, KEY, small_mind(), house=False) as memory:
        assert await memory.references_left() == -1
        assert len(await dial(memory, "SUBMIT")) == 9


async def test_no_two_nodes_are_leased_the_same_and_the_hubs_own_are_kept(hub: Hub) -> None:
    own = await hub.node.submit(30)
    leased = [block for n in range(100) for block in await hub.node.memory.hub.lease(f"LA-{n}")]
    assert len(set(leased)) == len(leased) == 100 * BLOCKS
    assert not {reference[:4] for reference in own} & set(leased)


async def test_more_are_leased_with_the_heartbeat_before_they_run_out_and_once(hub: Hub) -> None:
    desk = hub.node.memory.hub

    async def blocks(left: int, down: int, epoch: str) -> int:
        await desk.heard(Beat(DISTRICT, epoch, 1, down, "{}", (), left))
        return sum(len(one.body["blocks"]) for one in await desk.parcels(DISTRICT, 0) if one.kind == "blocks")

    assert await blocks(LOW, 0, "a") == 0
    assert await blocks(LOW - 1, 0, "b") == BLOCKS
    assert await blocks(LOW - 1, 0, "c") == BLOCKS, "it has not read of the first ones yet"
    assert await blocks(LOW - 1, 1, "d") == 2 * BLOCKS
    assert await blocks(-1, 9, "e") == 2 * BLOCKS, "a node alone is given none"
