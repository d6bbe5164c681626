"""The status feed of one node: what comes after a cursor, and the cursor to ask with next.

A cursor is `<seq>-<life>`: the number of the last event read and the run of the agency that wrote it. A file restored
from a backup does not know the lives that came after it, so a cursor from the lost future is answered `0`: start again.
"""

import json
from datetime import UTC, datetime
from typing import Any, Final

from sync.agency.nodes import source_of

MOST: Final = 500
"""Events in one answer."""

START: Final = "0"


def read(connection: Any, node: str, after: str, most: int = MOST) -> dict[str, Any]:
    """Return the body of one answer; a cursor that is not of this file starts again."""
    seq = _position(connection, node, after)
    if seq is None:
        return {"events": [], "next": START}
    rows = connection.execute(
        "SELECT s.seq, s.life, s.id, s.reference, s.status, s.reason, s.fields, s.params, r.source, s.at FROM status s"
        " JOIN request r ON r.number = s.request WHERE s.node = ? AND s.seq > ? ORDER BY s.seq LIMIT ?",
        (node, seq, most),
    ).fetchall()
    events = [
        {
            "seq": row[0],
            "id": row[2],
            "reference": row[3],
            "status": row[4],
            "reason": row[5],
            "fields": json.loads(row[6]),
            "params": json.loads(row[7]),
            "at": datetime.fromtimestamp(row[9], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        | _whose(row[8], node)
        for row in rows
    ]
    return {"events": events, "next": f"{rows[-1][0]}-{rows[-1][1]}" if rows else after or START}


def _whose(source: str, node: str) -> dict[str, str]:
    """To a hub, say whose submission it is: one that has lost its disk cannot know."""
    return {} if source == source_of(node) else {"source": source}


def _position(connection: Any, node: str, after: str) -> int | None:
    number, _, life = after.partition("-")
    if not after or number == START:
        return 0
    if not number.isdecimal():
        return None
    found = connection.execute(
        "SELECT 1 FROM status WHERE seq = ? AND node = ? AND (life = ? OR ? = '')", (int(number), node, life, life)
    ).fetchone()
    return int(number) if found else None
