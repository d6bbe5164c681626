"""The statements of the question how a decided request went: noted, asked, answered, counted and forgotten."""

from typing import Final

NOTE: Final = (
    "INSERT INTO rating (request, decided, due, at, until, message, stars, why)"
    " SELECT r.seq, ?, ?, 0, 0, 0, 0, 0 FROM request r WHERE r.seq IN (SELECT value FROM json_each(?))"
    " AND r.number IS NOT NULL AND r.caller IS NOT NULL AND r.sensitive = 0 AND r.trial = 0"
    " ON CONFLICT (request) DO NOTHING"
)
"""Requests that were decided just now, but for those of which nobody may be asked."""

NEXT: Final = "SELECT request FROM rating WHERE at = 0 AND due <= ? ORDER BY due LIMIT 1"

DUE: Final = (
    "SELECT q.request, q.decided, r.reference, r.caller, r.number, r.channel, r.language, r.status, w.text,"
    " k.request IS NOT NULL, coalesce(a.at, 0), coalesce(a.request, 0)"
    " FROM rating q JOIN request r ON r.seq = q.request JOIN word w ON w.id = r.flow"
    " LEFT JOIN case_key k ON k.request = q.request LEFT JOIN rated a ON a.caller = r.caller"
    " WHERE q.at = 0 AND q.due <= ? ORDER BY q.due, q.request LIMIT ?"
)
"""Those whose time has come, with what decides whether they are asked: the last two say what the number was asked."""

LATER: Final = "UPDATE rating SET due = ? WHERE request = ?"

DROP: Final = "DELETE FROM rating WHERE request = ?"

DROP_SOME: Final = (
    "DELETE FROM rating WHERE request IN"
    " (SELECT request FROM rating WHERE at = 0 AND due <= ? ORDER BY due, request LIMIT 500)"
)
"""The question was switched off: what waits to be asked is let go."""

ASK: Final = "UPDATE rating SET at = ?, until = ?, message = ? WHERE request = ?"

REMEMBER: Final = (
    "INSERT INTO rated (caller, request, at) VALUES (?, ?, ?)"
    " ON CONFLICT (caller) DO UPDATE SET request = excluded.request, at = excluded.at"
)

OPEN: Final = (
    "SELECT r.reference, q.at, q.stars, r.language FROM rated a JOIN rating q ON q.request = a.request"
    " JOIN request r ON r.seq = q.request WHERE a.caller = ? AND q.at > 0 AND q.until > ?"
)
"""What a number was asked last, while answers are still taken."""

MARK: Final = (
    "UPDATE rating SET stars = ? WHERE request = (SELECT seq FROM request WHERE reference = ?)"
    " AND stars = 0 AND at > 0 AND until > ? RETURNING request"
)

WHY: Final = (
    "UPDATE rating SET why = ? WHERE request = (SELECT seq FROM request WHERE reference = ?)"
    " AND why = 0 AND stars > 0 AND until > ?"
)

OVER: Final = (
    "SELECT q.request, q.until, s.event, r.service, w.text, r.language, r.place,"
    " EXISTS (SELECT 1 FROM act a WHERE a.request = r.seq AND a.what = 'assist'),"
    " (SELECT g.text FROM delivery d JOIN word g ON g.id = d.agency WHERE d.seq = r.seq ORDER BY d.agency LIMIT 1),"
    " coalesce(m.state, ''), r.status = 'withdrawn'"
    " FROM rating q JOIN request r ON r.seq = q.request LEFT JOIN submission s ON s.seq = r.seq"
    " LEFT JOIN word w ON w.id = r.flow LEFT JOIN message m ON m.id = q.message"
    " WHERE q.at > 0 AND q.until <= ? ORDER BY q.until, q.request LIMIT ?"
)
"""Questions whose time is over, to be counted."""

END: Final = (
    "DELETE FROM rating WHERE request IN (SELECT value FROM json_each(?)) AND at > 0 RETURNING request, stars, why"
)

OLD: Final = "DELETE FROM rated WHERE at < ?"
