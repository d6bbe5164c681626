"""What the agency's page reads: the list, and one request with its history."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sync.agency.intake import agency_ref
from sync.agency.labels import Voice
from sync.agency.sealed import Opener, answered

_COLUMNS: Final = (
    "number, reference, service, status, reason, case_id, case_revision, at, changed_at, node, place, event"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as a clerk reads it; `name` is the field's key."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the page shows it; `doubtful`: the node's clock could not be believed when it was taken."""

    number: int
    reference: str
    service: str
    title: str
    status: str
    reason: str
    case_id: str
    revision: int
    at: str
    changed: str
    node: str
    place: str
    phone: str
    answers: tuple[Answer, ...]
    sealed: bool
    doubtful: bool
    flags: tuple[str, ...] = ()

    @property
    def agency_ref(self) -> str:
        """The agency's own number."""
        return agency_ref(self.number)


@dataclass(frozen=True, slots=True)
class Past:
    """One thing that happened: `received`, a decision's status, or `note`; `revision` of the case it happened to."""

    at: str
    what: str
    revision: int
    clerk: str = ""
    reason: str = ""
    fields: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests to list, newest first unless `oldest`; `at` is a number to go on from, `back` towards the start.

    `since` and `until` are days of the machine's own calendar, both included.
    """

    state: str = ""
    service: str = ""
    node: str = ""
    place: str = ""
    reference: str = ""
    number: int = 0
    since: date | None = None
    until: date | None = None
    oldest: bool = False
    at: int = 0
    back: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by, and how many requests are in each state."""

    counts: dict[str, int]
    services: tuple[str, ...]
    nodes: tuple[str, ...]
    places: tuple[str, ...]


def choices(connection: Any) -> Choices:
    """Read them; each from an index of its own."""
    counts = dict(connection.execute("SELECT status, COUNT(*) FROM request GROUP BY status").fetchall())
    lists = (
        tuple(row[0] for row in connection.execute(f"SELECT DISTINCT {column} FROM request ORDER BY 1") if row[0])  # noqa: S608 - one of these
        for column in ("service", "node", "place")
    )
    return Choices(counts, *lists)


def page(connection: Any, wanted: Filter, limit: int, voice: Voice, opener: Opener) -> list[Request]:
    """Return one page of the list."""
    up = wanted.oldest != wanted.back
    clauses, values = ["1 = 1"], []
    for clause, value in (*_clauses(wanted), (f"number {'>' if up else '<'} ?", wanted.at)):
        if value:
            clauses.append(clause)
            values.append(value)
    order = "ASC" if up else "DESC"
    asked = f"SELECT {_COLUMNS} FROM request WHERE {' AND '.join(clauses)} ORDER BY number {order} LIMIT ?"  # noqa: S608 - constants
    found = [_request(connection, row, voice, opener) for row in connection.execute(asked, (*values, limit)).fetchall()]
    return found[::-1] if wanted.back else found


def _clauses(wanted: Filter) -> Iterator[tuple[str, str | int]]:
    yield "status = ?", wanted.state
    yield "service = ?", wanted.service
    yield "node = ?", wanted.node
    yield "place = ?", wanted.place
    yield "reference = ?", wanted.reference
    yield "number = ?", wanted.number
    yield "at >= ?", _midnight(wanted.since)
    yield "at < ?", _midnight(wanted.until and wanted.until + timedelta(days=1))


def _midnight(day: date | None) -> int:
    return int(time.mktime((day.year, day.month, day.day, 0, 0, 0, 0, 0, -1))) if day else 0


def one(connection: Any, number: int, voice: Voice, opener: Opener) -> tuple[Request, list[Past]] | None:
    """Return one request and the history of its case, oldest first."""
    asked = f"SELECT {_COLUMNS} FROM request WHERE number = ?"  # noqa: S608 - constants
    row = connection.execute(asked, (number,)).fetchone()
    if row is None:
        return None
    found = _request(connection, row, voice, opener)
    return found, list(_history(connection, found, voice))


def _history(connection: Any, found: Request, voice: Voice) -> Iterator[Past]:
    rows = connection.execute(
        "SELECT at, 0, 'received', case_revision, '', '', '[]', '' FROM request WHERE case_id = ?1"
        # What came by a second road too has its last status there as well: one decision is shown once.
        " UNION ALL SELECT min(s.at), s.seq, s.status, r.case_revision, s.clerk, s.reason, s.fields, s.note"
        " FROM status s JOIN request r ON r.number = s.request WHERE r.case_id = ?1"
        " GROUP BY s.request, s.status, s.note, s.fields"
        " UNION ALL SELECT n.at, n.id, 'note', r.case_revision, n.clerk, '', '[]', n.text FROM note n"
        " JOIN request r ON r.number = n.request WHERE r.case_id = ?1 ORDER BY 1, 2",
        (found.case_id,),
    ).fetchall()
    for at, _, what, revision, clerk, reason, fields, note in rows:
        named = tuple(voice.labels.label(found.service, name, voice.language) for name in json.loads(fields))
        yield Past(moment(at), what, revision, clerk, reason, named, note)


def moment(at: int) -> str:
    """Write an epoch time as the machine's own date and time, to the minute."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _request(connection: Any, row: tuple[Any, ...], voice: Voice, opener: Opener) -> Request:
    number, reference, service, status, reason, case_id, revision, at, changed_at, node, place, event = row
    envelope = json.loads(event)
    data = answered(connection, envelope, opener)
    inside = data or {}
    applicant = inside.get("applicant")
    flags = inside.get("flags")
    return Request(
        number=number,
        reference=f"{reference[:3]} {reference[3:6]} {reference[6:]}",
        service=service,
        title=voice.title(service),
        status=status,
        reason=reason,
        case_id=case_id,
        revision=revision,
        at=moment(at),
        changed=moment(changed_at),
        node=node,
        place=place,
        phone=str(applicant.get("msisdn", "")) if isinstance(applicant, dict) else "",
        answers=tuple(_answer(service, str(name), value, voice) for name, value in inside.get("answers", {}).items()),
        sealed=data is None,
        doubtful=envelope.get("clock") == "doubtful",
        flags=tuple(str(flag) for flag in flags) if isinstance(flags, list) else (),
    )


def _answer(service: str, name: str, value: Any, voice: Voice) -> Answer:
    labels, language = voice.labels, voice.language
    said = labels.value(service, name, value, language, voice.words)
    return Answer(name, labels.label(service, name, language), said)
