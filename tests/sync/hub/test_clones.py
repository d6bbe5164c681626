"""Two machines under one name are found by whoever hears both; restarts and late copies are not taken for two."""

import random
import time
from pathlib import Path

import pytest

from store import clones, hub_sql
from store.clones import Heard, Run
from store.database import Database
from sync import heartbeat, signing
from sync.agency import hearing
from sync.heartbeat import Heartbeat
from sync.port import Batch, Connector
from tests.sync.conftest import Agency, event_of, offer_of
from tests.sync.hub.kit import DISTRICT, Hub, connector, enrolled, node

KEY = bytes(range(32))


class Ear:
    """Hears requests as a receiving side does, on the pure rule alone."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.runs: dict[str, Run] = {}

    def hear(self, epoch: str, stamp: int, now: int | None = None) -> bool:
        now = stamp if now is None else now
        current, known = self.runs.get(self.heard.epoch), self.runs.get(epoch)
        self.heard = clones.hear(self.heard, current, known, epoch, stamp, now)
        self.runs[epoch] = Run(known.first if known else stamp, max(stamp, known.newest if known else 0))
        return self.heard.cloned(now)


def test_two_machines_by_turns_are_found() -> None:
    ear = Ear()
    assert [ear.hear(epoch, 100 + n) for n, epoch in enumerate("ababa")] == [False, False, False, True, True]


def test_two_machines_whose_clocks_are_years_apart_are_found_too() -> None:
    ear = Ear()
    found = [ear.hear("ab"[n % 2], (1_000 if n % 2 else 900_000_000) + n, now=2_000_000_000 + n) for n in range(60)]
    assert found[-1]
    assert found.index(True) <= 45


def test_restarts_and_late_copies_are_not_taken_for_two() -> None:
    dice = random.Random(7)
    ear, sent, at = Ear(), list[tuple[str, int]](), 0
    for run in range(200):
        for _ in range(dice.randrange(1, 6)):
            at += dice.randrange(1, 50)
            sent.append((f"run{run}", at))
            assert not ear.hear(f"run{run}", at)
        # Requests of the run before, as they were, by a slow proxy or by somebody who recorded them.
        for epoch, stamp in dice.sample(sent, min(len(sent), 5)):
            assert not ear.hear(epoch, stamp, now=at)


def test_a_late_copy_that_was_not_noted_is_weak_and_the_run_goes_on_unharmed() -> None:
    ear = Ear()
    for stamp in (100, 200):
        ear.hear("old", stamp)
    for stamp in range(300, 312):
        assert not ear.hear("new", stamp)
        assert not ear.hear("old", stamp - 90)
    assert ear.heard.epoch == "new"


def test_it_is_spoken_of_for_a_day() -> None:
    ear = Ear()
    for n, epoch in enumerate("abab"):
        ear.hear(epoch, 100 + n)
    assert ear.heard.cloned(103 + clones.LASTING - 1)
    assert not ear.heard.cloned(103 + clones.LASTING)


# --- heartbeats -------------------------------------------------------------------------------------------------------


def _headers(beat: str, key: bytes = KEY) -> dict[str, str]:
    signed = signing.sign(key, "b1", 1000, b"")
    return {name.lower(): value for name, value in (signed | heartbeat.signed(key, signed, beat)).items()}


def test_a_heartbeat_is_heard_only_as_it_was_signed() -> None:
    beat = Heartbeat("0.1", "3f9c21aa", waiting=3, down=7, runs={"birth": "ab"}, refused=[(4, "ຜິດ")])
    good = _headers(beat.text)
    assert heartbeat.read(KEY, good) == beat
    assert heartbeat.stamp(good) == 1000
    for name, changed in (
        ("sala-heartbeat", beat.text.replace("3f9c", "3f9d")),
        ("webhook-id", "b2"),
        ("webhook-timestamp", "1001"),
        ("sala-heartbeat-signature", "v1,AAAA"),
        ("sala-heartbeat-signature", "ຜິດ"),
        ("sala-heartbeat", ""),
    ):
        assert heartbeat.read(KEY, good | {name: changed}) is None, name
    assert heartbeat.read(bytes(32), good) is None


def test_a_heartbeat_is_never_too_long_for_a_header() -> None:
    beat = Heartbeat("0.1", "e", refused=[(n, "ຜິດ" * 300) for n in range(40)])
    assert len(beat.text) <= heartbeat.LONGEST
    assert beat.text.isascii()


def test_what_a_newer_version_says_besides_is_let_pass() -> None:
    assert heartbeat.read(KEY, _headers('{"epoch":"x","temperature":31}')) == Heartbeat(epoch="x")


# --- at the agency and at the hub -------------------------------------------------------------------------------------


def as_machine(road: Connector, epoch: str, *, left: int = -1) -> Connector:
    road.pulse = lambda: Heartbeat("0.1", epoch, left=left).text  # type: ignore[attr-defined]
    return road


async def test_the_agency_tells_both_machines_and_its_own_desk(agency: Agency) -> None:
    a, b = (as_machine(agency.connector(), epoch) for epoch in ("aaaa", "bbbb"))
    # Clocks count in seconds here: each machine's requests must be later than the other's.
    moment = iter(range(2_000_000_000, 2_000_001_000))
    patch = pytest.MonkeyPatch()
    patch.setattr("sync.connectors.native.time", type("T", (), {"time": staticmethod(lambda: next(moment))}))
    answers = [await road.statuses("", 0) for road in (a, b, a, b, a)]
    notices = [answer.notices for answer in answers if answer is not None]
    patch.undo()
    await a.close()
    await b.close()
    assert notices == [(), (), (), ("cloned",), ("cloned",)]
    assert await agency.book.do(hearing.all_cloned, int(time.time())) == [DISTRICT]


async def test_the_same_reference_or_number_under_another_id_is_a_conflict(agency: Agency, hub: Hub) -> None:
    direct = connector(agency.url, await enrolled(agency, DISTRICT), DISTRICT, hub=False)
    through = connector(hub.url, hub.secrets[DISTRICT], DISTRICT, hub=True)
    for road in (direct, through):
        batch = [
            event_of(1),
            event_of(1, sequence=91),  # the same reference, another case
            event_of(2, sequence=1),  # another reference, the same number of the same run
            event_of(3),
        ]
        results = await road.deliver(Batch("b", tuple(offer_of(n, event) for n, event in enumerate(batch, 1))))
        words = [(one.status, one.reason) for one in results.outcomes]
        assert [word for word, _ in words] == [words[0][0], "conflict", "conflict", words[0][0]]
        assert {reason for word, reason in words if word == "conflict"} == {"cloned"}
        assert (await road.statuses("", 0)).notices == (("cloned",) if road is direct else ())  # type: ignore[union-attr]
        await road.close()
    (state,) = await hub.node.memory.hub.nodes()
    assert (state.node, state.cloned) == (DISTRICT, True)


async def test_a_later_revision_of_the_same_case_is_no_clone(agency: Agency, hub: Hub) -> None:
    case = {"id": "0190", "revision": 1}
    batch = (event_of(1, case=case), event_of(1, case=case | {"revision": 2}, sequence=2))
    for url, secret, is_hub in (
        (agency.url, await enrolled(agency, DISTRICT), False),
        (hub.url, hub.secrets[DISTRICT], True),
    ):
        road = connector(url, secret, DISTRICT, hub=is_hub)
        results = await road.deliver(Batch("b", tuple(offer_of(n, event) for n, event in enumerate(batch))))
        assert {one.status for one in results.outcomes} == {"carried" if is_hub else "accepted"}
        await road.close()


async def test_a_node_that_is_told_calls_its_desk(tmp_path: Path, hub: Hub) -> None:
    road = connector(hub.url, hub.secrets[DISTRICT], DISTRICT, hub=True)
    await hub.node.memory.writer.do(_flag)
    as_machine(road, "aaaa")
    async with node(tmp_path / "d", DISTRICT, {"registry": road}) as district:
        await district.service.listeners["registry"].ask(0)
        assert ("registry", "cloned") in district.clock.alerts
        await district.memory.review.tell("cloned", "registry: x")
        await district.memory.review.tell("cloned", "registry: x")
        assert [memo.kind for memo in await district.memory.review.memos()] == ["cloned"]


async def _flag(database: Database) -> None:
    now = int(time.time())
    await database.rows(hub_sql.SET_CLONED, (DISTRICT, now, now))
