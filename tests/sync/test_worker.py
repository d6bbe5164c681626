"""One worker against an agency that does what a test says, in time that the test moves by hand."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from flows.errors import Protocol, Refused, RoadFault
from store.values import Outcome
from sync.faults import AgencyBusy, Away, Failed, Lost, Unreadable
from sync.passes import make_pass
from sync.port import Batch, Events, Results
from sync.worker import Worker
from tests.sync.conftest import Clock, offer_of
from tests.sync.model import ModelRoad

Answer = Callable[[Batch], Results]


def accept(batch: Batch) -> Results:
    return Results(tuple(Outcome(offer.id, "accepted") for offer in batch.offers), 0, 100 * len(batch.offers), 50)


class Scripted:
    """A connector whose agency is a function of the batch."""

    Settings: ClassVar[type[BaseModel]] = BaseModel

    def __init__(self, answer: Answer = accept) -> None:
        self.answer_with = answer
        self.batches: list[list[int]] = []
        self.delay = 0.0
        self.asked = asyncio.Event()

    async def deliver(self, batch: Batch) -> Results:
        self.batches.append([offer.seq for offer in batch.offers])
        self.asked.set()
        if self.delay:
            await asyncio.sleep(self.delay)
        return self.answer_with(batch)

    async def statuses(self, cursor: str, wait: int) -> Events | None:
        return None

    def pushed(self, headers: Mapping[str, str], body: bytes) -> Events:
        raise Protocol

    def answer(self, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        return {}

    def bundle_secret(self) -> bytes | None:
        return None

    async def close(self) -> None:
        return


def failing(fault: Callable[[], RoadFault]) -> Answer:
    def answer(batch: Batch) -> Results:
        raise fault()

    return answer


def worker_of(clock: Clock, records: int, answer: Answer = accept) -> tuple[Worker, ModelRoad, Scripted]:
    road = ModelRoad()
    for seq in range(1, records + 1):
        road.queue(offer_of(seq, queued_at=seq))
    scripted = Scripted(answer)
    return Worker("a", scripted, road, clock.means), road, scripted


async def drive(worker: Worker, clock: Clock, steps: int = 100) -> None:
    """Step as the running worker does, letting time pass whenever it would rest."""
    for _ in range(steps):
        if not worker.breaker.may_try(clock.at):
            clock.at = worker.breaker.try_at
        done = await worker.step()
        if not done.offers:
            clock.pass_(1.0)


async def test_everything_goes_oldest_first_in_growing_batches(clock: Clock) -> None:
    worker, road, agency = worker_of(clock, 100)
    await drive(worker, clock, 10)
    assert [len(batch) for batch in agency.batches] == [5, 10, 20, 40, 25]
    assert list(chain(*agency.batches)) == list(range(1, 101))
    assert set(road.states_of()) == {"accepted"}
    assert worker.counters.accepted == 100


async def test_the_lease_is_written_before_the_first_byte(clock: Clock) -> None:
    worker, road, agency = worker_of(clock, 3)
    seen: list[list[str]] = []

    def answer(batch: Batch) -> Results:
        seen.append(list(road.states_of()))
        return accept(batch)

    agency.answer_with = answer
    await worker.step()
    assert seen == [["leased"] * 3]


@pytest.mark.parametrize(("fault", "steps"), [(Away, 60), (Protocol, 60), (Lost, 20)])
async def test_after_a_long_outage_the_oldest_goes_first_and_all_follow_at_once(
    clock: Clock, fault: Callable[[], RoadFault], steps: int
) -> None:
    worker, road, agency = worker_of(clock, 40, failing(fault))
    await drive(worker, clock, steps)
    assert worker.breaker.position == "open"
    assert all(len(batch) == 1 for batch in agency.batches[3:])
    assert {batch[0] for batch in agency.batches[3:]} == {1}
    for seq in range(41, 61):
        road.queue(offer_of(seq, queued_at=int(clock.at)))
    agency.batches.clear()
    agency.answer_with = accept
    clock.at = worker.breaker.try_at
    returned = clock.at
    while (await worker.step()).offers:
        pass
    assert list(chain(*agency.batches)) == list(range(1, 61))
    assert clock.at == returned
    assert set(road.states_of()) == {"accepted"}


async def test_a_dead_agency_is_asked_at_least_every_thirty_seconds_and_never_in_a_ring(clock: Clock) -> None:
    worker, _, agency = worker_of(clock, 5, failing(Away))
    await drive(worker, clock, 10)
    started, before = clock.at, len(agency.batches)
    await drive(worker, clock, 40)
    asked = len(agency.batches) - before
    assert 15 <= (clock.at - started) / asked <= 30


@pytest.mark.parametrize(
    ("fault", "state"), [(Failed, "in_doubt"), (lambda: Lost(cut=True), "in_doubt"), (Unreadable, "refused")]
)
async def test_a_poison_record_is_found_and_the_others_pass_in_the_same_run(
    clock: Clock, fault: Callable[[], RoadFault], state: str
) -> None:
    def answer(batch: Batch) -> Results:
        if any(offer.seq == 77 for offer in batch.offers):
            raise fault()
        return accept(batch)

    worker, road, _ = worker_of(clock, 200, answer)
    started = clock.at
    while (await worker.step()).offers:
        pass
    states = road.states_of()
    assert states.pop(76) == state
    assert set(states) == {"accepted"}
    assert clock.at == started
    assert worker.breaker.position == "closed"


async def test_poison_that_is_the_oldest_cannot_keep_a_breaker_open(clock: Clock) -> None:
    def answer(batch: Batch) -> Results:
        if batch.offers[0].seq == 1:
            raise Failed
        return accept(batch)

    worker, road, _ = worker_of(clock, 1, answer)
    await drive(worker, clock, 20)
    assert worker.breaker.position == "open"
    road.queue(offer_of(2, queued_at=int(clock.at)))
    before = clock.at
    while road.rows[2].state != "accepted":
        await drive(worker, clock, 1)
    assert clock.at - before <= 120


async def test_a_record_that_makes_the_agency_hang_does_not_hold_the_others_for_ever(clock: Clock) -> None:
    def answer(batch: Batch) -> Results:
        if any(offer.seq == 1 for offer in batch.offers):
            raise Lost
        return accept(batch)

    worker, road, _ = worker_of(clock, 1, answer)
    await drive(worker, clock, 8)
    road.queue(offer_of(2, queued_at=int(clock.at)))
    await drive(worker, clock, 40)
    assert road.states_of() == ["in_doubt", "accepted"]


async def test_an_agency_that_fails_at_everything_is_not_asked_about_each_record(clock: Clock) -> None:
    worker, _, agency = worker_of(clock, 200, failing(Failed))
    while worker.breaker.position == "closed":
        await worker.step()
    assert len(agency.batches) < 20


async def test_401_stops_the_agency_alerts_once_and_burns_no_attempt(clock: Clock) -> None:
    worker, road, agency = worker_of(clock, 8, failing(Refused))
    await drive(worker, clock, 1)
    assert worker.breaker.position == "stopped"
    assert not worker.breaker.may_try(clock.at + 600)
    assert set(road.states_of()) == {"queued"}
    await drive(worker, clock, 5)
    assert {row.offer.attempts for row in road.rows.values()} == {0}
    assert clock.alerts == [("a", "auth")]
    agency.answer_with = accept
    worker.resume()
    await drive(worker, clock, 5)
    assert set(road.states_of()) == {"accepted"}


async def test_retry_after_is_kept_and_is_no_failure(clock: Clock) -> None:
    worker, road, agency = worker_of(clock, 8, failing(lambda: AgencyBusy("busy", 120)))
    await worker.step()
    assert worker.breaker.try_at == clock.at + 120
    assert (await worker.step()).offers == ()
    agency.answer_with = accept
    clock.pass_(120)
    await drive(worker, clock, 3)
    assert set(road.states_of()) == {"accepted"}
    assert list(chain(*agency.batches[1:])) == list(range(1, 9))


async def test_a_record_that_the_answer_does_not_name_stays_in_doubt_and_is_offered_again(clock: Clock) -> None:
    def forget_one(batch: Batch) -> Results:
        return Results(accept(batch).outcomes[:-1])

    worker, road, agency = worker_of(clock, 5, forget_one)
    await worker.step()
    assert road.states_of() == ["accepted"] * 4 + ["in_doubt"]
    agency.answer_with = accept
    clock.pass_(3)
    await worker.step()
    assert road.states_of() == ["accepted"] * 5


async def test_what_is_too_new_is_held_and_a_good_answer_does_not_wake_it(clock: Clock) -> None:
    def answer(batch: Batch) -> Results:
        words = {1: "too_new"}
        return Results(tuple(Outcome(o.id, words.get(o.seq, "accepted")) for o in batch.offers))  # type: ignore[arg-type]

    worker, road, agency = worker_of(clock, 3, answer)
    await drive(worker, clock, 10)
    assert road.states_of() == ["retry_wait", "accepted", "accepted"]
    assert list(chain(*agency.batches)).count(1) == 1
    agency.answer_with = accept
    assert (await make_pass(worker)).accepted == 1


async def test_a_connectors_own_mistake_is_a_failure_like_another(clock: Clock) -> None:
    def broken(_: Batch) -> Results:
        raise KeyError("x")

    worker, road, agency = worker_of(clock, 1, broken)
    await worker.step()
    assert road.states_of() == ["in_doubt"]
    assert worker.breaker.position == "closed"
    agency.answer_with = accept
    await drive(worker, clock, 5)
    assert road.states_of() == ["accepted"]


async def test_a_clean_stop_leaves_nothing_leased(clock: Clock) -> None:
    worker, road, agency = worker_of(clock, 12)
    agency.delay = 60
    run = asyncio.ensure_future(worker.run())
    await agency.asked.wait()
    assert road.states_of().count("leased") == 5
    started = asyncio.get_running_loop().time()
    await worker.stop()
    await run
    assert asyncio.get_running_loop().time() - started < 5
    assert road.states_of() == ["in_doubt"] * 5 + ["queued"] * 7


async def test_a_request_under_way_may_end_within_a_clean_stop(clock: Clock) -> None:
    worker, road, agency = worker_of(clock, 12)
    agency.delay = 0.2
    run = asyncio.ensure_future(worker.run())
    await agency.asked.wait()
    await worker.stop()
    await run
    assert road.states_of() == ["accepted"] * 5 + ["queued"] * 7


async def test_a_pass_counts_each_record_once_and_says_why_it_ended(clock: Clock) -> None:
    words: dict[int, Any] = {1: "invalid", 2: "conflict", 3: "duplicate", 4: "retry", 5: "too_new", 6: None}

    def answer(batch: Batch) -> Results:
        said = [(offer, words.get(offer.seq, "accepted")) for offer in batch.offers]
        return Results(tuple(Outcome(offer.id, word, retry_after=30) for offer, word in said if word))

    worker, _, agency = worker_of(clock, 20, answer)
    seen: list[tuple[str, int]] = []
    one = await make_pass(worker, lambda name, count: seen.append((name, count)))
    assert (one.refused, one.conflicts, one.duplicates, one.later, one.held, one.in_doubt) == (1, 1, 1, 1, 1, 1)
    assert (one.offered, one.accepted, one.fault) == (20, 14, "")
    assert seen[-1] == ("a", 20)
    agency.answer_with = failing(Away)
    again = await make_pass(worker)
    assert (again.offered, again.accepted, again.fault) == (3, 0, "away")


async def test_a_pass_over_an_agency_that_never_names_a_record_ends(clock: Clock) -> None:
    worker, _, agency = worker_of(clock, 3, lambda _: Results(()))
    clock.chance = 0.0
    one = await asyncio.wait_for(make_pass(worker), 60)
    assert one.in_doubt == 3
    assert len(agency.batches) < 5
