"""Everything that is on the disk about one request, in the order in which it happened, for `sala prove`; no answers."""

import hashlib
from dataclasses import dataclass
from typing import Final

from store.database import Database
from store.numbers import pack_reference, unpack_id
from store.road import STATES

_REQUEST: Final = (
    "SELECT r.seq, r.service, w.text, r.channel, r.language, r.place, r.case_id, r.status, r.reason, r.at"
    " FROM request r JOIN word w ON w.id = r.flow WHERE r.reference = ?"
)
_SUBMISSIONS: Final = (
    "SELECT seq, id, case_revision, at, event FROM submission WHERE request = ? OR seq = ? ORDER BY seq"
)
_DELIVERIES: Final = (
    "SELECT d.seq, w.text, d.state, d.attempts, d.agency_ref, d.code, d.at FROM delivery d"
    " JOIN word w ON w.id = d.agency JOIN submission s ON s.seq = d.seq WHERE s.request = ? ORDER BY d.seq, d.agency"
)
_ATTEMPTS: Final = (
    "SELECT a.seq, w.text, a.at, a.road, a.outcome, a.milliseconds, a.http_status FROM attempt a"
    " JOIN word w ON w.id = a.agency JOIN submission s ON s.seq = a.seq WHERE s.request = ? ORDER BY a.id"
)
_STATUSES: Final = (
    "SELECT w.text, e.seq, e.status, e.reason, e.at, e.applied FROM status_event e JOIN word w ON w.id = e.agency"
    " WHERE e.request = ? ORDER BY e.at, e.seq"
)
_MESSAGES: Final = (
    "SELECT kind, language, parts, state, attempts, at, settled_at, reason FROM message WHERE reference = ? ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that happened: when (epoch seconds), of what kind, and its facts in a few words."""

    at: int
    kind: str
    facts: str


async def trail(database: Database, reference: str) -> list[Mark]:
    """The marks of one request, oldest first; empty when nobody was told this reference."""
    packed = pack_reference(reference)
    rows = await database.rows(_REQUEST, (packed,))
    if not rows:
        return []
    seq, service, revision, channel, language, place, case_id, status, reason, at = rows[0]
    told = f"service {service} · {channel} · {language} · place {place or '-'} · case {unpack_id(case_id)} · {revision}"
    marks = [Mark(at, "request", f"{told} · now {status}{f' ({reason})' if reason else ''}")]
    marks += [_submission(row) for row in await database.rows(_SUBMISSIONS, (seq, seq))]
    marks += [_attempt(row) for row in await database.rows(_ATTEMPTS, (seq,))]
    marks += [_delivery(row) for row in await database.rows(_DELIVERIES, (seq,))]
    marks += [_status(row) for row in await database.rows(_STATUSES, (seq,))]
    marks += [_message(row) for row in await database.rows(_MESSAGES, (packed,))]
    return sorted(marks, key=lambda mark: mark.at)


def _submission(row: tuple[object, ...]) -> Mark:
    seq, id_, case_revision, at, event = row
    kept = f"sha256:{hashlib.sha256(event).hexdigest()}" if isinstance(event, bytes) else "body no longer kept"
    name = unpack_id(id_) if isinstance(id_, bytes) else "-"
    return Mark(_number(at), "submission", f"sequence {seq} · id {name} · case revision {case_revision} · {kept}")


def _attempt(row: tuple[object, ...]) -> Mark:
    seq, agency, at, road, outcome, milliseconds, http_status = row
    facts = f"sequence {seq} · {agency} by {road} · {outcome or 'under way'} · {milliseconds} ms · HTTP {http_status}"
    return Mark(_number(at), "attempt", facts)


def _delivery(row: tuple[object, ...]) -> Mark:
    seq, agency, state, attempts, agency_ref, code, at = row
    word = STATES[_number(state)]
    facts = f"sequence {seq} · {agency}: {word} after {attempts} attempts"
    if agency_ref:
        facts += f" · the agency's own number {agency_ref}, in an answer that it signed"
    return Mark(_number(at), "delivery", f"{facts} · {code}" if code else facts)


def _status(row: tuple[object, ...]) -> Mark:
    agency, seq, status, reason, at, applied = row
    facts = f"{agency} event {seq}: {status}{f' ({reason})' if reason else ''}{'' if applied else ' · came too late'}"
    return Mark(_number(at), "status", facts)


def _message(row: tuple[object, ...]) -> Mark:
    kind, language, parts, state, attempts, at, settled_at, reason = row
    facts = f"{kind} · {language} · {parts} parts · {state} after {attempts} attempts{f' · {reason}' if reason else ''}"
    return Mark(max(_number(at), _number(settled_at)), "message", facts)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
