"""What the agency's page reads: the list, one request with its history, and rows for a spreadsheet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sync.agency.intake import agency_ref
from sync.agency.sealed import Opener

_COLUMNS: Final = "number, reference, service, status, reason, case_revision, at, node, event"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the page shows it."""

    number: int
    reference: str
    service: str
    status: str
    reason: str
    revision: int
    at: str
    node: str
    phone: str
    answers: tuple[tuple[str, str], ...]
    sealed: bool

    @property
    def agency_ref(self) -> str:
        """The agency's own number."""
        return agency_ref(self.number)


@dataclass(frozen=True, slots=True)
class Past:
    """One decision that was made."""

    at: str
    status: str
    reason: str
    fields: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests to list, newest first: `before` and `after` are numbers to go on from (0: from the newest)."""

    state: str = ""
    reference: str = ""
    before: int = 0
    after: int = 0


def counts(connection: Any) -> dict[str, int]:
    """Return how many requests are in each state."""
    return dict(connection.execute("SELECT status, COUNT(*) FROM request GROUP BY status").fetchall())


def page(connection: Any, wanted: Filter, limit: int, words: Mapping[str, str], opener: Opener) -> list[Request]:
    """Return one page of the list."""
    clauses, values = ["1 = 1"], []
    for clause, value in (
        ("status = ?", wanted.state),
        ("reference = ?", wanted.reference),
        ("number < ?", wanted.before),
        ("number > ?", wanted.after),
    ):
        if value:
            clauses.append(clause)
            values.append(value)
    order = "ASC" if wanted.after else "DESC"
    # The clauses are the constants above; only values come from outside.
    asked = f"SELECT {_COLUMNS} FROM request WHERE {' AND '.join(clauses)} ORDER BY number {order} LIMIT ?"  # noqa: S608
    found = [_request(row, words, opener) for row in connection.execute(asked, (*values, limit))]
    return found[::-1] if wanted.after else found


def one(connection: Any, number: int, words: Mapping[str, str], opener: Opener) -> tuple[Request, list[Past]] | None:
    """Return one request and its decisions, oldest first."""
    asked = f"SELECT {_COLUMNS} FROM request WHERE number = ?"  # noqa: S608 - constants
    row = connection.execute(asked, (number,)).fetchone()
    if row is None:
        return None
    past = connection.execute(
        "SELECT at, status, reason, fields, note FROM status WHERE request = ? ORDER BY seq", (number,)
    ).fetchall()
    return _request(row, words, opener), [
        Past(moment(at), status, reason, tuple(json.loads(fields)), note) for at, status, reason, fields, note in past
    ]


def moment(at: int) -> str:
    """Write an epoch time as the machine's own date and time, to the minute."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def cell(text: str) -> str:
    """Keep a spreadsheet from reading what a citizen wrote as a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def _request(row: tuple[Any, ...], words: Mapping[str, str], opener: Opener) -> Request:
    number, reference, service, status, reason, revision, at, node, event = row
    data = opener.data(json.loads(event))
    inside = data or {}
    applicant = inside.get("applicant")
    return Request(
        number=number,
        reference=f"{reference[:3]} {reference[3:6]} {reference[6:]}",
        service=service,
        status=status,
        reason=reason,
        revision=revision,
        at=moment(at),
        node=node,
        phone=str(applicant.get("msisdn", "")) if isinstance(applicant, dict) else "",
        answers=tuple((str(key), _shown(value, words)) for key, value in inside.get("answers", {}).items()),
        sealed=data is None,
    )


def _shown(value: Any, words: Mapping[str, str]) -> str:
    match value:
        case bool():
            return words["yes"] if value else words["no"]
        case None:
            return ""
        case list():
            return ", ".join(_shown(item, words) for item in value)
        case dict():
            return ", ".join(f"{key}: {_shown(item, words)}" for key, item in value.items())
        case _:
            return str(value)
