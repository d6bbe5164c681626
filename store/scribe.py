"""Writing what a batch of turns brought about: one statement per table, in one transaction."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from flows.turn import CaseKey, Known, Note, Rate, Submit, Text
from store import message_sql, road_sql, sql
from store.asks import Ask, Cause, Writes
from store.callers import Callers
from store.clock import Clock
from store.database import Database
from store.events import event_bytes, event_time
from store.hashing import Hashing
from store.marks_given import answer
from store.mind import Mind
from store.numbers import coarse_id, pack_id, pack_reference, unpack_number
from store.post import Letter, Post
from store.rows import Session
from store.settings import StoreSettings
from store.values import Call
from store.words import Words

HOUR: Final = 3600
DAY: Final = 86_400
HEAD_START: Final = {"vital_interest": DAY, "correction": 6 * HOUR}
"""Seconds by which a submission goes before those queued with it; an older one still goes first in the end."""

SMALL: Final = 2048
"""Bytes up to which a submission is small: on a slow link many of them go in the time of one long one."""

SMALL_HEAD_START: Final = 600
"""Seconds by which a small submission goes before long ones of its kind."""

FOR_EVER: Final = 2**40
ONCE_ANONYMOUS: Final = DAY
"""How long an anonymous submission is known as already sent."""


class Scribe:
    """Turns `Writes` into rows."""

    def __init__(
        self, settings: StoreSettings, mind: Mind, hashing: Hashing, clock: Clock, words: Words, post: Post
    ) -> None:
        self._settings = settings
        self.seal_to: Mapping[str, tuple[str, ...]] = settings.seal_to
        self._mind = mind
        self._hashing = hashing
        self._clock = clock
        self._words = words
        self._post = post
        self.callers = Callers()
        self.epoch = ""
        self.under = ""
        self.rows: Counter[str] = Counter()
        self.answered = 0

    async def write(self, database: Database, writes: Writes) -> None:
        """Write everything; the caller commits. May be called several times in one transaction, with new `Writes`."""
        if writes.causes:
            # First, because they begin with reads: then all writes can go in one hop.
            await self._effects(database, writes.causes)
        await self._sessions(database, writes)
        await self._people(database, writes)
        if writes.came and self._post.routes.matter:
            day = self._clock.steady() // DAY
            came = [(caller, channel, day) for caller, channel in writes.came.items()]
            await self._many(database, "came", message_sql.ADD_CAME, came)
        if writes.inbox:
            now = self._clock.steady()
            await self._many(database, "inbox", sql.ADD_INBOX, [(key, now) for key in writes.inbox])
        if writes.guessed:
            await _forgive(database, writes.guessed)

    async def _many(self, database: Database, table: str, statement: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            await database.many(statement, rows)
            self.rows[table] += len(rows)

    async def _sessions(self, database: Database, writes: Writes) -> None:
        encode = self._mind.encode
        pressed = [
            (s.heard, s.reply, s.state, encode(s.talk) if s.talk is not None else None, s.at, s.keep_until, s.id)
            for s in writes.sessions.values()
        ]
        await self._many(database, "session", sql.ADD_SESSION, [self._session(s) for s in writes.new_sessions.values()])
        await self._many(database, "session", sql.PRESS, pressed)
        if writes.dropped:
            await database.many(sql.SET_DROPPED, [(s.dropped, s.id) for s in writes.dropped.values()])
        if writes.owned:
            await database.many(sql.OWN, [(s.number, s.channel, s.id) for s in writes.owned.values()])
        if writes.forgotten:
            await database.many(sql.FORGET, [(s.id,) for s in writes.forgotten.values()])

    def _session(self, s: Session) -> tuple[Any, ...]:
        talk = self._mind.encode(s.talk) if s.talk is not None else None
        return (s.id, s.key, s.number, s.channel, s.heard, s.reply, s.state, talk, s.at, s.keep_until, s.dropped)

    async def _people(self, database: Database, writes: Writes) -> None:
        encode = self._mind.encode
        changed = [(p.key, encode(p.data), p.day) for p in writes.people.values()]
        await self._many(database, "person", sql.SET_PERSON, changed)

    async def _effects(self, database: Database, causes: list[Cause]) -> None:
        submits: list[tuple[Cause, Submit]] = []
        letters: list[Letter] = []
        notes: list[tuple[Any, ...]] = []
        keys: list[tuple[Cause, CaseKey]] = []
        rates: list[Rate] = []
        now = self._clock.steady()
        for cause in causes:
            match cause.effect:
                case Submit() as submit:
                    submits.append((cause, submit))
                case Text() as text:
                    letters.append(_letter(cause, text, now))
                case Note() as note:
                    notes.append((note.kind, note.text, cause.number or None, now))
                case CaseKey() as key:
                    keys.append((cause, key))
                case Rate() as rate:
                    rates.append(rate)
        if submits or letters:
            await database.begin()
            submission, message = (await database.rows(sql.LAST_NUMBERS))[0]
            await self._submissions(database, submits, submission)
            await self._post.enqueue(database, letters, message)
        self.rows["message"] += len(letters)
        await self._many(database, "note", sql.ADD_NOTE, notes)
        if keys:
            await _set_keys(database, keys)
        self.answered += await answer(database, rates, now)

    async def _submissions(self, database: Database, submits: list[tuple[Cause, Submit]], last: int) -> None:
        if not submits:
            return
        names = {name for _, submit in submits for name in (submit.revision, *submit.agencies)}
        await self._words.learn(database, names | {self.under} if self.under else names)
        cases = await _cases(database, [submit for _, submit in submits if submit.case_revision > 1])
        steady, wall = self._clock.steady(), self._clock.now()
        sheet = _Sheet()
        under = self._words.number(self.under) if self.under else 0
        for sequence, (cause, given) in enumerate(submits, last + 1):
            helper = _helper(cause)
            submit = _coarse(given, wall) if given.anonymous else given
            if helper:
                submit = replace(submit, channel="counter")
            event = self._event(submit, cause, sequence, wall)
            # The steady time orders and ages; cut like the event's own for one who must not be found by the hour.
            at = event_time(submit, steady)
            case = cases.get(pack_id(submit.case_id))
            self._case(sheet, cause, submit, sequence, at, case)
            request, previous = case or (sequence, 0)
            sheet.submissions.append(
                (sequence, request, submit.case_revision, pack_id(submit.submission_id), at, event, under)
            )
            self._roads(sheet, submit, sequence, at, previous, small=len(event) <= SMALL)
            if submit.trial:
                sheet.trials.append((request,))
            if helper:
                agency = self._words.number(submit.agencies[0]) if submit.agencies else 0
                sheet.helped.append((request, sequence, agency, steady, "assist", helper, ""))
        await self._write_sheet(database, sheet)

    def _event(self, submit: Submit, cause: Cause, sequence: int, wall: int) -> bytes:
        keys = [key for agency in submit.agencies for key in self.seal_to.get(agency, ())]
        return event_bytes(
            submit,
            node=self._settings.node,
            epoch=self.epoch,
            sequence=sequence,
            msisdn=unpack_number(cause.number),
            now=wall,
            seal_to=keys,
        )

    def _case(
        self, sheet: "_Sheet", cause: Cause, submit: Submit, sequence: int, at: int, case: tuple[int, int] | None
    ) -> None:
        flow = self._words.number(submit.revision)
        if case is not None:
            request, previous = case
            sheet.revised.append((submit.case_revision, sequence, flow, at, request))
            sheet.amended.append(previous)
            return
        anonymous = submit.anonymous
        once = None
        if submit.once:
            values = (submit.service, *submit.once)
            # What another number has sent is this number's own rule from now on: she is told nothing of the other.
            once = self._hashing.once(values, cause.number if anonymous or _sent_by_another(cause) else None)
            until = at + HOUR + ONCE_ANONYMOUS if anonymous else FOR_EVER
            sheet.once.append((once, int(submit.reference), None if anonymous else cause.caller, until))
        if not anonymous:
            self.callers.add(cause.caller, sequence)
        sheet.requests.append(
            (
                sequence,
                pack_id(submit.case_id),
                pack_reference(submit.reference),
                None if anonymous else cause.caller,
                None if anonymous else cause.number,
                cause.channel,
                submit.service,
                flow,
                submit.language,
                submit.place or self._settings.district,
                submit.case_revision,
                sequence,
                at,
                int(submit.sensitive),
                # An anonymous case must not lead to the hash that was made with the number.
                None if anonymous else once,
                submit.keep_days,
            )
        )

    def _roads(self, sheet: "_Sheet", submit: Submit, sequence: int, at: int, previous: int, *, small: bool) -> None:
        urgency = "correction" if previous else submit.consent.get("basis", "")
        rank = at - HEAD_START.get(urgency, 0) - small * SMALL_HEAD_START
        for agency in map(self._words.number, submit.agencies):
            sheet.deliveries.append((sequence, agency, rank, rank, previous, at))
            sheet.waiting.append((agency, rank, sequence))
            sheet.tally[agency, 0] += 1

    async def _write_sheet(self, database: Database, sheet: "_Sheet") -> None:
        for previous in sheet.amended:
            for (agency,) in await database.rows(sql.AMEND, (self._clock.steady(), previous)):
                sheet.tally[agency, 6] -= 1
                sheet.tally[agency, 7] += 1
        if sheet.once:
            now = self._clock.steady()
            await database.many(sql.OLD_ONCE, [(row[0], now) for row in sheet.once])
        await self._many(database, "submission", sql.ADD_SUBMISSION, sheet.submissions)
        await self._many(database, "request", sql.ADD_REQUEST, sheet.requests)
        await self._many(database, "request", sql.REVISE_REQUEST, sheet.revised)
        if sheet.trials:
            await database.many(sql.MARK_TRIAL, sheet.trials)
        if sheet.helped:
            await database.many(road_sql.ADD_ACT, sheet.helped)
        await self._many(database, "once", sql.ADD_ONCE, sheet.once)
        await self._many(database, "delivery", sql.ADD_DELIVERY, sheet.deliveries)
        await self._many(database, "waiting", sql.ADD_WAITING, sheet.waiting)
        await self._many(database, "tally", sql.TALLY, [(*pair, n) for pair, n in sheet.tally.items()])


class _Sheet:
    """The rows of a batch's submissions."""

    def __init__(self) -> None:
        self.submissions: list[tuple[Any, ...]] = []
        self.requests: list[tuple[Any, ...]] = []
        self.revised: list[tuple[Any, ...]] = []
        self.once: list[tuple[Any, ...]] = []
        self.deliveries: list[tuple[Any, ...]] = []
        self.waiting: list[tuple[Any, ...]] = []
        self.amended: list[int] = []
        self.trials: list[tuple[int]] = []
        self.helped: list[tuple[Any, ...]] = []
        self.tally: Counter[tuple[int, int]] = Counter()


def _helper(cause: Cause) -> str:
    """Who pressed the keys for the citizen; "" when she did it herself."""
    event = cause.ask.event
    return event.helper if isinstance(event, Call) else ""


def _coarse(submit: Submit, wall: int) -> Submit:
    """The submission under ids that tell the hour only, as its time does."""
    at = event_time(submit, wall)
    case_id = submit.case_id if submit.case_revision > 1 else coarse_id(at)
    return replace(submit, submission_id=coarse_id(at), case_id=case_id)


def _letter(cause: Cause, text: Text, now: int) -> Letter:
    return Letter(
        channel=cause.channel,
        number=cause.number,
        kind=text.kind,
        language=text.language,
        text=text.text,
        useless_at=now + text.useless_after,
        reference=pack_reference(text.reference),
        link_id=cause.link_id,
    )


async def _cases(database: Database, later: Iterable[Submit]) -> dict[bytes, tuple[int, int]]:
    """Return case id -> (number of the request, number of its newest submission)."""
    wanted = [pack_id(submit.case_id).hex() for submit in later]
    if not wanted:
        return {}
    found = await database.rows(sql.CASES, (json.dumps(wanted),))
    return {case_id: (request, latest) for case_id, request, _, latest, _ in found}


async def _forgive(database: Database, asks: list[Ask]) -> None:
    await database.many(sql.RIGHT_GUESS, [(ask.caller,) for ask in asks])
    await database.many(sql.RIGHT_CASE_GUESS, [(ask.guessed,) for ask in asks])


async def _set_keys(database: Database, keys: list[tuple[Cause, CaseKey]]) -> None:
    ids = json.dumps([pack_id(key.case_id).hex() for _, key in keys])
    requests = {row[0]: row[1] for row in await database.rows(sql.CASES, (ids,))}
    for cause, key in keys:
        request = requests.get(pack_id(key.case_id))
        if request is None:
            continue
        if key.digits:
            await database.rows(sql.SET_CASE_KEY, (request, *cause.ask.hashes[key]))
        else:
            await database.rows(sql.DROP_CASE_KEY, (request,))


def _sent_by_another(cause: Cause) -> bool:
    return any(isinstance(answer, Known) for need, answer in cause.ask.known.items() if need.kind == "once")
