"""A hub that was put back to a backup, and an agency behind a hub that was: what is counted shows it."""

import shutil
from typing import Any

from store.database import Database
from tests.sync.conftest import Agency
from tests.sync.hub.kit import AGENCY, Hub, Node


async def ask(node: Node) -> None:
    await node.service.listeners[AGENCY].ask(0)


async def step(node: Node) -> int:
    return len((await node.service.workers[AGENCY].step()).offers)


async def test_a_hub_put_back_to_before_its_custody_is_offered_it_again_at_once(district: Node, hub: Hub) -> None:
    await hub.stop()
    shutil.copytree(hub.folder, hub.folder.with_name("yesterday"))
    await hub.start()
    await district.submit(3)
    await step(district)
    await ask(district)
    assert await district.states() == ["carried"] * 3
    await hub.stop()
    shutil.rmtree(hub.folder)
    hub.folder.with_name("yesterday").rename(hub.folder)
    await hub.start()
    assert await step(district) == 0, "what is in custody rests"
    await ask(district)
    assert district.clock.alerts == [(AGENCY, "gone-back")]
    assert await step(district) == 3
    assert await hub.node.rows("SELECT count(*) FROM passage") == [(3,)]


async def test_the_housework_of_a_hub_is_no_lost_disk(district: Node, hub: Hub) -> None:
    await district.submit(2)
    await district.now()
    await ask(district)

    async def prune(database: Database) -> None:
        await database.rows("DELETE FROM passage")

    await hub.node.memory.writer.do(prune)
    await ask(district)
    assert district.clock.alerts == []


async def test_a_hub_offers_again_what_its_agency_has_lost(district: Node, hub: Hub, agency: Agency) -> None:
    await district.submit(3)
    await district.now()
    await step(hub.node)
    await ask(hub.node)
    await ask(district)
    assert await district.states() == ["accepted"] * 3

    def forget(link: Any) -> None:
        for table in ("request", "inbox", "numbered", "holding", "offered"):
            link.execute(f"DELETE FROM {table}")  # noqa: S608 - the five names above

    await agency.book.do(forget)
    await ask(hub.node)
    assert hub.node.clock.alerts == [(AGENCY, "gone-back")]
    assert await step(hub.node) == 3
    assert set((await agency.effects()).values()) == {1}
    await ask(hub.node)
    await ask(district)
    assert await district.states() == ["accepted"] * 3
    assert district.clock.alerts == []
