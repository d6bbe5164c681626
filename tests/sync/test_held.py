"""How many requests an agency has: told in every signed answer, kept by the node, and what follows from fewer."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from store.road import STATES
from store.values import Outcome, Settlement, StatusEvent, Trip
from sync import wire
from sync.agency import bundles, holding, nodes
from sync.agency.book import _STEPS, Book
from sync.agency.nodes import Node
from sync.bundle.node import read_receipts, write_bundle
from sync.means import Counters
from sync.port import Batch
from sync.statuses import Listener
from sync.worker import Worker
from tests.store.conftest import Opened, dial
from tests.sync.conftest import NODE, Agency, Clock, offer_of

AGENCY = "registry"
ACCEPTED = [Settlement(1, "accept", code="accepted"), Settlement(2, "accept", code="duplicate")]


def trip(held: int = -1, road: Any = "http") -> Trip:
    return Trip(AGENCY, road, (1, 2), "answered", held=held)


async def test_the_mark_is_what_was_told_or_what_was_said_yes_to_whichever_is_more(opened: Opened) -> None:
    async with opened() as memory:
        for n in (1, 2):
            await dial(memory, "SUBMIT", session=f"s{n}", msisdn=f"+85620{n:08d}")
        road = memory.road

        async def mark() -> int:
            return (await road.bookmark(AGENCY)).held

        assert await mark() == 0
        await road.settle(AGENCY, ACCEPTED[:1], trip(road="sms"), 1, wake=False)
        assert await mark() == 1, "a word by SMS counts as well"
        await road.settle(AGENCY, ACCEPTED, trip(held=1), 1, wake=False)
        assert await mark() == 2, "the first was counted already"
        await road.statuses(AGENCY, [], "1", 1, held=7)
        await road.statuses(AGENCY, [], "2", 1, held=5)
        assert await mark() == 7
        assert await road.gone_back(AGENCY, 1) == 2
        assert await mark() == 0
        await road.settle(AGENCY, ACCEPTED, trip(), 1, wake=False)
        assert await mark() == 2


async def test_what_a_hub_has_forgotten_is_not_counted_twice(opened: Opened) -> None:
    async with opened() as memory:
        await dial(memory, "SUBMIT")
        (offer,) = await memory.road.due(AGENCY, 5, 2**40)
        await memory.road.settle(AGENCY, ACCEPTED[:1], trip(), 1, wake=False)
        gone = Outcome(offer.id, "forgotten", reference=offer.reference)
        await memory.road.statuses(AGENCY, [], None, 1, [gone])
        assert (await memory.road.bookmark(AGENCY)).held == 0
        await memory.road.settle(AGENCY, ACCEPTED[:1], trip(), 1, wake=False)
        assert (await memory.road.bookmark(AGENCY)).held == 1


async def test_every_signed_answer_tells_and_the_same_again_does_not_count(agency: Agency) -> None:
    connector = agency.connector()
    offers = tuple(offer_of(n) for n in (1, 2, 3))
    assert (await connector.statuses("", 0)).held == 0  # type: ignore[union-attr]
    for _ in range(2):
        assert (await connector.deliver(Batch("b", offers))).held == 3
    await agency.book.do(lambda link: link.execute("DELETE FROM request WHERE reference = '000000001'"))
    assert (await connector.statuses("", 0)).held == 3, "what was taken once counts for ever"  # type: ignore[union-attr]
    await connector.close()


async def test_a_node_s_own_count_by_whatever_road_they_came_and_a_hub_s_if_it_has_offered_them(agency: Agency) -> None:
    secret = await agency.book.do(nodes.enrol, "LA-HUB", hub=True)
    direct, through = agency.connector(), agency.connector(secret=secret)
    first, second = offer_of(1), offer_of(2)
    assert (await direct.deliver(Batch("b1", (first,)))).held == 1
    assert (await through.deliver(Batch("b2", (second,)))).held == 1
    assert (await direct.statuses("", 0)).held == 2  # type: ignore[union-attr]
    assert (await through.deliver(Batch("b3", (first,)))).held == 2, "it has offered both by now"
    await direct.close()
    await through.close()


async def test_a_bundle_counts_like_a_batch(agency: Agency, opened: Opened, clock: Clock, tmp_path: Path) -> None:
    clock.at = 1_795_410_000.0
    stick = tmp_path / "stick"
    stick.mkdir()
    connector = agency.connector()
    async with opened() as memory:
        await dial(memory, "SUBMIT")
        secrets = {AGENCY: connector.bundle_secret()}
        await write_bundle(memory.road, secrets, NODE, stick, tmp_path / "ledger", clock.means)
    await bundles.read_bundles(agency.book, stick)
    assert (await connector.statuses("", 0)).held == 1  # type: ignore[union-attr]
    await connector.close()


async def test_by_stick_alone_an_agency_that_went_back_is_offered_all_of_it_again(
    agency: Agency, opened: Opened, clock: Clock, tmp_path: Path
) -> None:
    clock.at = 1_795_410_000.0
    stick = tmp_path / "stick"
    stick.mkdir()
    keys = {AGENCY: agency.connector().bundle_secret()}
    async with opened() as memory:

        async def carry() -> None:
            await write_bundle(memory.road, keys, NODE, stick, tmp_path / "ledger", clock.means)
            await bundles.read_bundles(agency.book, stick)

        async def home() -> list[str]:
            for _ in range(2):
                # Every receipt is read each time, also those from before the agency went back.
                await read_receipts(memory.road, keys, NODE, stick, clock.means)
            found = await memory._reading.rows("SELECT state FROM delivery ORDER BY seq")
            return [STATES[row[0]] for row in found]

        for n in (1, 2):
            await dial(memory, "SUBMIT", session=f"s{n}", msisdn=f"+85620{n:08d}")
        await carry()
        assert await home() == ["accepted"] * 2
        old = list(stick.glob("sala-*.bundle"))
        await agency.book.do(_forget)
        for path in old:
            path.unlink()
        await carry()
        assert await home() == ["in_doubt"] * 2
        assert clock.alerts == [(AGENCY, "gone-back")]
        await carry()
        assert await home() == ["accepted"] * 2
        assert clock.alerts == [(AGENCY, "gone-back")]
    assert await _all_of(agency.book) == 2


def _older_file() -> sqlite3.Connection:
    link = sqlite3.connect(":memory:", isolation_level=None)
    for step in _STEPS[:3]:
        for statement in step.split(";\n"):
            link.execute(statement)
    nodes.enrol(link, NODE)
    nodes.enrol(link, "LA-HUB", hub=True)
    row = "INSERT INTO request VALUES (NULL, ?, ?, ?, '1', '', '', '', 1, 'new', '', '[]', 0, 0, x'', '')"
    for id_, road in (("a", NODE), ("b", NODE), ("c", "LA-HUB")):
        link.execute(row, (id_, f"urn:sala:node:{NODE}", road))
    return link


def test_an_agency_of_before_counts_what_it_has() -> None:
    link = _older_file()
    for statement in holding.TABLES.split(";\n"):
        link.execute(statement)
    assert holding.held(link, Node(NODE, b"", hub=False)) == 3
    assert holding.held(link, Node("LA-HUB", b"", hub=True)) == 1
    assert holding.held(link, Node("LA-NEW", b"", hub=False)) == 0


@pytest.mark.parametrize("said", [None, True, -1, "3", 2.5, [], {}])
def test_what_is_no_count_says_nothing(said: Any) -> None:
    assert wire.read_results(json.dumps({"results": [], "held": said}).encode()).held == -1
    assert wire.read_events(json.dumps({"events": [], "held": said}).encode()).held == -1


def _forget(link: Any) -> None:
    """As a backup from before all of it leaves the file."""
    for table in ("request", "inbox", "numbered", "holding"):
        link.execute(f"DELETE FROM {table}")  # noqa: S608 - the four names above


async def _all_of(book: Book) -> int:
    return int(await book.do(lambda link: link.execute("SELECT count(*) FROM request").fetchone()[0]))


@pytest.mark.parametrize("newer", [0, 5])
async def test_one_put_back_to_before_its_first_word_is_offered_all_of_it_again(
    agency: Agency, opened: Opened, clock: Clock, newer: int
) -> None:
    clock.at = 1_795_410_000.0
    connector = agency.connector()
    async with opened() as memory:
        worker = Worker(AGENCY, connector, memory.road, clock.means)
        listener = Listener(AGENCY, connector, memory.road, clock.means, Counters())
        await dial(memory, "SUBMIT", session="s", msisdn="+8562000000099")
        await worker.step()
        await listener.ask(0)
        await agency.book.do(_forget)
        for n in range(newer):
            # More comes than was lost, so that what the agency tells is no lower than what it has told.
            await dial(memory, "SUBMIT", session=f"n{n}", msisdn=f"+85620{n:08d}")
            await worker.step()
        await listener.ask(0)
        assert clock.alerts == [(AGENCY, "gone-back")]
        while (await worker.step()).offers:
            pass
        await listener.ask(0)
        assert clock.alerts == [(AGENCY, "gone-back")], "once is enough"
    assert await _all_of(agency.book) == newer + 1
    await connector.close()


async def test_what_is_accepted_while_a_question_is_open_raises_no_alarm(
    agency: Agency, opened: Opened, clock: Clock
) -> None:
    clock.at = 1_795_410_000.0
    connector = agency.connector()
    async with opened() as memory:
        worker = Worker(AGENCY, connector, memory.road, clock.means)
        await dial(memory, "SUBMIT")

        class Slow:
            """The answer was made before the batch came, and is read after it was settled."""

            async def statuses(self, cursor: str, wait: int) -> Any:
                answer = await connector.statuses(cursor, wait)
                await worker.step()
                return answer

        listener = Listener(AGENCY, Slow(), memory.road, clock.means, Counters())  # type: ignore[arg-type]
        await listener.ask(0)
        assert (await memory.road.bookmark(AGENCY)).held == 1
        assert clock.alerts == []
    await connector.close()


async def test_a_push_says_nothing_of_how_many_there_are(opened: Opened, clock: Clock) -> None:
    async with opened() as memory:
        listener = Listener(AGENCY, None, memory.road, clock.means, Counters())  # type: ignore[arg-type]
        answer = wire.read_events(b'{"events": [], "held": 9}')
        await listener.take(answer, None)
        assert (await memory.road.bookmark(AGENCY)).held == 0
        await memory.road.statuses(AGENCY, [StatusEvent(1, "x", "1", "approved")], "1", 1, held=9)
        assert (await memory.road.bookmark(AGENCY)).held == 9
