"""Every statement that the store sends, named and described in one place.

Written in what SQLite and PostgreSQL both speak, but for `json_each` and `unhex`, which take a list as one argument
(PostgreSQL: `= ANY($1)`). Lists of hashes travel as JSON arrays of hex.
"""

# ruff: noqa: S608 - the only parts put together here are this file's own lists of columns

from typing import Final

# --- sessions and people: the path of a key press -------------------------------------------------------------------

_SESSION: Final = "id, key, number, channel, heard, reply, state, talk, at, keep_until, dropped"

PEOPLE: Final = "SELECT key, data, day FROM person WHERE key IN (SELECT unhex(value) FROM json_each(?))"
"""People by number key."""

SESSIONS_AT: Final = f"SELECT {_SESSION} FROM session WHERE id IN (SELECT value FROM json_each(?))"
"""Sessions by number."""

PLACES: Final = "SELECT id, key, number FROM session WHERE id > ? ORDER BY id LIMIT 20000"
"""A stretch of sessions, for the memory of where they lie."""

LAST_IDS: Final = (
    "SELECT (SELECT coalesce(max(id), 0) FROM session),"
    " max((SELECT coalesce(max(at), 0) FROM session WHERE id > (SELECT coalesce(max(id), 0) - 1000 FROM session)),"
    " coalesce((SELECT at FROM submission ORDER BY seq DESC LIMIT 1), 0),"
    " coalesce((SELECT at FROM attempt ORDER BY id DESC LIMIT 1), 0))"
)
"""The highest number given to a session so far, and the newest time on the disk."""

ADD_SESSION: Final = f"INSERT INTO session ({_SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

PRESS: Final = "UPDATE session SET heard = ?, reply = ?, state = ?, talk = ?, at = ?, keep_until = ? WHERE id = ?"
"""The one row of a plain key press: no indexed column is named, so no index page is touched."""

SET_DROPPED: Final = "UPDATE session SET dropped = ? WHERE id = ?"

FORGET: Final = "UPDATE session SET number = NULL, channel = '', dropped = '' WHERE id = ?"
"""After an anonymous submission: only the reply stays, for late copies of the call."""

OWN: Final = "UPDATE session SET number = ?, channel = ? WHERE id = ?"
"""The session is the number itself, and it has dialled again."""

SET_PERSON: Final = (
    "INSERT INTO person (key, data, day) VALUES (?, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET data = excluded.data, day = excluded.day"
)

SILENT: Final = f"SELECT {_SESSION} FROM session WHERE dropped <> '' AND at < ? LIMIT 500"
"""Unfinished sessions that have been silent for long enough to be told so."""

FORGOTTEN: Final = "DELETE FROM session WHERE number IS NULL AND keep_until < ? RETURNING id, key, number"
"""Forgotten sessions whose late copies can no longer come."""

SOME_SESSIONS: Final = "SELECT id, state, at, keep_until FROM session WHERE id > ? ORDER BY id LIMIT 4000"
"""A stretch of sessions, for the sweep that goes round."""

DROP_SESSIONS: Final = (
    "DELETE FROM session WHERE id IN (SELECT value FROM json_each(?)) AND at < ? AND keep_until < ?"
    " RETURNING id, key, number"
)

# --- what a turn brings about ----------------------------------------------------------------------------------------

LAST_NUMBERS: Final = (
    "SELECT (SELECT coalesce(max(seq), 0) FROM submission), (SELECT coalesce(max(id), 0) FROM message)"
)
"""The highest numbers given to submissions and messages; read inside the writing transaction."""

AMEND: Final = "UPDATE delivery SET state = 7, at = ? WHERE seq = ? AND state = 6 RETURNING agency"
"""The case goes on as its next revision: the officer's task of this one is done."""

ADD_SUBMISSION: Final = (
    "INSERT INTO submission (seq, request, case_revision, id, at, event, under) VALUES (?, ?, ?, ?, ?, ?, ?)"
)

MARK_TRIAL: Final = "UPDATE request SET trial = 1 WHERE seq = ?"

ADD_REQUEST: Final = (
    "INSERT INTO request (seq, case_id, reference, caller, number, channel, service, flow, language, place,"
    " case_revision, latest, status, reason, fields, status_agency, status_seq, at, sensitive, once, keep_days)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', '', '[]', 0, 0, ?, ?, ?, ?)"
)

CASES: Final = (
    "SELECT case_id, seq, case_revision, latest, caller FROM request"
    " WHERE case_id IN (SELECT unhex(value) FROM json_each(?))"
)
"""Cases by their id, for later revisions and case keys."""

REVISE_REQUEST: Final = (
    "UPDATE request SET case_revision = ?, latest = ?, flow = ?, status = 'received', reason = '', fields = '[]',"
    " at = ? WHERE seq = ?"
)

ADD_DELIVERY: Final = (
    "INSERT INTO delivery (seq, agency, state, due_at, rank, previous, attempts, held, owner, code, agency_ref, reason,"
    " fields, at) VALUES (?, ?, 0, ?, ?, ?, 0, 0, '', '', '', '', '[]', ?)"
)

ADD_WAITING: Final = "INSERT INTO waiting (agency, due_at, seq) VALUES (?, ?, ?)"

TALLY: Final = (
    "INSERT INTO tally (agency, state, n) VALUES (?, ?, ?) ON CONFLICT (agency, state) DO UPDATE SET n = n + excluded.n"
)
"""Move a count; the number is a difference."""

ADD_ONCE: Final = "INSERT INTO once (key, reference, caller, until) VALUES (?, ?, ?, ?)"

OLD_ONCE: Final = "DELETE FROM once WHERE key = ? AND until <= ?"

ADD_MESSAGE: Final = (
    "INSERT INTO message (id, channel, number, kind, language, text, parts, reference, link_id, state, attempts, at,"
    " useless_at, gateway_id, settled_at, price, cost, reason)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, NULL, 0, 0, '', '')"
)

REPLACE_STATUS: Final = (
    "UPDATE message SET state = 'replaced', number = NULL"
    " WHERE reference = ? AND kind = 'status' AND state = 'queued' RETURNING id"
)
"""A status that was not sent yet is overtaken by a newer one of the same request."""

UNQUEUE: Final = "DELETE FROM message_queue WHERE id IN (SELECT value FROM json_each(?))"

ADD_QUEUED: Final = (
    "INSERT INTO message_queue (id, channel, number, due_at, state, spare) VALUES (?, ?, ?, ?, 'queued', ?)"
)

ADD_NOTE: Final = "INSERT INTO note (kind, text, number, at, done) VALUES (?, ?, ?, ?, 0)"

ADD_NOTE_ONCE: Final = (
    "INSERT INTO note (kind, text, number, at, done) SELECT ?, ?, NULL, ?, 0"
    " WHERE NOT EXISTS (SELECT 1 FROM note WHERE kind = ? AND text = ? AND done = 0)"
)
"""A line that says what an open one says already is not written again."""

ADD_INBOX: Final = "INSERT INTO inbox (key, at) VALUES (?, ?)"

INBOX: Final = "SELECT key FROM inbox WHERE key IN (SELECT unhex(value) FROM json_each(?))"

REFERENCES: Final = "SELECT reference FROM request WHERE reference IN (SELECT value FROM json_each(?))"
"""Which of these references are taken."""

ADD_WORD: Final = "INSERT INTO word (text) VALUES (?) ON CONFLICT (text) DO NOTHING"

WORDS: Final = "SELECT text, id FROM word"

# --- questions of the dialogue ---------------------------------------------------------------------------------------

ONCE: Final = (
    "SELECT key, reference, caller FROM once WHERE key IN (SELECT unhex(value) FROM json_each(?)) AND until > ?"
)

_REQUEST: Final = (
    "SELECT r.reference, r.service, w.text, r.case_id, r.case_revision, r.status, r.reason, r.fields, r.at,"
    " r.sensitive, k.request IS NOT NULL, s.event FROM request r JOIN word w ON w.id = r.flow"
    " LEFT JOIN case_key k ON k.request = r.seq LEFT JOIN submission s ON s.seq = r.latest"
)

REQUESTS_OF: Final = (
    f"{_REQUEST} WHERE r.seq IN (SELECT value FROM json_each(?)) AND r.caller = ? ORDER BY r.seq DESC LIMIT 20"
)
"""Of these requests, the newest of one number."""

REQUESTS_BEFORE: Final = "SELECT seq FROM request_of WHERE caller = ? ORDER BY seq DESC LIMIT ?"
"""Those that were written to the index in bulk; the caller by the first eight bytes of its key."""

CALLERS: Final = "SELECT seq, caller FROM request WHERE seq > ? AND caller IS NOT NULL ORDER BY seq LIMIT 2000"
"""A stretch of requests, for what finds them by their number."""

ADD_REQUEST_OF: Final = "INSERT INTO request_of (caller, seq) VALUES (?, ?) ON CONFLICT (caller, seq) DO NOTHING"

REQUEST_OF: Final = f"{_REQUEST} WHERE r.reference = ? AND r.caller = ?"
"""One request, if it is this number's own."""

REQUEST: Final = f"{_REQUEST} WHERE r.reference = ?"
"""One request, for an officer and for `sala prove`."""

# --- case keys -------------------------------------------------------------------------------------------------------

CASE_KEY: Final = (
    "SELECT r.seq, k.salt, k.hash, coalesce(k.wrong, 0), coalesce(k.until, 0), coalesce(g.wrong, 0),"
    " coalesce(g.until, 0) FROM request r LEFT JOIN case_key k ON k.request = r.seq"
    " LEFT JOIN guess g ON g.caller = ? WHERE r.case_id = ?"
)
"""The key of a case, and the wrong guesses against it and of this number."""

COUNT_GUESS: Final = (
    "INSERT INTO guess (caller, wrong, until) VALUES (?, 1, ?)"
    " ON CONFLICT (caller) DO UPDATE SET wrong = wrong + 1, until = excluded.until"
)

COUNT_CASE_GUESS: Final = "UPDATE case_key SET wrong = wrong + 1, until = ? WHERE request = ?"

RIGHT_GUESS: Final = "DELETE FROM guess WHERE caller = ?"

RIGHT_CASE_GUESS: Final = "UPDATE case_key SET wrong = 0, until = 0 WHERE request = ?"

SET_CASE_KEY: Final = (
    "INSERT INTO case_key (request, salt, hash, wrong, until) VALUES (?, ?, ?, 0, 0)"
    " ON CONFLICT (request) DO UPDATE SET salt = excluded.salt, hash = excluded.hash, wrong = 0, until = 0"
)

DROP_CASE_KEY: Final = "DELETE FROM case_key WHERE request = ?"

UNLOCK: Final = "UPDATE case_key SET wrong = 0, until = 0 WHERE request = (SELECT seq FROM request WHERE reference = ?)"

# --- messages on their way out ---------------------------------------------------------------------------------------

EXPIRED: Final = (
    "SELECT m.id FROM message_queue q JOIN message m ON m.id = q.id"
    " WHERE q.channel = ? AND q.state = 'queued' AND q.spare IN (0, 1) AND q.due_at <= ? AND m.useless_at <= ?"
    " LIMIT 500"
)

TO_THE_MORNING: Final = (
    "UPDATE message_queue SET due_at = ?"
    " WHERE channel = ? AND state = 'queued' AND spare IN (0, 1) AND due_at <= ? AND EXISTS"
    " (SELECT 1 FROM message m WHERE m.id = message_queue.id AND m.at <= ?)"
)
"""What has lain for hours when a link returns in the night."""

CLAIM: Final = (
    "UPDATE message_queue SET state = 'claimed' WHERE id IN (SELECT min(d.id) FROM"
    " (SELECT id, number FROM message_queue WHERE channel = ? AND state = 'queued' AND spare = ? AND due_at <= ?"
    " ORDER BY due_at, id LIMIT ?) d WHERE NOT EXISTS"
    " (SELECT 1 FROM message_queue f WHERE f.number = d.number AND f.state <> 'queued')"
    " GROUP BY d.number ORDER BY min(d.id) LIMIT ?) RETURNING id"
)
"""The oldest due message of each number that has none under way, so that a number gets its messages in order.

What is `spare` stands in a row of its own, behind the others.
"""

OUTGOING: Final = (
    "SELECT id, channel, number, text, parts, attempts, link_id, at, done FROM message"
    " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
)

SET_QUEUE_STATE: Final = (
    "UPDATE message_queue SET state = ? WHERE id IN (SELECT value FROM json_each(?)) AND state = ? RETURNING id"
)

SET_MESSAGE_STATE: Final = "UPDATE message SET state = ? WHERE id IN (SELECT value FROM json_each(?))"

LEFT_CLAIMED: Final = "SELECT id, state FROM message_queue WHERE state <> 'queued'"

MESSAGE_STATES: Final = "SELECT state, count(*) FROM message_queue GROUP BY state"
"""The queue is small: what is settled has left it."""

OLDEST_MESSAGE: Final = "SELECT min(due_at) FROM message_queue WHERE state = 'queued'"

UNKNOWN_MESSAGES: Final = "SELECT count(*) FROM message WHERE state = 'unknown' AND number IS NOT NULL"
"""Messages that may not have arrived and that nobody will repeat: a person should know of them."""

# --- the node itself, and keeping house ------------------------------------------------------------------------------

META: Final = "SELECT value FROM meta WHERE name = ?"

SET_META: Final = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"

LAST_EPOCH: Final = "SELECT epoch FROM epoch ORDER BY n DESC LIMIT 1"

ADD_EPOCH: Final = "INSERT INTO epoch (epoch, at, why) VALUES (?, ?, ?) ON CONFLICT (epoch) DO NOTHING RETURNING epoch"

SWEEP_BODIES: Final = (
    "SELECT s.seq, s.at, r.keep_days, s.event IS NOT NULL, coalesce(min(d.state IN (4, 7, 8)), 1), max(d.at),"
    " CASE WHEN r.trial = 1 THEN 'closed' ELSE r.status END, r.seq"
    " FROM submission s JOIN request r ON r.seq = s.request LEFT JOIN delivery d ON d.seq = s.seq"
    " WHERE s.seq > ? AND s.seq <= ? GROUP BY s.seq ORDER BY s.seq"
)
"""A stretch of submissions: whether all their agencies have them (or none will), and since when.

One made in a trial has no agency and no later status: it is settled from the start.
"""

BODIES: Final = "SELECT seq, event FROM submission WHERE seq IN (SELECT value FROM json_each(?)) AND event IS NOT NULL"

DROP_BODY: Final = "UPDATE submission SET digest = ?, event = NULL WHERE seq = ?"
"""The body goes; its digest stays, for whoever holds a copy of the bytes against it."""

UNLINK: Final = (
    "UPDATE request SET number = NULL WHERE seq = ?"
    " AND NOT EXISTS (SELECT 1 FROM rating q WHERE q.request = request.seq AND q.at = 0)"
)
"""Not while she is still to be asked how it went: that is a matter of days, and then it is tried again."""

OLD_MESSAGES: Final = (
    "DELETE FROM message WHERE id IN (SELECT id FROM message ORDER BY id LIMIT 1000) AND at < ?"
    " AND state NOT IN ('queued', 'sending')"
)

UNLINK_MESSAGES: Final = (
    "UPDATE message SET number = NULL WHERE id > ? AND id <= ? AND number IS NOT NULL AND at < ?"
    " AND state IN ('sent', 'unknown')"
)
"""A report that has not come after days will not come: whose the message was is forgotten."""

OLD_PARTS: Final = "DELETE FROM message_part WHERE message < ? AND message < (SELECT min(id) FROM message)"

OLD_CAME: Final = "DELETE FROM came WHERE day < ?"

OLD_INBOX: Final = "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox ORDER BY id LIMIT 1000) AND at < ?"

OLD_NOTES: Final = "DELETE FROM note WHERE id IN (SELECT id FROM note ORDER BY id LIMIT 1000) AND at < ?"

OLD_EARLY: Final = "DELETE FROM early_report WHERE at < ?"

OLD_ATTEMPTS: Final = "DELETE FROM attempt WHERE id IN (SELECT id FROM attempt ORDER BY id LIMIT 1000) AND at < ?"

OLD_PRIVATE: Final = "DELETE FROM once WHERE caller IS NULL AND until <= ?"
"""What an anonymous submission is known by, for a day."""

OLD_GUESSES: Final = "DELETE FROM guess WHERE until < ? AND wrong < ?"
