"""The statements of the officers' list: each takes the scope of whoever asks, and reads as many rows as it shows.

A list is put together from its strands: one walk down an index for each place, service and status that it may hold,
each cut at the size of a page. So a page costs the same whatever waits behind it.
"""

from typing import Final

DISTINCT: Final = (
    "WITH RECURSIVE found(value) AS (SELECT min({column}) FROM request UNION ALL"
    " SELECT (SELECT min({column}) FROM request WHERE {column} > found.value) FROM found WHERE found.value IS NOT NULL)"
    " SELECT value FROM found WHERE value IS NOT NULL"
)
"""Jumps from one value to the next down the index; a DISTINCT would walk all rows."""

PLACES: Final = DISTINCT.format(column="place")
SERVICES: Final = DISTINCT.format(column="service")

STRAND_OF_PLACE: Final = (
    "SELECT * FROM (SELECT r.seq AS cursor, r.seq FROM request r WHERE r.place = ?"
    " AND r.service = ? AND r.status = ? AND r.seq {way} ?"
    " AND {scope} ORDER BY r.seq {order} LIMIT ?)"
)
STRAND_OF_SERVICE: Final = (
    "SELECT * FROM (SELECT r.seq AS cursor, r.seq FROM request r"
    " WHERE r.service = ? AND r.status = ? AND r.seq {way} ?"
    " AND {scope} ORDER BY r.seq {order} LIMIT ?)"
)
STRAND_OF_VILLAGE: Final = (
    "SELECT * FROM (SELECT r.seq AS cursor, r.seq FROM card c CROSS JOIN request r"
    " WHERE r.seq = c.request AND c.village = ? AND c.request {way} ?"
    " AND r.service IN (SELECT value FROM json_each(?)) AND r.status IN (SELECT value FROM json_each(?))"
    " AND {scope} ORDER BY c.request {order} LIMIT ?)"
)
"""`CROSS JOIN` fixes the order: by the few of a village, not by all of a service."""

STRAND_OF_REVIEW: Final = (
    "SELECT * FROM (SELECT d.seq AS cursor, r.seq FROM delivery d JOIN submission f ON f.seq = d.seq"
    " JOIN request r ON r.seq = f.request"
    " WHERE d.state = 6 AND d.agency = ? AND d.seq {way} ?"
    " AND r.service IN (SELECT value FROM json_each(?))"
    " AND {scope} ORDER BY d.seq {order} LIMIT ?)"
)
"""What an agency refused; the numbers are those of the refused submissions, which are the requests' own or later."""

ENTRIES: Final = (
    "SELECT r.seq, r.reference, r.service, r.status, r.reason, r.fields, r.place, r.case_revision, r.latest, r.number,"
    " r.channel, r.language, r.sensitive, r.trial, s.at, r.at, l.event, w.text"
    " FROM request r JOIN submission s ON s.seq = r.seq JOIN submission l ON l.seq = r.latest"
    " LEFT JOIN word w ON w.id = r.flow"
    " WHERE r.seq IN (SELECT value FROM json_each(?)) AND {scope}"
)

ROADS_OF: Final = (
    "SELECT d.seq, w.text, d.state, d.code, d.reason, d.fields, d.attempts, d.due_at, d.at, d.agency_ref, d.held"
    " FROM delivery d JOIN word w ON w.id = d.agency WHERE d.seq IN (SELECT value FROM json_each(?))"
    " ORDER BY d.seq, w.text"
)

BY_REFERENCE: Final = (
    "SELECT r.seq FROM request r WHERE r.reference IN (SELECT value FROM json_each(?)) AND {scope} ORDER BY r.seq"
)
WITHIN: Final = "SELECT r.reference FROM request r WHERE r.reference IN (SELECT value FROM json_each(?)) AND {scope}"
BY_ENDING: Final = (
    "SELECT r.seq FROM card c JOIN request r ON r.seq = c.request WHERE c.ending = ? AND c.ending >= 0 AND {scope}"
    " ORDER BY c.request DESC LIMIT ?"
)

ALIKE: Final = (
    "SELECT r.seq FROM request r WHERE r.caller = (SELECT o.caller FROM request o WHERE o.seq = ?)"
    " AND r.seq <> ? AND r.service = ? AND {scope} ORDER BY r.seq DESC LIMIT ?"
)

COUNT: Final = "SELECT count(*) FROM ({strands} LIMIT ?)"

SUBMISSION_FROM: Final = "SELECT seq, at FROM submission WHERE seq >= ? ORDER BY seq LIMIT 1"
LAST_SUBMISSION: Final = "SELECT coalesce(max(seq), 0) FROM submission"

BODIES_OF: Final = (
    "SELECT s.case_revision, s.at, s.event FROM submission s WHERE s.seq = ? OR (s.request = ? AND s.case_revision > 1)"
    " ORDER BY s.case_revision"
)

# What happened since some moment, for "since you last looked": the lists' own heads tell the rest.
EVENTS_SINCE: Final = (
    "SELECT e.status, count(*) FROM (SELECT request, status FROM status_event WHERE at > ? AND applied = 1"
    " ORDER BY at DESC LIMIT 1000) e JOIN request r ON r.seq = e.request WHERE {scope} GROUP BY e.status ORDER BY 1"
)

PULSE: Final = (
    "SELECT (SELECT coalesce(max(seq), 0) FROM submission), (SELECT coalesce(max(id), 0) FROM act),"
    " (SELECT coalesce(max(id), 0) FROM note), (SELECT count(*) FROM note WHERE done = 0),"
    " (SELECT coalesce(max(n), 0) FROM push), (SELECT coalesce(sum(done + ended_at), 0) FROM push WHERE n ="
    " (SELECT max(n) FROM push))"
)
REFUSERS: Final = "SELECT agency FROM tally WHERE state = 6 AND n > 0"

UNDER_WAY: Final = "SELECT coalesce(sum(n), 0) FROM tally WHERE state = 1"

PULSE_TALLY: Final = "SELECT agency, state, n FROM tally WHERE n <> 0 ORDER BY agency, state"
PULSE_ROADS: Final = "SELECT agency, seq, life FROM road ORDER BY agency"

CARDLESS: Final = (
    "SELECT r.seq, r.number, l.event, w.text FROM request r JOIN submission l ON l.seq = r.latest"
    " LEFT JOIN word w ON w.id = r.flow WHERE r.seq > ? ORDER BY r.seq LIMIT ?"
)
LAST_CARD: Final = "SELECT coalesce(max(request), 0) FROM card"
ADD_CARD: Final = (
    "INSERT INTO card (request, ending, village) VALUES (?, ?, ?)"
    " ON CONFLICT (request) DO UPDATE SET ending = excluded.ending, village = excluded.village"
)

DROP_CARD: Final = "UPDATE card SET ending = -1, village = '' WHERE request = ?"
"""The row stays, so that nobody writes it anew."""

_PUSH: Final = "SELECT n, agency, actor, at, began_at, ended_at, seen_at, total, done, result FROM push"
OPEN_PUSH: Final = f"{_PUSH} WHERE ended_at = 0 ORDER BY n LIMIT 1"
LAST_PUSH: Final = f"{_PUSH} ORDER BY n DESC LIMIT 1"
ADD_PUSH: Final = (
    "INSERT INTO push (agency, actor, at, began_at, ended_at, seen_at, total, done, result)"
    " SELECT ?, ?, ?, 0, 0, 0, 0, 0, '' WHERE NOT EXISTS (SELECT 1 FROM push WHERE ended_at = 0) RETURNING n"
)
BEGIN_PUSH: Final = "UPDATE push SET began_at = ?, seen_at = ?, total = ?, done = 0 WHERE n = ?"
GO_PUSH: Final = "UPDATE push SET done = ?, seen_at = ? WHERE n = ?"
END_PUSH: Final = "UPDATE push SET ended_at = ?, seen_at = ?, done = ?, result = ? WHERE n = ? AND ended_at = 0"
