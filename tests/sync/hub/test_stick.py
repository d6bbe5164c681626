"""By stick to the hub: custody, receipts home, and every mix of roads with one effect."""

import itertools
from pathlib import Path

import pytest

from sync import bundle, signing
from sync.connectors.hub import agency_road, road_key
from sync.hub import stick
from tests.sync.conftest import Agency
from tests.sync.hub.kit import AGENCY, DISTRICT, Hub, Node


class Stick:
    """One folder that is carried between a node and its hub."""

    def __init__(self, folder: Path, district: Node, hub: Hub) -> None:
        self.folder, self.district, self.hub = folder, district, hub
        folder.mkdir()
        self.secret = signing.key_of(hub.secrets[DISTRICT])
        self.keys = {AGENCY: road_key(self.secret, agency_road(AGENCY))}

    async def write(self) -> dict[str, int]:
        ledger = self.folder.parent / "ledger.json"
        road, means = self.district.memory.road, self.district.clock.means(DISTRICT)
        written = await bundle.write_bundle(road, self.keys, DISTRICT, self.folder, ledger, means)
        return dict(written.records)

    async def take(self) -> tuple[stick.Taken, ...]:
        return await stick.read_bundles(self.hub.node.memory.custody, {DISTRICT: (self.secret,)}, [AGENCY], self.folder)

    async def read(self) -> tuple[bundle.Reading, ...]:
        road, means = self.district.memory.road, self.district.clock.means(DISTRICT)
        return await bundle.read_receipts(road, self.keys, DISTRICT, self.folder, means, [AGENCY])


async def test_a_stick_to_the_hub_is_custody_and_its_next_receipt_brings_the_agencys_word(
    district: Node, hub: Hub, agency: Agency, tmp_path: Path
) -> None:
    await district.submit(3)
    carried = Stick(tmp_path / "stick", district, hub)
    assert await carried.write() == {AGENCY: 3}
    (taken,) = await carried.take()
    assert (taken.records, taken.carried, taken.problem) == (3, 3, "")
    await carried.read()
    assert await district.states() == ["carried"] * 3, "custody is not acceptance"
    await hub.relay()
    (again,) = await carried.take()
    assert (again.records, again.carried) == (3, 0)
    (reading,) = await carried.read()
    assert reading.accepted >= 3
    assert await district.states() == ["accepted"] * 3
    assert set((await agency.effects()).values()) == {1}


@pytest.mark.parametrize("order", list(itertools.permutations(["stick", "link", "relay"])), ids=" ".join)
async def test_stick_and_link_in_every_order_is_one_effect(
    order: tuple[str, ...], district: Node, hub: Hub, agency: Agency, tmp_path: Path
) -> None:
    await district.submit(2)
    carried = Stick(tmp_path / "stick", district, hub)
    await carried.write()
    for step in [*order, "relay"]:
        match step:
            case "stick":
                await carried.take()
            case "link":
                await district.now()
            case _:
                await hub.relay()
    await carried.take()
    await carried.read()
    await district.service.listeners[AGENCY].ask(0)
    assert await district.states() == ["accepted"] * 2
    assert set((await agency.effects()).values()) == {1}


async def test_a_stick_of_a_stranger_or_for_another_agency_is_left_alone(
    district: Node, hub: Hub, tmp_path: Path
) -> None:
    await district.submit(1)
    carried = Stick(tmp_path / "stick", district, hub)
    await carried.write()
    custody = hub.node.memory.custody
    assert await stick.read_bundles(custody, {DISTRICT: (b"x" * 32,)}, [AGENCY], carried.folder) == ()
    assert await stick.read_bundles(custody, {DISTRICT: (carried.secret,)}, ["health"], carried.folder) == ()
    assert await hub.node.rows("SELECT count(*) FROM passage") == [(0,)]
    (file,) = carried.folder.glob("*.bundle")
    file.write_bytes(file.read_bytes()[:-1])
    (taken,) = await carried.take()
    assert "harmed" in taken.problem
