"""What an officer of the agency may decide, and the status event that each decision writes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sync.agency.sealed import Opener, answered

REASONS: Final = ("missing_field", "bad_value", "duplicate_case", "not_eligible", "documents_needed", "other")
"""The documented reason codes; the citizen reads each in her own language."""

DECISIONS: Final[dict[str, frozenset[str]]] = {
    "in_review": frozenset({"new"}),
    "approved": frozenset({"new", "in_review", "needs_correction"}),
    "rejected": frozenset({"new", "in_review", "needs_correction"}),
    "needs_correction": frozenset({"new", "in_review"}),
    "ready": frozenset({"approved"}),
    "closed": frozenset({"approved", "ready", "rejected"}),
    "transferred": frozenset({"new", "in_review"}),
}
"""Each decision with the states that it may follow."""

STATES: Final = (
    "new",
    "in_review",
    "needs_correction",
    "approved",
    "rejected",
    "ready",
    "closed",
    "transferred",
    "superseded",
)

LONGEST_NOTE: Final = 500
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: rejecting needs a reason, asking for a correction needs the fields; `note` stays at the agency.

    `clerk` is who decided.
    """

    status: str
    reason: str = ""
    fields: tuple[str, ...] = ()
    note: str = ""
    clerk: str = ""


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
    known = fields_of(answered(connection, json.loads(event), opener))
    if problem := wrong(decision, status, known):
        return problem
    fields, note = json.dumps(decision.fields), decision.note[:LONGEST_NOTE]
    connection.execute(
        "INSERT INTO status (life, node, request, id, reference, status, reason, fields, params, note, at,"
        " clerk) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '{}', ?, ?, ?)",
        (life, node, number, event_id, reference, decision.status, decision.reason, fields, note, now, decision.clerk),
    )
    connection.execute(
        "UPDATE request SET status = ?, reason = ?, fields = ?, changed_at = ? WHERE number = ?",
        (decision.status, decision.reason, fields, now, number),
    )
    return ""


def annotate(connection: Any, number: int, text: str, clerk: str, now: int) -> bool:
    """Add a note that only the agency reads; False: there is no text, or no such request."""
    text = text.strip()[:LONGEST_NOTE]
    if not text or connection.execute("SELECT 1 FROM request WHERE number = ?", (number,)).fetchone() is None:
        return False
    row = (number, clerk, text, now)
    connection.execute("INSERT INTO note (request, clerk, text, at) VALUES (?, ?, ?, ?)", row)
    return True


def fields_of(data: dict[str, Any] | None) -> list[str]:
    """Return the names of the answers; none when the body is sealed to somebody else."""
    answers = data.get("answers") if data is not None else None
    return list(answers) if isinstance(answers, dict) else []
