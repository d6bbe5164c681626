"""The node's end of the SMS bearer: without a link, requests go out as frames and answers come home as messages.

What went by SMS stays `carried`: due over any road, under the same id, until the agency's word for it is here.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import structlog

from flows.delivery import EVENT_OF
from flows.errors import RoadFault
from store.bearer import Bearer, Effect, Shipment
from store.values import Offer, Settlement, SignedAnswer, StatusEvent, Trip
from sync import settling
from sync.bearer.acks import Answer, Question, Told, Verdict, mark_of
from sync.bearer.coder import Unfit
from sync.bearer.frame import FrameFault, Header, Kind, from_text, keys_of, seal, to_text, unseal
from sync.bearer.long import frames_of
from sync.bearer.packer import pack
from sync.bearer.page import Page, short_name
from sync.bearer.settings import BearerSettings
from sync.means import Means, rest
from sync.port import Road

EVERY: Final = 2.0
"""Seconds between two looks."""

WINDOW: Final = 64
"""Requests that may be on their way without an answer: as many as one answer can name."""

LONGEST_REPEAT: Final = 86_400
LATER: Final = 900
"""Seconds after which a request goes again that the agency has put off."""

PAGES_AGAIN: Final = 300.0
"""Seconds between two offers of pages to an agency that did not take them."""

ASK_AGAIN: Final = 900
"""Seconds between two questions when statuses are known to be missing."""

NEVER: Final = 7 * 86_400
_LEASE: Final = 60
_LOOK: Final = 256
_HOUR: Final = 3600.0

_log = structlog.get_logger("sync")


@runtime_checkable
class Prepared(Protocol):
    """A connector that can bring pages to its agency while there is a link."""

    async def pages(self, number: str, bodies: Sequence[bytes]) -> frozenset[str]:
        """Bring pages; returns the digests of all that the agency has; raises a `RoadFault`."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the bearers of all agencies of one node work with.

    Attributes:
        road, store: the deliveries, and the bearer's rows. means: clock and chance.
        pages: revision -> page, of everything that is published here. epoch: of this start.
    """

    road: Road
    store: Bearer
    means: Means
    pages: Callable[[], Mapping[str, Page]]
    epoch: Callable[[], str]


class Carrier:
    """The bearer to one agency. `step` does everything that is due; `run` steps until `stop`."""

    def __init__(
        self,
        agency: str,
        settings: BearerSettings,
        secret: bytes,
        given: Shared,
        position: Callable[[], str],
        connector: Any = None,
    ) -> None:
        """Take what the bearer works with.

        Args:
            agency: its name in the configuration.
            settings: its block.
            secret: of the pair's enrolment.
            given: what all bearers share.
            position: tells where the agency's breaker stands.
            connector: of the agency; one that is `Prepared` brings it pages.
        """
        self.agency = agency
        self.counts = {"sent": 0, "accepted": 0, "refused": 0, "statuses": 0, "strange": 0, "again": 0}
        self._settings = settings
        self._keys = keys_of(secret)
        self._road = given.road
        self._store = given.store
        self._means = given.means
        self._pages = given.pages
        self._epoch = given.epoch
        self._position = position
        self._connector = connector
        self._up_at = self._means.steady()
        self._up_on = self._means.now()
        self._offered_at = float("-inf")
        self._sent: deque[float] = deque()
        self._unfit: set[int] = set()
        self._missed = False
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Step until `stop`; a fault of the store is logged and tried again."""
        while not self._stopping.is_set():
            try:
                await self.step()
            except asyncio.CancelledError:
                raise
            except Exception as fault:  # noqa: BLE001 - nobody else carries for this agency: logged, and tried again
                _log.error("bearer_failed", agency=self.agency, fault=type(fault).__name__)
            await rest(EVERY, self._stopping)

    def stop(self) -> None:
        """Take no further step."""
        self._stopping.set()

    @property
    def down(self) -> bool:
        """Whether there has been no link for so long that messages are worth their price."""
        return self._means.steady() - self._up_at >= self._settings.after and self._position() != "stopped"

    async def step(self) -> None:
        """Hear what has come; then send what is due, or, with a link, bring the agency what it needs without one."""
        await self._hear()
        if self._position() in {"closed", "stopped"}:
            self._up_at = self._means.steady()
            self._up_on = self._means.now()
            await self._prepare()
        elif self.down:
            await self._carry()
            await self._ask()

    # --- with a link -----------------------------------------------------------------------------------------------

    async def _prepare(self) -> None:
        now = self._means.steady()
        if not isinstance(self._connector, Prepared) or now - self._offered_at < PAGES_AGAIN:
            return
        self._offered_at = now
        known = await self._store.pages(self.agency)
        missing = [page for page in self._pages().values() if page.digest not in known]
        if not missing:
            return
        try:
            taken = await self._connector.pages(self._settings.own_number, [page.body for page in missing])
        except RoadFault as fault:
            _log.info("pages_not_taken", agency=self.agency, code=fault.code)
            return
        await self._store.add_pages(self.agency, taken)
        self._unfit.clear()
        _log.info("pages_taken", agency=self.agency, count=len(taken))

    # --- without one -----------------------------------------------------------------------------------------------

    async def _carry(self) -> None:
        now = self._means.now()
        due = await self._road.due(self.agency, _LOOK, now)
        there = await self._store.shipments(self.agency, [offer.seq for offer in due])
        shipments = await self._chosen(due, there, now)
        if not shipments:
            return
        offers = await self._road.lease(self.agency, list(shipments), self._means.owner, now + _LEASE, now)
        going = [shipments[offer.seq] for offer in offers]
        if going:
            settings = self._settings
            try:
                await self._store.ship(self.agency, settings.channel, settings.number, going, now)
            except BaseException:
                await self._settle(settling.returned(offers, left=False), 0, 0)
                raise
            size = sum(len(text) for one in going for text in one.missing)
            await self._settle([Settlement(one.seq, "carry", code="sent") for one in going], size, 0)
            messages = sum(len(one.missing) for one in going)
            self._sent.extend([self._means.steady()] * messages)
            self.counts["sent"] += messages
            _log.info("frames_sent", agency=self.agency, records=len(going), parts=messages)

    async def _chosen(self, due: Sequence[Offer], there: Mapping[int, Shipment], now: int) -> dict[int, Shipment]:
        """Choose what goes now: what waits for an answer too long, then what never went, as far as the hour allows."""
        room = self._room()
        chosen: dict[int, Shipment] = {}
        has = await self._store.pages(self.agency)
        free = WINDOW - sum(offer.seq in there for offer in due)
        for offer in sorted(due, key=lambda one: one.seq not in there):
            old = there.get(offer.seq)
            if offer.seq in self._unfit or (old is not None and old.due_at > now) or (old is None and free <= 0):
                continue
            made = old if old is not None and old.texts else self._packed(offer, has)
            if made is None or len(made.missing) > room:
                continue
            free -= old is None
            room -= len(made.missing)
            chosen[offer.seq] = self._next(made, now)
        return chosen

    def _next(self, one: Shipment, now: int) -> Shipment:
        """Say when a shipment goes again if no answer comes: twice as late each time, with some chance."""
        wait = min(LONGEST_REPEAT, self._settings.repeat * 2 ** min(one.sends, 10))
        due_at = now + round(wait * (1 + self._means.chance() / 4))
        return Shipment(one.seq, one.epoch, one.number, one.page, one.texts, one.arrived, one.sends, due_at)

    def _packed(self, offer: Offer, has: frozenset[str]) -> Shipment | None:
        page = next((one for one in self._pages().values() if one.revision.encode() in offer.event), None)
        try:
            packed = pack(offer.event, page if page is not None and _is_plain(page, has) else None)
            texts = tuple(map(to_text, frames_of(self._keys, packed)))
        except (Unfit, FrameFault) as fault:
            self._not_by_sms(offer, type(fault).__name__)
            return None
        if len(texts) > self._settings.most_parts:
            self._not_by_sms(offer, "too_long")
            return None
        return Shipment(offer.seq, packed.epoch, packed.sequence, packed.page.digest if packed.page else "", texts)

    def _not_by_sms(self, offer: Offer, reason: str) -> None:
        self._unfit.add(offer.seq)
        _log.info("not_by_sms", agency=self.agency, seq=offer.seq, reason=reason)

    def _room(self) -> int:
        """Return how many messages may still go within this hour."""
        now = self._means.steady()
        while self._sent and now - self._sent[0] >= _HOUR:
            self._sent.popleft()
        return self._settings.per_hour - len(self._sent)

    async def _ask(self) -> None:
        """Ask for statuses when some are missing, or when nothing was heard for long."""
        now = self._means.now()
        standing = await self._store.standing(self.agency)
        wait = ASK_AGAIN if self._missed else self._settings.ask_every
        if (
            now - max(standing.asked_at, self._up_on) < wait
            or self._room() < 1
            or not await self._store.pages(self.agency)
        ):
            return
        heard = max(standing.heard, (await self._road.bookmark(self.agency)).seq)
        number = await self._store.question(self.agency, now)
        header = Header(Kind.TALK, self._keys.pair, self._epoch(), number)
        text = to_text(seal(self._keys.up, header, Question(heard).to_bytes()))
        await self._store.say(self._settings.channel, self._settings.number, text)
        self._sent.append(self._means.steady())
        self._missed = False
        self.counts["sent"] += 1

    # --- what comes home ----------------------------------------------------------------------------------------

    async def _hear(self) -> None:
        for id_, text in await self._store.unread(self._settings.number):
            try:
                await self._take(text)
            except (ValueError, ArithmeticError, LookupError) as fault:
                self.counts["strange"] += 1
                _log.warning("answer_strange", agency=self.agency, fault=type(fault).__name__)
            await self._store.read(id_)

    async def _take(self, text: str) -> None:
        """Apply one answer; raises ValueError and its like for what is none of this agency's."""
        frame = from_text(text)
        header = Header.of(frame)
        if header.kind != Kind.TALK or header.pair != self._keys.pair:
            raise FrameFault("it is no answer of this agency")
        answer = Answer.of(unseal(self._keys.down, frame))
        if await self._store.was_heard(self.agency, header.epoch, header.number):
            self.counts["again"] += 1
            return
        now = self._means.now()
        kept = SignedAnswer(f"{header.epoch}-{header.number}", "", "", text.encode(), "sms")
        said, repack, unknown = await self._settle_answer(answer, kept, now)
        arrived = await self._arrived(answer)
        heard = await self._told(answer, now)
        effect = Effect(
            header.epoch,
            header.number,
            heard,
            done=(*(one.seq for one in said), *repack),
            said=tuple((one.seq, one.code) for one in said),
            arrived=tuple(arrived),
            due_at=now,
            unknown_pages=tuple(unknown),
        )
        await self._store.apply(self.agency, effect, now)

    async def _settle_answer(
        self, answer: Answer, kept: SignedAnswer, now: int
    ) -> tuple[list[Settlement], list[int], list[str]]:
        """Settle what the answer has a word for; also returns what must be packed anew, and pages nobody has."""
        said: list[Settlement] = []
        repack: list[int] = []
        unknown: list[str] = []
        for run in answer.runs:
            found = await self._store.named(self.agency, run.epoch, run.accepted())
            said += [Settlement(one.seq, "accept", code="accepted") for one in found.values()]
        for verdict in answer.verdicts:
            found = await self._store.named(self.agency, verdict.epoch, [verdict.sequence])
            for one in found.values():
                if verdict.status != "unreadable":
                    said.append(_settlement(one.seq, verdict, now))
                elif one.page:
                    repack.append(one.seq)
                    unknown.append(one.page)
                else:
                    # It was packed without a page: only another version over there will read it.
                    await self._store.put_off(self.agency, [one.seq], now + NEVER)
        if said:
            await self._settle(said, 0, len(kept.body), kept)
            self.counts["accepted"] += sum(one.event == "accept" for one in said)
            self.counts["refused"] += sum(one.event == "refuse" for one in said)
        return said, repack, unknown

    async def _arrived(self, answer: Answer) -> list[tuple[int, int]]:
        found = []
        for one in answer.partly:
            shipments = await self._store.named(self.agency, one.epoch, [one.sequence])
            found += [(shipment.seq, one.bits) for shipment in shipments.values()]
        return found

    async def _told(self, answer: Answer, now: int) -> int:
        """Apply statuses; returns up to which everything is heard, 0 when some before them are missing."""
        if not answer.news:
            return 0
        events = [await self._event(told) for told in answer.news]
        self.counts["statuses"] += await self._road.statuses(self.agency, events, None, now)
        standing = await self._store.standing(self.agency)
        heard = max(standing.heard, (await self._road.bookmark(self.agency)).seq)
        self._missed = answer.after > heard
        return 0 if self._missed else answer.news[-1].seq

    async def _event(self, told: Told) -> StatusEvent:
        """Make a status whole: of which submission of the request it speaks."""
        ids = await self._store.ids(told.reference)
        spoken_of = next((id_ for id_ in ids if mark_of(id_) == told.mark), "")
        params = told.params if isinstance(told.params, dict) else {}
        return StatusEvent(told.seq, spoken_of, told.reference, told.status, told.reason, told.fields, params)

    async def _settle(
        self, settlements: Sequence[Settlement], bytes_out: int, bytes_in: int, kept: SignedAnswer | None = None
    ) -> None:
        # Called `sms` whatever came of it: an answer by message does not show that the link is up.
        seqs = tuple(one.seq for one in settlements)
        trip = Trip(self.agency, "sms", seqs, "sms", bytes_out, bytes_in, answer=kept)
        await asyncio.shield(self._road.settle(self.agency, settlements, trip, self._means.now(), wake=False))


def _is_plain(page: Page, has: frozenset[str]) -> bool:
    """Say whether the agency has this page, and no other that frames would name alike: nor may nonces be alike."""
    return {digest for digest in has if short_name(digest) == page.id} == {page.digest}


def _settlement(seq: int, verdict: Verdict, now: int) -> Settlement:
    event = EVENT_OF[verdict.status]  # type: ignore[index] # the verdicts are among the words an agency has
    later = now + (settling.HELD if verdict.status == "too_new" else LATER)
    return Settlement(
        seq,
        event,
        next_at=later if event == "later" else 0,
        code=verdict.status,
        reason=verdict.reason,
        fields=verdict.fields,
        held=verdict.status == "too_new",
    )
