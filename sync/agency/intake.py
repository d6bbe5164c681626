"""What the agency does with each record of a batch: check it, know it again, and store it with its effect."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sync.agency import hearing, holding
from sync.agency.nodes import Node
from sync.agency.sealed import Opener

TYPE: Final = "sala.submission.v1"
_REFERENCE_DIGITS: Final = 9


class Unreadable(ValueError):  # noqa: N818 - named like the other faults
    """The body is no list of events."""


class Stranger(ValueError):  # noqa: N818 - named like the other faults
    """A record claims another node than the one that signed the request."""


@dataclass(frozen=True, slots=True)
class Record:
    """One event of a batch: its bytes as they came, and what they say."""

    raw: bytes
    event: dict[str, Any]

    @property
    def identity(self) -> tuple[str, str]:
        """Source and id: what the same record has, however often and by whatever road it comes."""
        return str(self.event["source"]), str(self.event["id"])

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content in canonical form: a relay that writes JSON anew has not changed it."""
        text = json.dumps(self.event, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def read(body: bytes) -> list[Record]:
    """Cut a batch into records; raises `Unreadable` when one has no identity, for it could not be answered."""
    try:
        raws = msgspec.json.decode(body, type=list[msgspec.Raw])
        records = [Record(bytes(raw), msgspec.json.decode(raw, type=dict[str, Any])) for raw in raws]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable("the body is not a JSON array of events") from None
    for record in records:
        if not all(isinstance(record.event.get(key), str) and record.event[key] for key in ("source", "id")):
            raise Unreadable("an event has no source or no id")
    return records


def take(connection: Any, node: Node, records: list[Record], now: int, opener: Opener) -> list[dict[str, Any]]:
    """Take every record of a batch in one transaction; raises `Stranger` for another node's source."""
    for record in records:
        if not node.hub and record.identity[0] != node.source:
            raise Stranger(f"{node.name} delivers for {record.identity[0]}")
    return [_take(connection, node, record, now, opener) for record in records]


def _take(connection: Any, node: Node, record: Record, now: int, opener: Opener) -> dict[str, Any]:
    source, event_id = record.identity
    asked = "SELECT digest, outcome FROM inbox WHERE source = ? AND id = ?"
    known = connection.execute(asked, (source, event_id)).fetchone()
    if known is not None:
        if known[0] != record.digest:
            return {"id": event_id, "status": "conflict", "reason": "other"}
        _follow(connection, node, source, event_id, now)
        _noted(connection, node, source, event_id)
        first: dict[str, Any] = json.loads(known[1])
        return first | {"status": "duplicate" if first["status"] == "accepted" else first["status"]}
    data = opener.data(record.event)
    if _cloned(connection, record, data):
        hearing.found_cloned(connection, source.removeprefix("urn:sala:node:"), now)
        return {"id": event_id, "status": "conflict", "reason": hearing.CLONED}
    outcome = _wrong(record.event, data)
    if outcome is None:
        outcome = {"status": "accepted", "agency_ref": _store(connection, node, record, data or {}, now)}
    outcome = {"id": event_id} | outcome
    if outcome["status"] != "too_new":
        # What may become good later (a type from the future) is not remembered: only a last word is.
        connection.execute(
            "INSERT INTO inbox VALUES (?, ?, ?, ?, ?)", (source, event_id, record.digest, json.dumps(outcome), now)
        )
    return outcome


def _cloned(connection: Any, record: Record, data: dict[str, Any] | None) -> bool:
    """Whether only a second machine of the same name can have made this one; notes its number in its run."""
    source, event_id = record.identity
    case_id = _case(data).get("id")
    if isinstance(case_id, str):
        # A body that could not be opened was stored under its own id.
        asked = "SELECT 1 FROM request WHERE source = ? AND reference = ? AND case_id NOT IN (?, id) LIMIT 1"
        if connection.execute(asked, (source, str(record.event.get("subject")), case_id)).fetchone():
            return True
    run = [record.event.get(name) for name in ("epoch", "sequence")]
    if not all(isinstance(one, str) and one for one in run):
        return False
    connection.execute("INSERT OR IGNORE INTO numbered VALUES (?, ?, ?, ?)", (source, *run, event_id))
    asked = "SELECT id FROM numbered WHERE source = ? AND epoch = ? AND sequence = ?"
    return bool(connection.execute(asked, (source, *run)).fetchone()[0] != event_id)


def _case(data: dict[str, Any] | None) -> dict[str, Any]:
    found = (data or {}).get("case")
    return found if isinstance(found, dict) else {}


def _noted(connection: Any, node: Node, source: str, event_id: str) -> None:
    """Count for a hub what came by another road before."""
    asked = "SELECT number FROM request WHERE source = ? AND id = ?"
    found = connection.execute(asked, (source, event_id)).fetchone() if node.hub else None
    if found is not None:
        holding.note(connection, node, source, found[0], new=False)


def _follow(connection: Any, node: Node, source: str, event_id: str, now: int) -> None:
    """Let the statuses of a request go by the road that it was offered by last: through a hub, or directly."""
    found = connection.execute(
        "SELECT number FROM request WHERE source = ? AND id = ? AND node <> ?", (source, event_id, node.name)
    ).fetchone()
    if found is None:
        return
    connection.execute("UPDATE request SET node = ? WHERE number = ?", (node.name, found[0]))
    # What was decided before is told on the new road too: telling it twice changes nothing at the other end.
    connection.execute(
        "INSERT INTO status (life, node, request, id, reference, status, reason, fields, params, note, at,"
        " clerk) SELECT life, ?, request, id, reference, status, reason, fields, params, note, ?, clerk FROM status"
        " WHERE seq IN (SELECT max(seq) FROM status WHERE request = ?)",
        (node.name, now, found[0]),
    )


def _wrong(event: dict[str, Any], data: dict[str, Any] | None) -> dict[str, Any] | None:
    """Say what is wrong with an event, as the result that tells so; None when it can be stored."""
    kind = event.get("type")
    if isinstance(kind, str) and kind.startswith("sala.submission.v") and kind != TYPE:
        return {"status": "too_new", "reason": "other"}
    if kind != TYPE or event.get("specversion") != "1.0":
        return {"status": "invalid", "reason": "bad_value", "fields": ["type"]}
    subject = event.get("subject")
    if not (
        isinstance(subject, str) and len(subject) == _REFERENCE_DIGITS and subject.isascii() and subject.isdecimal()
    ):
        return {"status": "invalid", "reason": "bad_value", "fields": ["subject"]}
    if data is None and event.get("data") is None and isinstance(event.get("data_base64"), str):
        # Sealed to somebody else: taken all the same, for the one who can open it may work here.
        return None
    if data is None:
        return {"status": "invalid", "reason": "missing_field", "fields": ["data"]}
    if not isinstance(data.get("service"), str) or not isinstance(data.get("answers"), dict):
        return {"status": "invalid", "reason": "missing_field", "fields": ["service", "answers"]}
    return None


def _store(connection: Any, node: Node, record: Record, data: dict[str, Any], now: int) -> str:
    """Write the effect: one request for the officers. Returns the agency's own number for it."""
    source, event_id = record.identity
    case = _case(data)
    case_id, revision = str(case.get("id") or event_id), _revision(case.get("revision"))
    place = _place(data) or _place_before(connection, case_id)
    number = connection.execute(
        "INSERT INTO request (id, source, node, reference, service, language, case_id, case_revision, status, reason,"
        " fields, at, changed_at, event, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'new', '', '[]', ?, ?, ?, ?)",
        (
            event_id,
            source,
            node.name,
            record.event["subject"],
            str(data.get("service") or "sealed"),
            str(data.get("language") or ""),
            case_id,
            revision,
            now,
            now,
            record.raw,
            place,
        ),
    ).lastrowid
    holding.note(connection, node, source, number, new=True)
    _supersede(connection, case_id, now)
    return agency_ref(number)


def agency_ref(number: int) -> str:
    """Return the agency's own number as it is printed."""
    return f"R{number:06d}"


def _supersede(connection: Any, case_id: str, now: int) -> None:
    """Leave only the newest revision of a case open, in whatever order they came."""
    connection.execute(
        "UPDATE request SET status = 'superseded', changed_at = ? WHERE case_id = ? AND status <> 'superseded'"
        " AND case_revision < (SELECT MAX(case_revision) FROM request WHERE case_id = ?)",
        (now, case_id, case_id),
    )


def _place(data: dict[str, Any]) -> str:
    place = data.get("place")
    return str(place.get("pcode") or "") if isinstance(place, dict) else ""


def _place_before(connection: Any, case_id: str) -> str:
    asked = "SELECT place FROM request WHERE case_id = ? ORDER BY case_revision DESC LIMIT 1"
    row = connection.execute(asked, (case_id,)).fetchone()
    return str(row[0]) if row else ""


def _revision(value: Any) -> int:
    return value if isinstance(value, int) and 1 <= value < 2**31 else 1
