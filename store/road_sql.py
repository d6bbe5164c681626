"""The statements of the road to the agencies, of the statuses coming home, and of the officer's review.

Numbers for states are those of `flows.delivery.State`, in its order: 1 leased, 4 accepted, 6 officer_review.
"""

# ruff: noqa: S608 - the only parts put together here are this file's own lists of columns

from typing import Final

_OFFER: Final = (
    "SELECT s.seq, s.id, r.reference, r.case_id, s.case_revision, s.event, d.attempts, d.state, s.at"
    " FROM delivery d JOIN submission s ON s.seq = d.seq JOIN request r ON r.seq = s.request"
)

DUE: Final = (
    "SELECT s.seq, s.id, r.reference, r.case_id, s.case_revision, s.event, d.attempts, d.state, s.at, w.due_at"
    " FROM waiting w JOIN delivery d ON d.seq = w.seq AND d.agency = w.agency"
    " JOIN submission s ON s.seq = w.seq JOIN request r ON r.seq = s.request"
    " WHERE w.agency = ? AND w.due_at <= ? AND (w.due_at, w.seq) > (?, ?) AND d.state <> 1"
    " AND (d.previous = 0 OR NOT EXISTS"
    " (SELECT 1 FROM delivery p WHERE p.seq = d.previous AND p.agency = d.agency AND p.state IN (0, 1, 2, 3, 9)))"
    " ORDER BY w.due_at, w.seq LIMIT ?"
)
"""What may be tried now, after one place: a case's revision waits until the one before it is settled."""

OFFERS: Final = f"{_OFFER} WHERE d.agency = ? AND d.seq IN (SELECT value FROM json_each(?))"

DELIVERIES: Final = (
    "SELECT seq, state, due_at, rank, attempts, held, owner FROM delivery"
    " WHERE agency = ? AND seq IN (SELECT value FROM json_each(?))"
)

LAPSED: Final = "SELECT agency, seq, due_at, rank FROM delivery WHERE state = 1 AND due_at <= ? LIMIT 5000"

MOVED: Final = (
    "SELECT seq, due_at, rank, state FROM delivery WHERE agency = ? AND due_at > rank AND state IN (0, 2, 3, 9)"
    " AND held <= ?"
)
"""What was tried and waits elsewhere than in its old place: few, however many wait."""

UNWAIT: Final = "DELETE FROM waiting WHERE agency = ? AND due_at = ? AND seq = ?"

WAIT: Final = "INSERT INTO waiting (agency, due_at, seq) VALUES (?, ?, ?)"

WAIT_FOR: Final = "INSERT INTO waiting (agency, due_at, seq) SELECT ?, ?, value FROM json_each(?)"
"""All of a list at one time."""

LEASE: Final = (
    "UPDATE delivery SET state = 1, due_at = ?, owner = ?, attempts = attempts + 1"
    " WHERE agency = ? AND seq IN (SELECT value FROM json_each(?))"
)
"""All of a list in one statement, as what follows: cheaper than one for each, and the interpreter is asked for once."""

SETTLE: Final = (
    "UPDATE delivery SET state = ?, due_at = ?, owner = '', attempts = ?, held = ?, code = ?, agency_ref = ?,"
    " reason = ?, fields = ?, answer = ?, at = ? WHERE seq = ? AND agency = ?"
)

NEXT_ANSWER: Final = "SELECT coalesce(max(id), 0) + 1 FROM answer"

ADD_ANSWER: Final = "INSERT INTO answer (id, message, stamp, signature, body, road) VALUES (?, ?, ?, ?, ?, ?)"

MOVE: Final = "UPDATE delivery SET state = ?, due_at = ?, owner = '', held = 0 WHERE seq = ? AND agency = ?"

ADD_ATTEMPT: Final = (
    "INSERT INTO attempt (agency, seq, at, road, outcome, bytes_out, bytes_in, milliseconds, http_status)"
    " SELECT ?, value, ?, 'http', '', 0, 0, 0, 0 FROM json_each(?)"
)
"""Written before the first byte leaves; an empty outcome is one that nobody knows."""

END_ATTEMPT: Final = (
    "UPDATE attempt SET road = ?, outcome = ?, bytes_out = ?, bytes_in = ?, milliseconds = ?, http_status = ?"
    " WHERE agency = ? AND outcome = '' AND seq IN (SELECT value FROM json_each(?))"
)

ACCEPTED: Final = (
    "UPDATE request SET status = 'accepted'"
    " WHERE seq IN (SELECT request FROM submission WHERE seq IN (SELECT value FROM json_each(?)))"
    " AND latest IN (SELECT value FROM json_each(?)) AND status = 'received'"
)
"""Shown under "my requests", and sent to nobody."""

_NEWEST: Final = "(SELECT coalesce(max(at), 0) FROM submission WHERE seq IN (SELECT value FROM json_each(?)))"

OPEN_ROAD: Final = (
    "INSERT INTO road (agency, cursor, seq, life, bytes_out, bytes_in, accepted_at, last_at, last_outcome)"
    " VALUES (?, '', 0, 0, 0, 0, 0, 0, '') ON CONFLICT (agency) DO NOTHING"
)

TRAVELLED: Final = (
    "UPDATE road SET bytes_out = bytes_out + ?, bytes_in = bytes_in + ?, last_at = ?, last_outcome = ?,"
    f" accepted_at = max(accepted_at, {_NEWEST}) WHERE agency = ?"
)

ACKNOWLEDGED: Final = f"UPDATE road SET accepted_at = max(accepted_at, {_NEWEST}) WHERE agency = ?"
"""A stick or an SMS says nothing of the link, and is not paid for by its bytes."""

ROADS: Final = (
    "SELECT agency, cursor, seq, life, bytes_out, bytes_in, accepted_at, last_at, last_outcome, held, known FROM road"
)

RAISE: Final = "UPDATE road SET held = max(held, ?), known = max(0, known + ?) WHERE agency = ?"
"""What the agency must have by now, so that one which says less is known to have gone back."""

TALLIES: Final = "SELECT agency, state, n FROM tally"

HELD: Final = "SELECT agency, count(*) FROM delivery WHERE held = 1 AND state <> 9 GROUP BY agency"
"""What waits for its agency to know the revision; what a hub has in custody is held too, but waits for nobody."""

OF_REFERENCES: Final = (
    "SELECT s.seq, s.id, s.event IS NOT NULL FROM request r"
    " JOIN submission s ON s.seq = r.seq OR (s.request = r.seq AND s.case_revision > 1)"
    " JOIN delivery d ON d.seq = s.seq AND d.agency = ?"
    " WHERE r.reference IN (SELECT value FROM json_each(?))"
)
"""The submissions of these requests that are on their way to one agency, and whether their bodies are still kept."""

OLDEST: Final = (
    "SELECT min(s.at) FROM submission s WHERE s.seq IN (SELECT seq FROM (SELECT seq FROM waiting WHERE agency = ?"
    " AND due_at <= (SELECT f.at FROM waiting w JOIN submission f ON f.seq = w.seq WHERE w.agency = ?"
    " ORDER BY w.due_at, w.seq LIMIT 1) ORDER BY due_at, seq LIMIT 1000)"
    " UNION ALL SELECT seq FROM delivery WHERE agency = ? AND due_at > rank AND state IN (0, 2, 3, 9)"
    " UNION ALL SELECT seq FROM delivery WHERE agency = ? AND state = 1)"
)
"""The oldest undelivered: nothing that waits in its own place goes before its time by more than its head start, so what
is due after the first one's own time is younger; besides, the few that were tried or are under way. Of a crowd within
one head start the first thousand are looked at, for this is asked every few seconds."""

# --- statuses coming home --------------------------------------------------------------------------------------------

SEEN_EVENTS: Final = (
    "SELECT seq, life, id, status FROM status_event WHERE agency = ? AND seq IN (SELECT value FROM json_each(?))"
)

ADD_EVENT: Final = (
    "INSERT INTO status_event (agency, life, seq, id, request, status, reason, fields, params, at, applied)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

CASES: Final = (
    "SELECT r.reference, r.seq, s.id, r.status, r.reason, r.fields, r.status_agency, r.status_seq, r.number, r.caller,"
    " r.channel, r.language, r.place, r.once FROM request r JOIN submission s ON s.seq = r.latest"
    " WHERE r.reference IN (SELECT value FROM json_each(?))"
    " AND EXISTS (SELECT 1 FROM delivery d WHERE d.seq = r.latest AND d.agency = ?)"
)
"""Requests by reference, of one agency: what was never on its way to it is not its to decide."""

SET_STATUS: Final = (
    "UPDATE request SET status = ?, reason = ?, fields = ?, status_agency = ?, status_seq = ?, at = ? WHERE seq = ?"
)

FREE_ONCE: Final = "DELETE FROM once WHERE key = (SELECT once FROM request WHERE seq = ?)"
"""What was rejected or withdrawn may be sent again."""

SET_CURSOR: Final = "UPDATE road SET cursor = ?, seq = max(seq, ?) WHERE agency = ?"

FORGET_CURSOR: Final = "UPDATE road SET cursor = '', seq = 0, life = life + 1, held = 0, known = 0 WHERE agency = ?"

FORGET_SEQS: Final = "UPDATE request SET status_seq = 0 WHERE status_agency = ?"
"""Goes through all requests; an agency is restored from a backup once in years."""

TAKEN: Final = (
    "SELECT d.seq, d.rank FROM delivery d JOIN submission s ON s.seq = d.seq"
    " WHERE d.agency = ? AND d.state = 4 AND s.event IS NOT NULL"
)

# --- the officer's review --------------------------------------------------------------------------------------------

TASKS: Final = (
    "SELECT d.seq, w.text, r.reference, r.service, r.case_id, s.case_revision, d.code, d.reason, d.fields, d.at,"
    " s.event FROM delivery d JOIN word w ON w.id = d.agency JOIN submission s ON s.seq = d.seq"
    " JOIN request r ON r.seq = s.request WHERE d.state = 6 AND d.agency = ? AND d.seq > ? ORDER BY d.seq LIMIT ?"
)

TASK: Final = (
    "SELECT r.seq, r.number, r.caller, r.channel, r.sensitive, r.keep_days, r.place, s.event, r.latest, r.case_revision"
    " FROM delivery d JOIN submission s ON s.seq = d.seq JOIN request r ON r.seq = s.request"
    " WHERE d.seq = ? AND d.agency = ? AND d.state = 6 AND {scope}"
)

WAITING_REVIEW: Final = (
    "SELECT d.seq, w.text FROM request r"
    " JOIN submission s ON s.seq = r.seq OR (s.request = r.seq AND s.case_revision > 1)"
    " JOIN delivery d ON d.seq = s.seq AND d.state = 6 JOIN word w ON w.id = d.agency"
    " WHERE r.reference = ? AND {scope} ORDER BY d.seq, w.text"
)
"""What of one request waits for an officer."""

ADD_ACT: Final = "INSERT INTO act (request, seq, agency, at, what, actor, note) VALUES (?, ?, ?, ?, ?, ?, ?)"

ACTS_OF: Final = (
    "SELECT w.text, a.seq, a.at, a.what, a.actor, a.note FROM act a JOIN word w ON w.id = a.agency"
    " WHERE a.request = ? ORDER BY a.id"
)

AGENCIES_OF: Final = "SELECT w.text FROM delivery d JOIN word w ON w.id = d.agency WHERE d.seq = ?"

SET_REQUEST_STATUS: Final = "UPDATE request SET status = ?, at = ? WHERE seq = ?"

MEMOS: Final = "SELECT id, kind, text, number, at FROM note WHERE done = 0 AND id > ? ORDER BY id LIMIT ?"

MEMO_DONE: Final = "UPDATE note SET done = 1, number = NULL WHERE id = ?"

OPEN_MEMOS: Final = "SELECT count(*) FROM note WHERE done = 0"

# --- the trail of one request, for `sala prove` ----------------------------------------------------------------------

SUBMISSIONS_OF: Final = (
    "SELECT s.seq, s.id, s.case_revision, s.at, s.event, s.digest, coalesce(w.text, '') FROM submission s"
    " LEFT JOIN word w ON w.id = s.under WHERE s.seq = ?"
    " UNION ALL SELECT s.seq, s.id, s.case_revision, s.at, s.event, s.digest, coalesce(w.text, '') FROM submission s"
    " LEFT JOIN word w ON w.id = s.under WHERE s.request = ? AND s.case_revision > 1"
    " ORDER BY 1"
)

DELIVERIES_OF: Final = (
    "SELECT w.text, d.seq, d.state, d.attempts, d.code, d.agency_ref, d.reason, d.at,"
    " a.message, a.stamp, a.signature, a.body, a.road FROM delivery d"
    " JOIN word w ON w.id = d.agency LEFT JOIN answer a ON a.id = d.answer"
    " WHERE d.seq IN (SELECT value FROM json_each(?)) ORDER BY d.seq, w.text"
)

ATTEMPTS_OF: Final = (
    "SELECT w.text, a.seq, a.at, a.road, a.outcome, a.bytes_out, a.bytes_in, a.milliseconds, a.http_status"
    " FROM attempt a JOIN word w ON w.id = a.agency WHERE a.seq IN (SELECT value FROM json_each(?)) ORDER BY a.id"
)

EVENTS_OF: Final = (
    "SELECT w.text, e.seq, e.status, e.reason, e.at, e.applied FROM status_event e JOIN word w ON w.id = e.agency"
    " WHERE e.request = ? ORDER BY e.at, e.life, e.seq"
)

MESSAGES_OF: Final = (
    "SELECT kind, state, at, attempts, reason, channel, settled_at FROM message WHERE reference = ? ORDER BY id"
)

REFERENCE_OF: Final = "SELECT reference FROM request WHERE seq = ?"

REQUEST_SEQ: Final = "SELECT seq FROM request WHERE reference = ?"
