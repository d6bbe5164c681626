"""What an officer of the agency may decide, and the status event that each decision writes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sync.agency.sealed import Opener

REASONS: Final = ("missing_field", "bad_value", "duplicate_case", "not_eligible", "documents_needed", "other")
"""The documented reason codes; the citizen reads each in her own language."""

DECISIONS: Final[dict[str, frozenset[str]]] = {
    "in_review": frozenset({"new"}),
    "approved": frozenset({"new", "in_review", "needs_correction"}),
    "rejected": frozenset({"new", "in_review", "needs_correction"}),
    "needs_correction": frozenset({"new", "in_review"}),
    "ready": frozenset({"approved"}),
    "closed": frozenset({"approved", "ready", "rejected"}),
}
"""Each decision with the states that it may follow."""

STATES: Final = ("new", "in_review", "needs_correction", "approved", "rejected", "ready", "closed", "superseded")


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: rejecting needs a reason, asking for a correction needs the fields; `note` stays at the agency."""

    status: str
    reason: str = ""
    fields: tuple[str, ...] = ()
    note: str = ""


def allowed(status: str) -> tuple[str, ...]:
    """Return the decisions that may follow `status`, in the order of the page."""
    return tuple(name for name, before in DECISIONS.items() if status in before)


def wrong(decision: Decision, status: str, known: Sequence[str]) -> str:
    """Return the key of the sentence that says why this decision cannot be made now ("" when it can)."""
    if decision.status not in allowed(status):
        return "not_now"
    if decision.status in {"rejected", "needs_correction"} and decision.reason not in REASONS:
        return "needs_reason"
    if decision.status == "needs_correction" and not (decision.fields and set(decision.fields) <= set(known)):
        return "needs_fields"
    return ""


def decide(connection: Any, number: int, decision: Decision, life: str, now: int, opener: Opener) -> str:
    """Write a decision with its status event; returns "" or the key of the sentence that says why not."""
    row = connection.execute(
        "SELECT id, node, reference, status, event FROM request WHERE number = ?", (number,)
    ).fetchone()
    if row is None:
        return "not_now"
    event_id, node, reference, status, event = row
    if problem := wrong(decision, status, fields_of(opener.data(json.loads(event)))):
        return problem
    fields = json.dumps(decision.fields)
    connection.execute(
        "INSERT INTO status (life, node, request, id, reference, status, reason, fields, params, note, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '{}', ?, ?)",
        (life, node, number, event_id, reference, decision.status, decision.reason, fields, decision.note, now),
    )
    connection.execute(
        "UPDATE request SET status = ?, reason = ?, fields = ?, changed_at = ? WHERE number = ?",
        (decision.status, decision.reason, fields, now, number),
    )
    return ""


def fields_of(data: dict[str, Any] | None) -> list[str]:
    """Return the names of the answers; none when the body is sealed to somebody else."""
    answers = data.get("answers") if data is not None else None
    return list(answers) if isinstance(answers, dict) else []
