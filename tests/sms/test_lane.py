"""The sender: rate, order, retries, budget, reach, and what is written of each attempt."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from flows.errors import Busy, SendError
from sms import lane as lanes
from sms.lane import Lane, Rules
from sms.port import Capabilities, Settings
from sms.pricing import UNIT, Purse, Reach, Tariff
from store.values import Outgoing, Part, Report, Sent

NOW = 1_795_000_000


@dataclass
class Messages:
    """Stands for the store's messages, with the same promises."""

    queue: list[Outgoing] = field(default_factory=list)
    settled: dict[int, list[tuple[Sent | SendError, int, int]]] = field(default_factory=dict)
    spent_before: int = 0
    busy: int = 0
    started: list[int] = field(default_factory=list)
    replaced: set[int] = field(default_factory=set)
    parts: list[tuple[int, int, str, int]] = field(default_factory=list)
    noted: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    numbers: dict[int, str] = field(default_factory=dict)
    spare: list[bool] = field(default_factory=list)

    async def claim(self, limit: int, now: int, channel: str, *, spare: bool) -> Sequence[Outgoing]:
        self.spare.append(spare)
        claimed, self.queue = self.queue[:limit], self.queue[limit:]
        self.numbers |= {one.id: one.msisdn for one in claimed}
        return claimed

    def key(self, channel: str, msisdn: str) -> bytes:
        return f"{channel} {msisdn}".encode()

    async def often(self, channel: str, since: int) -> dict[bytes, tuple[int, int]]:
        return {key: (count, at) for key, (count, at) in self.noted.items() if at > since}

    async def ask_again(self, channel: str, now: int, since: int) -> int:
        return 0

    async def settle(self, row: int, outcome: Sent | SendError, *, now: int, again_at: int = 0, price: int = 0) -> None:
        if self.busy:
            self.busy -= 1
            raise Busy
        self.settled.setdefault(row, []).append((outcome, again_at, price))

    async def start(self, row: int, *, now: int, price: int, count: int) -> bool:
        self.started.append(row)
        if count:
            self.noted[self.key("at", self.numbers.get(row, ""))] = (count, now)
        return row not in self.replaced

    async def part(self, row: int, part: Part, sent: Sent, *, now: int, price: int) -> None:
        if self.busy:
            self.busy -= 1
            raise Busy
        self.parts.append((row, part.number, sent.gateway_id, price))

    async def until(self, count: int) -> None:
        while len(self.settled) < count:  # noqa: ASYNC110 - the lane knows nothing of the test's events
            await asyncio.sleep(0.005)

    async def spent(self, channel: str, since: int) -> int:
        return self.spent_before

    async def report(self, report: Report) -> None:
        raise NotImplementedError

    async def opt_out(self, msisdn: str) -> None:
        raise NotImplementedError


class Gateway:
    """Stands for an operator: does what the test says."""

    capabilities = Capabilities(port=1)

    def __init__(self, act: Callable[[Outgoing], Any] = lambda message: Sent(f"g{message.id}")) -> None:
        self.act = act
        self.sent: list[Outgoing] = []
        self.at_once = 0
        self.most_at_once = 0

    async def send(self, message: Outgoing) -> Sent:
        self.sent.append(message)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.005)
        self.at_once -= 1
        outcome = self.act(message)
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, Sent)
        return outcome

    async def close(self) -> None:
        """Nothing to close."""


def message(row: int, number: str = "+8562055512345", parts: int = 1, attempts: int = 1) -> Outgoing:
    return Outgoing(row, "at", number, "text", parts, attempts)


def lane(messages: Messages, gateway: Gateway, *, limit: int = 1000, rate: float = 1000, window: int = 8) -> Lane:
    rules = Rules(Reach.of(["+856"]), Tariff(), Purse(limit * UNIT), rate, window)
    return Lane("at", gateway, messages, rules=rules, clock=lambda: NOW, chance=lambda: 0.5)  # type: ignore[arg-type]  # the lane only sends


async def drain(one: Lane, messages: Messages) -> None:
    for _ in range(200):
        await one.drain()
        if not messages.queue:
            return
        await asyncio.sleep(0.002)


async def test_what_is_claimed_is_sent_and_written() -> None:
    messages, gateway = Messages([message(1), message(2, "+8562055567890", parts=3)]), Gateway()
    await drain(lane(messages, gateway), messages)
    assert messages.settled == {1: [(Sent("g1"), 0, UNIT)], 2: [(Sent("g2"), 0, 3 * UNIT)]}


@pytest.mark.parametrize(
    ("error", "again_at", "price"),
    [
        (SendError("503", retry=True), NOW + 10, 0),
        (SendError("429", retry=True, retry_after=300), NOW + 300, 0),
        (SendError("403"), 0, 0),
        (SendError("no-answer", unknown=True), 0, UNIT),
    ],
)
async def test_a_failure_is_written_with_what_follows_from_it(error: SendError, again_at: int, price: int) -> None:
    messages, gateway = Messages([message(1)]), Gateway(lambda _: error)
    await drain(lane(messages, gateway), messages)
    assert messages.settled == {1: [(error, again_at, price)]}


@pytest.mark.parametrize(
    ("attempts", "waits"), [(0, 5), (1, 10), (4, 80), (6, 320), (7, 450), (9, 450), (60, 450), (5_000, 450)]
)
async def test_each_attempt_waits_twice_as_long_up_to_a_cap_and_a_chance_of_it(attempts: int, waits: int) -> None:
    messages = Messages([message(1, attempts=attempts)])
    await drain(lane(messages, Gateway(lambda _: SendError("503", retry=True))), messages)
    ((_, again_at, _),) = messages.settled[1]
    assert again_at - NOW == waits


async def test_a_broken_adapter_is_an_unknown_outcome_and_stops_nothing() -> None:
    messages = Messages([message(1), message(2)])
    gateway = Gateway(lambda sent: RuntimeError("x") if sent.id == 1 else Sent("g2"))
    await drain(lane(messages, gateway), messages)
    error = messages.settled[1][0][0]
    assert isinstance(error, SendError)
    assert error.unknown
    assert messages.settled[2][0][0] == Sent("g2")


async def test_a_message_that_was_replaced_meanwhile_is_not_sent() -> None:
    messages, gateway = Messages([message(1), message(2)], replaced={1}), Gateway()
    await drain(lane(messages, gateway), messages)
    assert [sent.id for sent in gateway.sent] == [2]
    assert list(messages.settled) == [2]
    assert messages.started == [1, 2]


async def test_a_country_that_is_not_listed_is_never_written_to() -> None:
    messages, gateway = Messages([message(1, "+66812345678")]), Gateway()
    await drain(lane(messages, gateway), messages)
    assert gateway.sent == []
    error = messages.settled[1][0][0]
    assert isinstance(error, SendError)
    assert (error.code, error.retry) == ("country", False)


async def test_the_budget_holds_however_many_are_sent_at_once() -> None:
    messages, gateway = Messages([message(row, parts=3) for row in range(64)]), Gateway()
    one = lane(messages, gateway, limit=20, window=64)
    await one.drain()
    await one.drain()
    assert sum(sent.parts for sent in gateway.sent) == 18
    kept = [row for row, ends in messages.settled.items() if isinstance(ends[0][0], SendError)]
    assert all(messages.settled[row][0][0].retry for row in kept)  # type: ignore[union-attr]  # only the errors are kept


async def test_half_most_and_all_of_a_budget_is_said_once_each() -> None:
    messages, gateway = Messages([message(row, f"+85620555{row:05}") for row in range(12)]), Gateway()
    with capture_logs() as said:
        await drain(lane(messages, gateway, limit=10, window=1), messages)
    used = [line["count"] for line in said if line["event"] == "budget of the day used"]
    assert (used, len(gateway.sent)) == ([50, 80, 100], 10)


@pytest.mark.parametrize(("told", "spent"), [("KES 3.0000", 3), ("KES 0.5000", 1), ("free", 1), ("", 1)])
async def test_what_the_gateway_says_that_it_costs_is_spent_when_it_is_dearer(told: str, spent: int) -> None:
    messages, gateway = Messages([message(1)]), Gateway(lambda _: Sent("g1", told))
    rules = Rules(Reach.of(["+856"]), Tariff({"+856": UNIT}), Purse(10 * UNIT), 1000, 8)
    one = Lane("at", gateway, messages, rules=rules, clock=lambda: NOW, chance=lambda: 0.5)  # type: ignore[arg-type]  # as in `lane`
    await drain(one, messages)
    assert one.spent == spent * UNIT
    assert messages.settled == {1: [(Sent("g1", told), 0, spent * UNIT)]}


async def test_money_spent_before_a_restart_counts() -> None:
    messages, gateway = Messages([message(1)], spent_before=1000 * UNIT), Gateway()
    assert await lane(messages, gateway).drain() == 0
    assert gateway.sent == []
    assert len(messages.queue) == 1


@pytest.mark.parametrize(("spent", "spare"), [(0, True), (799, True), (800, False), (999, False)])
async def test_the_last_fifth_of_the_budget_is_for_what_somebody_waits_for(spent: int, *, spare: bool) -> None:
    messages, gateway = Messages([message(1)], spent_before=spent * UNIT), Gateway()
    await lane(messages, gateway).drain()
    assert messages.spare == [spare]
    assert len(gateway.sent) == 1


async def test_a_fault_of_our_account_quiets_the_lane_instead_of_burning_the_queue() -> None:
    messages = Messages([message(row) for row in range(20)])
    gateway = Gateway(lambda _: SendError("http-401", retry=True, ours=True))
    one = lane(messages, gateway, window=2)
    for _ in range(5):
        await one.drain()
    assert len(gateway.sent) <= 2
    assert len(messages.queue) >= 18


async def test_no_more_than_the_window_fly_at_once() -> None:
    messages, gateway = Messages([message(row) for row in range(30)]), Gateway()
    task = asyncio.create_task(lane(messages, gateway, window=3).run())
    async with asyncio.timeout(2):
        await messages.until(30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert gateway.most_at_once == 3


async def test_the_rate_is_kept() -> None:
    messages, gateway = Messages([message(row) for row in range(100)]), Gateway()
    task = asyncio.create_task(lane(messages, gateway, rate=20, window=50).run())
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert 4 <= len(gateway.sent) <= 12


async def test_an_outcome_is_written_although_the_store_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    messages, gateway = Messages([message(1)], busy=2), Gateway()
    monkeypatch.setattr(lanes, "_SETTLE_WAIT", 0.001)
    await drain(lane(messages, gateway), messages)
    assert messages.settled[1][0][0] == Sent("g1")


async def test_what_is_under_way_at_the_end_is_written_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Gateway):
        async def send(self, message: Outgoing) -> Sent:
            await asyncio.sleep(30)
            raise AssertionError

    monkeypatch.setattr(lanes, "FAREWELL", 0.05)
    messages = Messages([message(1)])
    task = asyncio.create_task(lane(messages, Silent()).run())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    error = messages.settled[1][0][0]
    assert isinstance(error, SendError)
    assert error.unknown


async def test_the_bell_wakes_a_sleeping_lane() -> None:
    bell = asyncio.Event()
    messages, gateway = Messages(), Gateway()
    rules = Rules(Reach.of(["+856"]), Tariff(), Purse(UNIT), 100, 4)
    task = asyncio.create_task(Lane("at", gateway, messages, rules=rules, bell=bell).run())  # type: ignore[arg-type]
    await asyncio.sleep(0.05)
    messages.queue.append(message(1))
    bell.set()
    async with asyncio.timeout(0.5):
        await messages.until(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_without_settings_only_the_nodes_own_country_is_written_to() -> None:
    rules = Rules.of(Settings(), "LA")
    assert rules.reach.allows("+8562055512345")
    assert not rules.reach.allows("+66812345678")
    assert Rules.of(Settings(countries=["+66"]), "LA").reach.allows("+66812345678")
    assert not Rules.of(Settings(), "QQ").reach.allows("+8562055512345")
