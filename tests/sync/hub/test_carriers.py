"""By what a request is carried, as the officers' list says it: a stick, a hub or an SMS, over the real roads."""

from pathlib import Path

from console.reading import carrier
from console.words import Words
from store.memory import Memory
from store.scope import EVERYTHING
from sync.bundle import write_bundle
from sync.signing import key_of, new_secret
from tests.sync.bearer.air import world
from tests.sync.hub.kit import AGENCY, DISTRICT, Hub, Node


async def shown(memory: Memory) -> list[str]:
    """The badge of every request, in English."""
    rows = await memory._reading.rows("SELECT seq FROM request ORDER BY seq")
    found = await memory.queue._entries(EVERYTHING, [row[0] for row in rows])
    return [Words()["en"][f"state_{carrier(way)}"] for one in found for way in one.ways]


async def test_what_was_written_for_a_stick_says_so_until_a_hub_keeps_it(
    district: Node, hub: Hub, tmp_path: Path
) -> None:
    await district.submit()
    assert await shown(district.memory) == ["waits"]
    secrets, stick = {AGENCY: key_of(new_secret())}, tmp_path / "stick"
    stick.mkdir()
    await write_bundle(
        district.memory.road, secrets, DISTRICT, stick, tmp_path / "ledger", district.clock.means(DISTRICT)
    )
    assert await shown(district.memory) == ["on USB"]
    await district.now()
    assert await shown(district.memory) == ["with the hub"]
    await hub.relay()
    await district.now()
    assert await shown(district.memory) == ["with the agency"]


async def test_what_left_by_sms_says_so(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        await one.submit()
        await one.break_link()
        await one.up()
        assert await shown(one.memory) == ["on its way by SMS"]
