"""The sender of one channel: claims queued messages, sends each outside any transaction, and writes how it went."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Self

import structlog

from flows.errors import SendError
from flows.text.measure import needs
from flows.text.paging import split_sms
from sms.numbers import HOUR, Numbers
from sms.port import Gateway, Messages, Settings
from sms.pricing import DAY, Purse, Reach, Tariff, calling_code, money, told
from store.values import Health, Outgoing, Part, Sent

# Seconds. The queue is looked at this often even if nobody rings.
POLL: Final = 1.0
# A retry waits between nothing and this, doubled for each attempt, up to the cap (full jitter).
FIRST_WAIT: Final = 10.0
LONGEST_WAIT: Final = 900.0
# After a fault of our own account everything would fail alike: the whole channel waits.
OWN_FAULT_WAIT: Final = 60.0
# A budget that is spent is looked at again this often: the day may be over.
BROKE_WAIT: Final = 60.0
# The part of a day's budget up to which messages go that nobody waits for: the rest is for receipts and statuses.
SPARE_PART: Final = 0.8
# Between the word to stop and the end of the process.
FAREWELL: Final = 3.0
# So long ago a message of which nobody knows may have been accepted, and a gateway that takes each mark once is still
# asked again after a start: less than what any of them remembers.
REMEMBERED: Final = 86_400
# What the lane itself refuses: no word of the gateway's.
OWN_RULES: Final = frozenset({"country", "alphabet", "budget", "number-rate", "stopped"})
_SETTLE_TRIES: Final = 5
_SETTLE_WAIT: Final = 0.2

log = structlog.get_logger("sms")


@dataclass(frozen=True, slots=True)
class Rules:
    """What bounds a lane: where to, at which price, with how much a day, how many a second, how many at once."""

    reach: Reach
    tariff: Tariff
    purse: Purse
    rate: float
    window: int
    per_number: int = 100

    @classmethod
    def of(cls, settings: Settings, country: str) -> Self:
        """The rules that a channel's settings give, in a node of this country (`LA`)."""
        codes = settings.countries or [code for code in [calling_code(country)] if code]
        tariff = Tariff({prefix: money(price) for prefix, price in settings.prices.items()})
        purse = Purse(money(settings.budget_per_day))
        return cls(Reach.of(codes), tariff, purse, settings.rate, settings.window, settings.per_number)


class Lane:
    """Sends what is queued for one channel: in order for each number, within its rate, its reach and its budget."""

    def __init__(
        self,
        channel: str,
        gateway: Gateway,
        messages: Messages,
        *,
        rules: Rules,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        ticks: Callable[[], float] = time.monotonic,
        bell: asyncio.Event | None = None,
    ) -> None:
        """Send by the rules; `bell` rings when something was queued."""
        self._channel = channel
        self._gateway = gateway
        self._messages = messages
        self._rules = rules
        self._can = gateway.capabilities
        self._purse = rules.purse
        self._numbers = Numbers(rules.per_number)
        self._recalled = False
        self._clock = clock
        self._chance = chance
        self._ticks = ticks
        self._bell = bell or asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()
        self._tokens = 1.0
        self._counted_at = 0.0
        self._quiet_until = 0.0
        self._health = Health("unknown")
        # What was leaving when the node died is asked for once more, by those that can be asked.
        self._doubtful = gateway.capabilities.idempotent
        self.counts = {"sent": 0, "retry": 0, "failed": 0, "unknown": 0}

    async def run(self) -> None:
        """Send until cancelled; what is then under way gets `FAREWELL` seconds, and is `unknown` after them."""
        try:
            while True:
                try:
                    claimed = await self._claim()
                except Exception:  # the store is busy or full; the queue is on disk and waits
                    log.exception("queue not read", channel=self._channel)
                    claimed = 0
                await self._rest(claimed)
        finally:
            await self._land()

    def health(self) -> Health:
        """How the operator's side stands, by what became of the last message."""
        return self._health

    @property
    def spent(self) -> int:
        """What this day's messages have cost, in 1/10000 of the currency."""
        return self._purse.spent

    @property
    def budget(self) -> int:
        """What a day's messages may cost, in 1/10000 of the currency."""
        return self._purse.limit

    async def drain(self) -> int:
        """Send what is due now and wait for it; returns how many messages were claimed. For commands and tests."""
        claimed = await self._claim()
        while self._flying:
            await asyncio.wait(self._flying)
        return claimed

    async def _claim(self) -> int:
        room = min(self._rules.window - len(self._flying), int(self._refill()))
        now = int(self._clock())
        if room < 1 or self._clock() < self._quiet_until or not await self._funded(now):
            return 0
        if not self._recalled:
            self._numbers.recall(await self._messages.often(self._channel, now - int(HOUR)))
            self._recalled = True
        if self._doubtful:
            await self._messages.ask_again(self._channel, now, now - REMEMBERED)
            self._doubtful = False
        spare = self._purse.spent < self._purse.limit * SPARE_PART
        claimed = await self._messages.claim(room, now, self._channel, spare=spare)
        self._tokens -= len(claimed)
        for message in claimed:
            task = asyncio.create_task(self._carry(message))
            self._flying.add(task)
            task.add_done_callback(self._landed)
        return len(claimed)

    async def _funded(self, now: int) -> bool:
        if self._purse.is_new_day(now):
            self._purse.open(now, await self._messages.spent(self._channel, now - now % DAY))
        if self._purse.spent < self._purse.limit:
            return True
        self._quiet_until = self._clock() + BROKE_WAIT
        return False

    def _refill(self) -> float:
        now = self._ticks()
        if self._counted_at:
            self._tokens += (now - self._counted_at) * self._rules.rate
        self._counted_at = now
        # A second's worth may be saved up, and at least one message, for rates below one a second.
        self._tokens = min(self._tokens, max(self._rules.rate, 1.0))
        return self._tokens

    async def _rest(self, claimed: int) -> None:
        """Until the bell, the next token, or the poll."""
        wait = 0.0 if claimed else POLL
        if self._tokens < 1:
            wait = (1 - self._tokens) / self._rules.rate
        self._bell.clear()
        try:
            async with asyncio.timeout(wait):
                await self._bell.wait()
        except TimeoutError:
            pass
        else:
            # Others may be writing at this moment: one claim for them all.
            await asyncio.sleep(0.02)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._bell.set()

    async def _land(self) -> None:
        if self._flying:
            await asyncio.wait(self._flying, timeout=FAREWELL)
        for task in self._flying:
            task.cancel()
        if self._flying:
            await asyncio.wait(self._flying, timeout=1.0)

    async def _carry(self, message: Outgoing) -> None:
        each, letters = self._letters(message)
        outcome = await self._attempt(message, letters, each)
        if mark := self._purse.alert():
            log.error("budget of the day used", channel=self._channel, count=mark)
        if outcome is not None:
            whole = each * (message.parts if len(letters) == 1 else 1)
            # Of a message in parts each has paid for itself; what nobody knows of is the last that was handed over.
            await self._settle(message, outcome, 0 if len(letters) > 1 and isinstance(outcome, Sent) else whole)

    def _letters(self, message: Outgoing) -> tuple[int, Sequence[Outgoing]]:
        """The price of a segment, and what is handed over one after the other."""
        each = self._rules.tariff.price(message.msisdn, 1)
        texts = [message.text] if self._can.long == "whole" else split_sms(message.text)
        if len(texts) == 1:
            return each, [message]
        total, ref = len(texts), message.id % 65_536
        return each, [
            replace(message, text=text, parts=1, mark=f"{message.mark}-{number}", part=Part(ref, number, total))
            for number, text in enumerate(texts, 1)
        ]

    async def _attempt(self, message: Outgoing, letters: Sequence[Outgoing], each: int) -> Sent | SendError | None:
        """How it went; None when the message need not go any more."""
        if not self._rules.reach.allows(message.msisdn):
            return SendError("country", ours=True)
        if "ucs2" not in self._can.encodings and needs(message.text) == "ucs2":
            return SendError("alphabet", retry=True)
        now = self._clock()
        key = self._messages.key(self._channel, message.msisdn)
        if wait := self._numbers.wait(key, now):
            return SendError("number-rate", retry=True, retry_after=wait)
        rest = letters[message.done :] if len(letters) > 1 else letters
        price = each * sum(letter.parts for letter in rest)
        if not self._purse.pay(price):
            self._quiet_until = self._clock() + BROKE_WAIT
            return SendError("budget", retry=True, ours=True)
        left: list[Outgoing] = []
        start = self._messages.start(message.id, now=int(now), price=price, count=self._numbers.count(key, now))
        outcome = await self._hand_over(message, start, rest, left, each)
        if outcome is None or isinstance(outcome, SendError):
            unknown = isinstance(outcome, SendError) and outcome.unknown and not outcome.retry
            kept = left if unknown else left[:-1]
            self._purse.give_back(price - each * sum(letter.parts for letter in kept))
        return outcome

    async def _hand_over(
        self, message: Outgoing, start: Awaitable[bool], letters: Sequence[Outgoing], left: list[Outgoing], each: int
    ) -> Sent | SendError | None:
        """Send the letters once it is on disk that they leave; `left` takes those whose request may have left."""
        try:
            if not await start:
                return None
            sent = Sent("")
            for letter in letters:
                left.append(letter)
                sent = await self._gateway.send(letter)
                if letter.part:
                    now = int(self._clock())
                    await self._messages.part(message.id, letter.part, sent, now=now, price=each)
                    sent = Sent("")
        except SendError as error:
            return self._sure(error)
        except asyncio.CancelledError:  # the node stops, and how it went must still be written
            return SendError("stopped", retry=not left, unknown=bool(left))
        except Exception:  # the store or the adapter: what may have left is not repeated
            log.exception("sender failed", channel=self._channel)
            return SendError("fault", ours=True, retry=not left, unknown=bool(left))
        return sent

    def _sure(self, error: SendError) -> SendError:
        """A gateway that takes one mark once only may be asked again; no other may, so it stays `unknown` as well."""
        if error.unknown and self._can.idempotent:
            return SendError(error.code, retry=True, unknown=True, retry_after=error.retry_after)
        return error

    async def _settle(self, message: Outgoing, outcome: Sent | SendError, price: int) -> None:
        now = int(self._clock())
        again_at = 0
        self._feel(outcome)
        if isinstance(outcome, Sent):
            price = self._as_told(outcome, price)
            self.counts["sent"] += 1
        else:
            again_at = now + self._wait(outcome, message.attempts) if outcome.retry else 0
            price = price if outcome.unknown and not outcome.retry else 0
            self._note(outcome)
        for attempt in range(_SETTLE_TRIES):
            try:
                await self._messages.settle(message.id, outcome, now=now, again_at=again_at, price=price)
            except (
                Exception
            ):  # the store is busy; an unsettled message is `unknown` at the next start, never sent twice
                log.exception("outcome not written", channel=self._channel, attempt=attempt)
                await asyncio.sleep(_SETTLE_WAIT * 2**attempt)
            else:
                return

    def _as_told(self, sent: Sent, price: int) -> int:
        """The gateway's own price, when it is dearer than ours: it is the one that we pay."""
        real = told(sent.cost)
        if real is None or real <= price or not self._rules.tariff.prices:
            return price
        self._purse.spent += real - price
        return real

    def _feel(self, outcome: Sent | SendError) -> None:
        """A refusal of one message says that the link stands; its silence, or a refusal of all, that it does not."""
        if isinstance(outcome, SendError) and outcome.code in OWN_RULES:
            return
        bad = isinstance(outcome, SendError) and (outcome.retry or outcome.unknown)
        fault = outcome.code if isinstance(outcome, SendError) and bad else self._health.fault
        state: Literal["up", "down"] = "down" if bad else "up"
        if (state, fault) != (self._health.state, self._health.fault):
            since = self._health.since if state == self._health.state else int(self._clock())
            self._health = Health(state, since, fault)

    def _wait(self, error: SendError, attempts: int) -> int:
        """Seconds until the next attempt."""
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts, 10))
        return int(max(1.0, error.retry_after, longest * self._chance()))

    def _note(self, error: SendError) -> None:
        kind = "retry" if error.retry else "unknown" if error.unknown else "failed"
        self.counts[kind] += 1
        log.warning("message not sent", channel=self._channel, outcome=kind, reason=error.code)
        if error.ours and error.retry and error.code != "budget":
            self._quiet_until = self._clock() + OWN_FAULT_WAIT
            log.error("the channel's account refuses", channel=self._channel, reason=error.code)
