"""The delivery machine, every way that it can go: two nodes, two agencies, three requests, all that may come between.

The nodes' rows are the real store, the agencies' inbox the real intake and feed; only the line between them is this
file's: what was sent may arrive now, late, twice or never, and so may its answer, while nodes stop and start, leases
run out, and an agency is put back to an older state.
"""

import asyncio
import contextlib
import hashlib
import json
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from flows import delivery
from store.memory import Memory, open_memory
from store.road import STATES
from store.settings import StoreSettings
from store.values import Offer, Trip
from sync import settling, wire
from sync.agency import book, feed, holding, intake
from sync.agency.nodes import Node
from sync.agency.sealed import Opener, new_identity
from sync.faults import Lost
from sync.statuses import KNOWN, gone_back
from tests.faults.roles import approve_all
from tests.faults.rows import Tally
from tests.store.conftest import KEY, Hands, dial
from tests.store.mind import small_mind

NODES: Final = ("LA-ONE", "LA-TWO")
AGENCIES: Final = ("registry", "health")
REQUESTS: Final = 3
WHICH: Final = st.sampled_from((0, 1))


class Office:
    """An agency: the real intake and feed on a database in memory, without the constraint that would hide a double."""

    def __init__(self) -> None:
        self.link = sqlite3.connect(":memory:", isolation_level=None)
        for step in book._STEPS:
            for statement in step.replace(", UNIQUE (source, id)", "").split(";\n"):
                self.link.execute(statement)
        self.opener = Opener(new_identity())
        self.life = 0
        self.old: sqlite3.Connection | None = None
        self.forgot: set[str] = set()

    def take(self, node: str, offers: tuple[Offer, ...]) -> bytes:
        records = intake.read(wire.batch_of(offer.event for offer in offers))
        results = intake.take(self.link, _enrolled(node), records, 1, self.opener)
        return json.dumps({"results": results, "held": holding.held(self.link, _enrolled(node))}).encode()

    def tell(self, node: str, cursor: str) -> bytes:
        told = feed.read(self.link, node, cursor)
        return json.dumps(told | {"held": holding.held(self.link, _enrolled(node))}).encode()

    def decide(self) -> None:
        approve_all(self.link, str(self.life), self.opener)

    def effects(self) -> Counter[str]:
        return Counter(row[0] for row in self.link.execute("SELECT id FROM request"))

    def digests(self) -> dict[str, bytes]:
        return {row[0]: hashlib.sha256(row[1]).digest() for row in self.link.execute("SELECT id, event FROM request")}

    def copy(self) -> None:
        self.old = sqlite3.connect(":memory:", isolation_level=None)
        self.link.backup(self.old)

    def restore(self) -> None:
        assert self.old is not None
        before = set(self.effects())
        self.old.backup(self.link)
        self.life += 1
        self.forgot |= before - set(self.effects())


def _enrolled(node: str) -> Node:
    return Node(node, b"", hub=False)


@dataclass
class Flight:
    """A batch that has left a node, with the answers that it has caused and nobody has read."""

    node: int
    agency: int
    offers: tuple[Offer, ...]
    answers: list[bytes] = field(default_factory=list)


class Machine(RuleBasedStateMachine):
    """Rules in any order; the invariants I1 to I5 of the promise after every one of them."""

    careless = False
    requests = 0

    @initialize(first=WHICH)
    def begin(self, first: int) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="sala-faults-"))
        self.hands = [Hands(), Hands()]
        self.offices = [Office(), Office()]
        self.memories: list[Memory] = []
        self.contexts: list[Any] = []
        for node in range(2):
            context, memory = self.runner.run(self._open(node))
            self.contexts.append(context)
            self.memories.append(memory)
        self.flights: list[Flight] = []
        self.told: set[str] = set()
        self.states: dict[tuple[int, int, str], str] = {}
        self.going_back = False
        self.submit(first)

    async def _open(self, node: int) -> tuple[Any, Memory]:
        given = {"data": self.folder / str(node), "node": NODES[node], "reserve_mb": 0, "free_mb": 0}
        clock = self.hands[node].clock()
        context = open_memory(StoreSettings.model_validate(given), KEY, small_mind(), clock=clock, house=False)
        return context, await context.__aenter__()

    def _now(self, node: int) -> int:
        return int(self.hands[node].wall)

    @rule(node=WHICH)
    def submit(self, node: int) -> None:
        if len(self.told) < REQUESTS:
            name = f"s{len(self.told)}"
            told = self.runner.run(
                dial(self.memories[node], "TWO", session=name, msisdn=f"+8562055{len(self.told):06d}")
            )
            self.told.add(told)
            Machine.requests += 1

    @rule(node=WHICH, agency=WHICH, most=st.integers(1, 3))
    def leave(self, node: int, agency: int, most: int) -> None:
        road, now = self.memories[node].road, self._now(node)
        due = self.runner.run(road.due(AGENCIES[agency], most, now))
        seqs = [offer.seq for offer in due]
        taken = self.runner.run(road.lease(AGENCIES[agency], seqs, "machine", now + 60, now))
        if taken:
            self.flights.append(Flight(node, agency, tuple(taken)))

    @rule(dice=st.randoms(use_true_random=False))
    def arrive(self, dice: random.Random) -> None:
        if self.flights:
            flight = dice.choice(self.flights)
            office = self.offices[flight.agency]
            if self.careless:
                office.link.execute("DELETE FROM inbox")
            flight.answers.append(office.take(NODES[flight.node], flight.offers))

    @rule(dice=st.randoms(use_true_random=False), part=st.booleans())
    def hear(self, dice: random.Random, part: bool) -> None:
        heard = [flight for flight in self.flights if flight.answers]
        if heard:
            flight = dice.choice(heard)
            answer = dice.choice(flight.answers)
            said = wire.read_results(answer)
            outcomes = said.outcomes[: 1 if part else None]
            when = settling.When(self._now(flight.node), dice.random())
            self._settle(flight, settling.settle_answer(flight.offers, outcomes, when), said.held)

    @rule(dice=st.randoms(use_true_random=False))
    def lose(self, dice: random.Random) -> None:
        if self.flights:
            flight = dice.choice(self.flights)
            when = settling.When(self._now(flight.node), dice.random())
            self._settle(flight, settling.settle_fault(flight.offers, Lost("lost"), when, at_once=True))

    def _settle(self, flight: Flight, settlements: list[Any], held: int = -1) -> None:
        seqs = [offer.seq for offer in flight.offers]
        trip = Trip(AGENCIES[flight.agency], "http", seqs, "machine", held=held)
        road = self.memories[flight.node].road
        self.runner.run(road.settle(AGENCIES[flight.agency], settlements, trip, self._now(flight.node), wake=False))

    @rule(node=WHICH, seconds=st.sampled_from([1, 61, 1000]))
    def wait(self, node: int, seconds: int) -> None:
        self.hands[node].go(seconds)
        self.runner.run(self.memories[node].road.lapse(self._now(node)))

    @rule(node=WHICH)
    def stop_and_start(self, node: int) -> None:
        self.runner.run(self.contexts[node].__aexit__(None, None, None))
        self.contexts[node], self.memories[node] = self.runner.run(self._open(node))

    @rule(agency=WHICH)
    def decide(self, agency: int) -> None:
        self.offices[agency].decide()

    @rule(agency=WHICH)
    def copy(self, agency: int) -> None:
        self.offices[agency].copy()

    @rule(agency=WHICH)
    def go_back(self, agency: int) -> None:
        if self.offices[agency].old is not None:
            self.offices[agency].restore()

    @rule(node=WHICH, agency=WHICH)
    def listen(self, node: int, agency: int) -> None:
        road, office, name = self.memories[node].road, self.offices[agency], AGENCIES[agency]
        mark = self.runner.run(road.bookmark(name))
        answer = wire.read_events(office.tell(NODES[node], mark.cursor))
        if gone_back(mark, answer):
            self.going_back = True
            self.runner.run(road.gone_back(name, self._now(node)))
        else:
            events = tuple(event for event in answer.events if event.status in KNOWN)
            cursor = answer.next or mark.cursor
            self.runner.run(road.statuses(name, events, cursor, self._now(node), held=answer.held))

    def _rows(self, node: int, statement: str) -> list[tuple[Any, ...]]:
        return self.runner.run(self.memories[node]._reading.rows(statement))

    @invariant()
    def one_effect_each(self) -> None:
        """I2."""
        for office in getattr(self, "offices", []):
            assert not [id_ for id_, n in office.effects().items() if n > 1], "doubled"

    @invariant()
    def accepted_is_there(self) -> None:
        """I3 and I4: what a node holds for accepted the agency has, byte for byte; states move along the arrows."""
        if not hasattr(self, "memories"):
            return
        for node in range(2):
            statement = (
                "SELECT w.text, d.state, s.event FROM delivery d JOIN submission s ON s.seq = d.seq"
                " JOIN word w ON w.id = d.agency"
            )
            for agency, number, event in self._rows(node, statement):
                id_, state = json.loads(event)["id"], STATES[number]
                office = self.offices[AGENCIES.index(agency)]
                if state == "accepted" and id_ not in office.forgot:
                    assert office.digests().get(id_) == hashlib.sha256(event).digest(), "accepted, and not there"
                key = (node, AGENCIES.index(agency), id_)
                before = self.states.get(key, "queued")
                assert state in _reached(before, forget=self.going_back), f"{before} became {state}"
                self.states[key] = state
        self.going_back = False

    @invariant()
    def told_once(self) -> None:
        """I5: one text for each status."""
        for node in range(len(getattr(self, "memories", []))):
            texts = self._rows(node, "SELECT reference, text FROM message WHERE kind = 'status'")
            assert len(texts) == len(set(texts)), "a status was told twice"

    def teardown(self) -> None:
        """I1: when the faults stop, everything arrives, and everybody hears the last word."""
        if not hasattr(self, "memories"):
            return
        try:
            for _ in range(12):
                self._calm()
            self._all_arrived()
        finally:
            for context in self.contexts:
                self.runner.run(context.__aexit__(None, None, None))
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _calm(self) -> None:
        """One round of everything, without a fault."""
        for node in range(2):
            self.wait(node, 1000)
            for agency in range(2):
                self.listen(node, agency)
                self.flights.clear()
                self.leave(node, agency, REQUESTS)
                for flight in self.flights:
                    when = settling.When(self._now(node), 0.5)
                    answer = self.offices[agency].take(NODES[node], flight.offers)
                    said = wire.read_results(answer)
                    self._settle(flight, settling.settle_answer(flight.offers, said.outcomes, when), said.held)
                self.offices[agency].decide()

    def _all_arrived(self) -> None:
        self.one_effect_each()
        self.told_once()
        for office in self.offices:
            there = {row[0] for row in office.link.execute("SELECT reference FROM request")}
            assert there == self.told, "lost"
        for node in range(2):
            states = {STATES[row[0]] for row in self._rows(node, "SELECT state FROM delivery")}
            assert states <= {"accepted"}, states
            assert {row[0] for row in self._rows(node, "SELECT status FROM request")} <= {"approved"}


def _reached(state: str, *, forget: bool) -> set[str]:
    """States that follow by one arrow or several; `forget` only when an agency was found to have gone back."""
    reached, new = {state}, [state]
    while new:
        one = new.pop()
        for (source, event), goal in delivery.TABLE.items():
            if source == one and goal not in reached and (forget or event != "forget"):
                reached.add(goal)
                new.append(goal)
    return reached


async def machine(number: int, runs: int) -> Tally:
    """`runs` walks of up to fifty rules."""
    return await asyncio.to_thread(_walk, number, runs, careless=False)


async def careless_machine(number: int, runs: int) -> Tally:
    """Control: the agencies forget their inbox before every batch."""
    return await asyncio.to_thread(_walk, number, runs, careless=True)


def _walk(number: int, runs: int, *, careless: bool) -> Tally:
    kind = seed(number)(type("Walked", (Machine,), {"careless": careless}))
    bounds = settings(
        max_examples=runs,
        stateful_step_count=50,
        deadline=None,
        database=None,
        print_blob=False,
        # The control is to be found, not to be made short.
        phases=[Phase.generate] if careless else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    Machine.requests = 0
    with contextlib.ExitStack() as stack:
        if careless:
            stack.enter_context(contextlib.redirect_stdout(None))
        try:
            run_state_machine_as_test(kind, settings=bounds)
        except AssertionError as found:
            return Tally(runs, Machine.requests, broken=1, notes=(str(found).splitlines()[0],))
    return Tally(runs, Machine.requests)
