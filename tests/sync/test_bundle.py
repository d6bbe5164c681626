"""The road by hand: a stick that is lost, harmed, read twice, read late, or read by somebody else."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest

from sync import signing
from sync.agency import decisions as decisions_of
from sync.agency import hearing
from sync.agency import nodes as nodes_of
from sync.agency.bundles import read_bundles
from sync.agency.decisions import Decision
from sync.bundle import BundleFault, read_receipts, write_bundle
from sync.bundle.container import pack, seal, unpack, write_file
from sync.bundle.keys import bech32, keys_of
from sync.heartbeat import Heartbeat
from sync.means import Means
from sync.port import Batch
from tests.sync.conftest import NODE, Agency, event_of, offer_of
from tests.sync.model import ModelRoad

MEANS = Means("test")


class Stick:
    def __init__(self, folder: Path, agency: Agency, records: int = 3) -> None:
        self.folder = folder / "stick"
        self.folder.mkdir()
        self.ledger = folder / "bundles.json"
        self.agency = agency
        self.secrets = {"registry": signing.key_of(agency.secret)}
        self.road = ModelRoad()
        for seq in range(1, records + 1):
            self.road.queue(offer_of(seq, queued_at=seq), "registry")

    async def write(self) -> Path:
        written = await write_bundle(self.road, self.secrets, NODE, self.folder, self.ledger, MEANS)
        return written.path

    async def home(self) -> list[tuple[int, int, str]]:
        found = await read_receipts(self.road, self.secrets, NODE, self.folder, MEANS)
        return [(one.accepted, one.statuses, one.problem) for one in found]


@pytest.fixture
def stick(tmp_path: Path, agency: Agency) -> Stick:
    return Stick(tmp_path, agency)


async def test_requests_go_out_and_results_and_statuses_come_home(stick: Stick, agency: Agency) -> None:
    await stick.write()
    assert stick.road.states_of() == ["carried"] * 3
    (taken,) = await read_bundles(agency.book, stick.folder)
    assert (taken.records, taken.accepted, taken.notes, taken.problem) == (3, 3, (), "")
    assert await stick.home() == [(3, 0, "")]
    assert stick.road.states_of() == ["accepted"] * 3
    await agency.book.do(decisions_of.decide, 1, Decision("approved"), agency.book.life, 1, agency.book.opener)
    await stick.write()
    await read_bundles(agency.book, stick.folder)
    assert (0, 1, "") in await stick.home()
    assert stick.road.rows[1].statuses == ["approved"]
    assert [problem for *_, problem in await stick.home()] == ["", ""]
    assert stick.road.rows[1].statuses == ["approved"]


async def test_a_bundle_read_twice_changes_nothing_and_says_so(stick: Stick, agency: Agency) -> None:
    await stick.write()
    await read_bundles(agency.book, stick.folder)
    (again,) = await read_bundles(agency.book, stick.folder)
    assert (again.duplicates, again.notes) == (3, ("this bundle was read before",))
    assert set((await agency.effects()).values()) == {1}


async def test_the_same_request_by_stick_and_by_link_has_one_effect(stick: Stick, agency: Agency) -> None:
    await stick.write()
    link = agency.connector()
    await link.deliver(Batch("b", tuple(row.offer for row in stick.road.rows.values())))
    await link.close()
    (taken,) = await read_bundles(agency.book, stick.folder)
    assert (taken.accepted, taken.duplicates) == (0, 3)
    assert await stick.home() == [(3, 0, "")]
    assert set((await agency.effects()).values()) == {1}


async def test_a_lost_stick_costs_nothing_and_bundles_may_come_in_any_order(stick: Stick, agency: Agency) -> None:
    lost = await stick.write()
    kept = lost.rename(lost.with_suffix(".lost"))
    stick.road.queue(offer_of(9, queued_at=9), "registry")
    await stick.write()
    (taken,) = await read_bundles(agency.book, stick.folder)
    assert taken.accepted == 4
    assert taken.notes == (f"bundle 1 of {NODE} has not been read here yet",)
    kept.rename(lost)
    notes = {one.notes for one in await read_bundles(agency.book, stick.folder)}
    assert notes == {(), ("this bundle was read before",)}
    await stick.home()
    assert stick.road.states_of() == ["accepted"] * 4


async def test_an_agency_under_two_names_gets_both_parts_and_answers_both(stick: Stick, agency: Agency) -> None:
    stick.secrets["health"] = stick.secrets["registry"]
    stick.road.queue(offer_of(9, queued_at=9), "health")
    await stick.write()
    taken = await read_bundles(agency.book, stick.folder)
    assert [(one.agency, one.accepted, one.notes) for one in taken] == [("health", 1, ()), ("registry", 3, ())]
    assert await stick.home() == [(1, 0, ""), (3, 0, "")]
    assert stick.road.states_of() == ["accepted"] * 4


async def test_two_machines_that_run_as_one_node_are_found(stick: Stick, agency: Agency) -> None:
    await stick.write()
    stick.ledger.unlink()
    await stick.write()
    notes = [one.notes for one in await read_bundles(agency.book, stick.folder)]
    assert any("two machines" in "".join(found) for found in notes)


async def test_an_office_of_several_agencies_finds_the_secret_of_the_one_that_a_part_is_for(
    stick: Stick, agency: Agency
) -> None:
    await stick.write()
    rename = "UPDATE node SET name = name || '/registry'"
    await agency.book.do(lambda connection: connection.execute(rename))
    (taken,) = await read_bundles(agency.book, stick.folder)
    assert (taken.problem, taken.accepted) == ("", 3)


async def test_another_agency_cannot_open_it_and_says_so(stick: Stick, agency: Agency) -> None:
    await stick.write()
    await agency.book.do(lambda connection: connection.execute("DELETE FROM node"))
    await agency.book.do(nodes_of.enrol, NODE)
    (taken,) = await read_bundles(agency.book, stick.folder)
    assert "nothing in this bundle is for this agency" in taken.problem
    assert await agency.effects() == {}


async def test_nothing_is_marked_when_the_stick_fails(stick: Stick) -> None:
    means = replace(MEANS, batch_id=lambda: "fixed")
    (stick.folder / f".sala-{NODE}-fixed.bundle.part").mkdir()
    with pytest.raises(BundleFault):
        await write_bundle(stick.road, stick.secrets, NODE, stick.folder, stick.ledger, means)
    assert stick.road.states_of() == ["queued"] * 3
    assert not stick.ledger.exists()
    with pytest.raises(BundleFault):
        await write_bundle(stick.road, stick.secrets, NODE, stick.folder / "gone", stick.ledger, MEANS)
    assert stick.road.states_of() == ["queued"] * 3


async def test_a_stick_without_its_agencys_word_changes_no_state(stick: Stick, agency: Agency) -> None:
    await stick.write()
    await read_bundles(agency.book, stick.folder)
    (receipt,) = stick.folder.glob("receipt-*")
    part = unpack(receipt.read_bytes())[0]
    forged = json.dumps({"results": [{"id": o.offer.id, "status": "accepted"} for o in stick.road.rows.values()]})
    header = part.header
    facts = {
        name: getattr(header, name) for name in ("bundle", "kind", "node", "agency", "number", "previous", "created")
    }
    fake = seal(keys_of(b"x" * 32), (forged[:-1] + ',"events":[]}').encode(), records=3, **facts)
    write_file(receipt, pack([fake]))
    assert [problem for *_, problem in await stick.home()] == [
        "the bundle is not signed with the secret of this node and agency"
    ]
    assert stick.road.states_of() == ["carried"] * 3


def _harms(content: bytes) -> dict[str, Callable[[int], bytes]]:
    return {
        "cut": lambda at: content[:at],
        "flip": lambda at: content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :],
        "add": lambda at: content[:at] + b"0" + content[at:],
    }


async def test_cut_or_flipped_at_any_byte_a_bundle_is_refused_whole(stick: Stick) -> None:
    content = (await stick.write()).read_bytes()
    assert unpack(content)
    for name, harm in _harms(content).items():
        for at in range(len(content)):
            with pytest.raises(BundleFault):
                print(name, at, unpack(harm(at)))


async def test_nothing_of_a_citizen_can_be_read_on_the_stick(stick: Stick) -> None:
    content = (await stick.write()).read_bytes()
    assert "ສົມສັກ".encode() not in content
    assert b"85620" not in content


async def test_a_thousand_requests_take_about_a_hundred_kilobytes(tmp_path: Path, agency: Agency) -> None:
    dice = random.Random(1)
    stick = Stick(tmp_path, agency, 0)
    syllables = ["ສົມ", "ສັກ", "ບຸນ", "ມີ", "ຄຳ", "ແກ້ວ", "ວົງ", "ທອງ", "ພອນ", "ສີ", "ຈັນ", "ດາ", "ເພັດ", "ນາງ", "ໄຊ"]
    for seq in range(1, 1001):
        answers = {f"name_{n}": "".join(dice.choices(syllables, k=4)) for n in range(4)}
        more = {
            "birth_date": f"2026-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
            "weight": dice.randint(1500, 4500),
        }
        event = event_of(seq, answers=answers | more, applicant={"msisdn": f"+85620{dice.randint(10**7, 10**8 - 1)}"})
        stick.road.queue(offer_of(seq, event, queued_at=seq), "registry")
    assert (await stick.write()).stat().st_size < 110_000


def test_keys_are_written_as_age_writes_them() -> None:
    identity = pyrage.x25519.Identity.from_str(bech32("age-secret-key-", bytes(range(32))).upper())
    assert str(identity).startswith("AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0S")
    keys = keys_of(b"k" * 32)
    assert keys.open(keys.close(b"x")) == b"x"
    with pytest.raises(ValueError):
        keys_of(b"l" * 32).open(keys.close(b"x"))


async def test_a_heartbeat_on_a_stick_counts_unless_something_newer_was_heard(agency: Agency) -> None:
    def heard(connection: Any) -> list[Any]:
        found: list[Any] = connection.execute("SELECT epoch, cloned_at, body FROM heartbeat").fetchall()
        return found

    def late(epoch: str, stamp: int) -> Callable[[Any], None]:
        return lambda connection: hearing.hear_late(
            connection, "LA-XK-03", Heartbeat(epoch=epoch, copies=2), stamp, stamp
        )

    await agency.book.do(late("aa", 100))
    assert [(row[0], json.loads(row[2])["copies"]) for row in await agency.book.do(heard)] == [("aa", 2)]
    await agency.book.do(lambda connection: hearing.hear(connection, "LA-XK-03", Heartbeat(epoch="bb"), 200, 200))
    for epoch, stamp in (("aa", 150), ("cc", 160), ("aa", 170)):
        await agency.book.do(late(epoch, stamp))
    assert [row[:2] for row in await agency.book.do(heard)] == [("bb", 0)], "old sticks are no second machine"
