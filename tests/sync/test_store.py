"""The road on the real store: the delivery machine against its model, and the promise through restarts."""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from flows import delivery
from store.memory import Memory, open_memory
from store.numbers import unpack_reference
from store.road import STATES
from store.scribe import SMALL_HEAD_START
from store.settings import StoreSettings
from store.values import Settlement, StatusEvent, Trip
from sync.means import Means
from sync.port import Road
from sync.service import SyncService
from sync.worker import Worker
from tests.store.conftest import KEY, Hands, Opened, dial
from tests.store.mind import small_mind
from tests.sync.conftest import NODE, Agency, Clock
from tests.sync.model import ModelRoad
from tests.sync.proxy import MANNERS, Manner, Proxy

AGENCY = "registry"
AGENCIES = ("registry", "health")
DICE = st.randoms(use_true_random=False)
EVENTS = st.sampled_from(["give_back", "lose", "accept", "later", "refuse", "carry"])


async def states_of(memory: Memory, agency: str = AGENCY) -> list[delivery.State]:
    asked = "SELECT d.state FROM delivery d JOIN word w ON w.id = d.agency WHERE w.text = ? ORDER BY d.seq"
    found = await memory._reading.rows(asked, (agency,))
    return [STATES[row[0]] for row in found]


async def submit(memory: Memory, count: int, first: int = 1) -> None:
    """So many citizens, each with one request."""
    await asyncio.gather(
        *(dial(memory, "SUBMIT", session=f"s{n}", msisdn=f"+85620{n:08d}") for n in range(first, first + count))
    )


class DeliveryMachine(RuleBasedStateMachine):
    """Every event in every order, at two agencies, on the store and on the model: they may never disagree."""

    folders = iter(range(10**9))
    base: Path

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.hands = Hands()
        self.folder = self.base / str(next(self.folders))
        self.folder.mkdir()
        # All that is submitted here is small.
        self.models = {agency: ModelRoad(SMALL_HEAD_START) for agency in AGENCIES}
        self.count = 0
        self.runner.run(self._open())
        self.submit("TWO")

    async def _open(self) -> None:
        values: dict[str, Any] = {"data": self.folder, "node": NODE, "reserve_mb": 0, "free_mb": 0}
        self.context = open_memory(StoreSettings(**values), KEY, small_mind(), clock=self.hands.clock(), house=False)
        self.memory = await self.context.__aenter__()

    @property
    def now(self) -> int:
        return int(self.hands.wall)

    def roads(self, agency: str) -> tuple[Road, Road]:
        return self.memory.road, self.models[agency]

    def some(self, agency: str, dice: random.Random) -> list[int]:
        known = sorted(self.models[agency].rows)
        return dice.sample(known, dice.randint(1, len(known)))

    @rule(word=st.sampled_from(["SUBMIT", "TWO"]))
    def submit(self, word: str) -> None:
        self.count += 1
        self.runner.run(dial(self.memory, word, session=f"s{self.count}", msisdn=f"+85620{self.count:08d}"))
        for agency, model in self.models.items():
            for offer in self.runner.run(self.memory.road.due(agency, 100, 2**40)):
                if offer.seq not in model.rows:
                    model.queue(offer, agency)

    @rule(seconds=st.sampled_from([1, 30, 61, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.hands.go(seconds)

    @rule(agency=st.sampled_from(AGENCIES), dice=DICE)
    def lease(self, agency: str, dice: random.Random) -> None:
        seqs = self.some(agency, dice)
        taken = [
            self.runner.run(road.lease(agency, seqs, "me", self.now + 60, self.now)) for road in self.roads(agency)
        ]
        shown = [[(offer.seq, offer.in_doubt, offer.attempts) for offer in found] for found in taken]
        assert shown[0] == shown[1]

    @rule(
        agency=st.sampled_from(AGENCIES),
        dice=DICE,
        event=EVENTS,
        later=st.sampled_from([0, 5, 900]),
        wake=st.booleans(),
    )
    def settle(
        self,
        agency: str,
        dice: random.Random,
        event: delivery.Event,
        later: int,
        wake: bool,
    ) -> None:
        seqs = self.some(agency, dice)
        next_at = self.now + later if later else 0
        held = event == "later" and dice.random() < 0.3
        settlements = [Settlement(seq, event, next_at, "code", held=held, counted=dice.random() < 0.8) for seq in seqs]
        for road in self.roads(agency):
            self.runner.run(road.settle(agency, settlements, Trip(agency, "http", seqs, "x"), self.now, wake=wake))

    @rule()
    def lapse(self) -> None:
        expected = sum(self.runner.run(model.lapse(self.now)) for model in self.models.values())
        assert self.runner.run(self.memory.road.lapse(self.now)) == expected

    @rule(agency=st.sampled_from(AGENCIES))
    def wake(self, agency: str) -> None:
        for road in self.roads(agency):
            self.runner.run(road.wake(agency, self.now))

    @rule(agency=st.sampled_from(AGENCIES))
    def agency_goes_back(self, agency: str) -> None:
        counts = [self.runner.run(road.gone_back(agency, self.now)) for road in self.roads(agency)]
        assert counts[0] == counts[1]

    @rule()
    def restart(self) -> None:
        self.runner.run(self.context.__aexit__(None, None, None))
        self.runner.run(self._open())
        for model in self.models.values():
            self.runner.run(model.lapse(2**40))

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "memory"):
            return
        found = {traffic.agency: traffic for traffic in self.runner.run(self.memory.road.states())}
        for agency, model in self.models.items():
            expected = ["officer_review" if state == "refused" else state for state in model.states_of()]
            assert self.runner.run(states_of(self.memory, agency)) == expected
            due = [self.runner.run(road.due(agency, 100, self.now)) for road in self.roads(agency)]
            assert [offer.seq for offer in due[0]] == [offer.seq for offer in due[1]]
            (wanted,) = self.runner.run(model.states())
            for figure in ("waiting", "in_doubt", "held", "accepted", "oldest_at"):
                assert getattr(found[agency], figure) == getattr(wanted, figure), figure

    def teardown(self) -> None:
        if hasattr(self, "memory"):
            self.runner.run(self.context.__aexit__(None, None, None))
            self.runner.close()


def _examine(folder: Path, examples: int, steps: int) -> None:
    DeliveryMachine.base = folder
    bounds = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(DeliveryMachine, settings=bounds)


def test_the_store_and_the_table_never_disagree(tmp_path: Path) -> None:
    _examine(tmp_path, 8, 20)


@pytest.mark.slow
def test_the_store_and_the_table_never_disagree_at_length(tmp_path: Path) -> None:
    _examine(tmp_path, 150, 40)


async def test_through_restarts_and_a_bad_link_each_request_is_there_exactly_once(
    opened: Opened, agency: Agency
) -> None:
    dice = random.Random(7)

    def manner() -> Manner:
        return dice.choice(MANNERS) if dice.random() < 0.3 else "pass"

    started = time.monotonic()
    means = Means(
        "test",
        now=lambda: 1_795_410_000 + int((time.monotonic() - started) * 100),
        steady=lambda: (time.monotonic() - started) * 100,
    )
    async with Proxy(agency.port, manner) as proxy:
        for first in (1, 101, 201):
            async with opened() as memory:
                await submit(memory, 100, first)
                service = SyncService(memory.road, {AGENCY: agency.connector(proxy.url)}, means)
                service.start()
                # Stopped in the middle: what is under way goes back, and the next start takes it up.
                await asyncio.sleep(0.15)
                await service.stop()
        async with opened() as memory:
            connector = agency.connector(proxy.url)
            worker = Worker(AGENCY, connector, memory.road, means)
            deadline = time.monotonic() + 100
            while set(states := await states_of(memory)) != {"accepted"}:
                assert time.monotonic() < deadline, Counter(states)
                if not (await worker.step()).offers:
                    await asyncio.sleep(0.005)
            await connector.close()
            (figures,) = await memory.road.states()
    effects = await agency.effects()
    assert (len(effects), set(effects.values())) == (300, {1})
    assert (figures.waiting, figures.accepted) == (0, 300)
    assert figures.accepted_through > 0


async def test_statuses_are_applied_once_and_the_cursor_with_them(opened: Opened) -> None:
    async with opened() as memory:
        await submit(memory, 1)
        (offer,) = await memory.road.due(AGENCY, 5, 2**40)
        event = StatusEvent(1, offer.id, offer.reference, "approved")
        assert await memory.road.statuses(AGENCY, [event], "1", 1) == 1
        assert await memory.road.statuses(AGENCY, [event], None, 1) == 0
        mark = await memory.road.bookmark(AGENCY)
        assert (mark.cursor, mark.seq) == ("1", 1)
        pushed = StatusEvent(9, offer.id, offer.reference, "ready")
        assert await memory.road.statuses(AGENCY, [pushed], None, 1) == 1
        assert await memory.road.bookmark(AGENCY) == mark


async def test_a_pass_of_the_service_empties_a_real_outbox(opened: Opened, agency: Agency) -> None:
    async with opened() as memory:
        await submit(memory, 40)
        service = SyncService(memory.road, {AGENCY: agency.connector()}, Means("test"))
        (one,) = await service.now()
        assert (one.offered, one.accepted, one.left, one.fault) == (40, 40, 0, "")
        (state,) = await service.status()
        assert (state.position, state.waiting, state.oldest_age) == ("closed", 0, 0)
        await service.close()


async def test_after_an_outage_the_real_outbox_goes_oldest_first(opened: Opened, agency: Agency, clock: Clock) -> None:
    clock.at = 1_795_410_000.0
    async with opened() as memory:
        await submit(memory, 30)
        nowhere, there = agency.connector("http://127.0.0.1:9"), agency.connector()
        dead = Worker(AGENCY, nowhere, memory.road, clock.means)
        for _ in range(25):
            if not dead.breaker.may_try(clock.at):
                clock.at = dead.breaker.try_at
            if not (await dead.step()).offers:
                clock.pass_(1)
        assert dead.breaker.position == "open"
        await submit(memory, 10, 31)
        dead._connector = there
        clock.at = dead.breaker.try_at
        while (await dead.step()).offers:
            pass
        assert set(await states_of(memory)) == {"accepted"}
        rows = await memory._reading.rows("SELECT reference FROM request ORDER BY seq")
        await nowhere.close()
        await there.close()
    assert await agency.order() == [unpack_reference(row[0]) for row in rows]
