"""The statements of the figures: counted a stretch at a time, told by week, always read within somebody's scope."""

from typing import Final

MARKS: Final = "SELECT name, n FROM figure_mark"
SET_MARK: Final = "INSERT INTO figure_mark (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = excluded.n"

ADD_FRESH: Final = (
    "INSERT INTO fresh_figure (service, agency, district, what, day, traits, n, total) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (service, agency, district, what, day, traits)"
    " DO UPDATE SET n = n + excluded.n, total = total + excluded.total"
)

REQUESTS: Final = (
    "SELECT s.seq, s.at, s.event, r.service, w.text, r.language, r.place, r.sensitive, r.caller IS NULL, r.trial,"
    " s.request = s.seq, EXISTS (SELECT 1 FROM act a WHERE a.request = r.seq AND a.what = 'assist'),"
    " (SELECT g.text FROM delivery d JOIN word g ON g.id = d.agency WHERE d.seq = s.seq ORDER BY d.agency LIMIT 1)"
    " FROM submission s JOIN request r ON r.seq = s.request LEFT JOIN word w ON w.id = r.flow"
    " WHERE s.seq > ? ORDER BY s.seq LIMIT ?"
)
"""A stretch of what came in; only first submissions are counted, corrections are the same request."""

ADD_WAIT: Final = "INSERT INTO figure_wait (seq) VALUES (?) ON CONFLICT (seq) DO NOTHING"
END_WAITS: Final = "DELETE FROM figure_wait WHERE seq IN (SELECT value FROM json_each(?)) RETURNING seq"

WAITS: Final = (
    "SELECT f.seq, s.at, r.service, w.text, r.place, r.sensitive, r.caller IS NULL,"
    " (SELECT g.text FROM delivery d JOIN word g ON g.id = d.agency WHERE d.seq = f.seq ORDER BY d.agency LIMIT 1),"
    " (SELECT coalesce(min(d.state IN (4, 6, 7, 8)), 1) FROM delivery d WHERE d.seq = f.seq),"
    " (SELECT max(d.at) FROM delivery d WHERE d.seq = f.seq AND d.state = 4)"
    " FROM figure_wait f JOIN submission s ON s.seq = f.seq JOIN request r ON r.seq = s.request"
    " LEFT JOIN word w ON w.id = r.flow WHERE f.seq > ? ORDER BY f.seq LIMIT ?"
)
"""Requests whose acknowledgement is not counted yet: whether all agencies have spoken, and when the last one said yes.

What was refused, amended or withdrawn has no acknowledgement to be timed.
"""

UP_TO: Final = "SELECT coalesce((SELECT at FROM status_event WHERE at > ? AND at <= ? ORDER BY at LIMIT 1 OFFSET ?), ?)"
"""A moment up to which about so many events lie; all of one second go together."""

DECISIONS: Final = (
    "SELECT e.at, s.at, r.service, w.text, r.place, r.sensitive, r.caller IS NULL, g.text"
    " FROM status_event e JOIN request r ON r.seq = e.request JOIN submission s ON s.seq = r.seq"
    " JOIN word g ON g.id = e.agency LEFT JOIN word w ON w.id = r.flow"
    " WHERE e.at > ? AND e.at <= ? AND e.applied = 1 AND e.status IN ('approved', 'rejected', 'ready', 'closed')"
    " AND NOT EXISTS (SELECT 1 FROM status_event p WHERE p.request = e.request AND p.applied = 1"
    " AND p.status IN ('approved', 'rejected', 'ready', 'closed')"
    " AND (p.at < e.at OR (p.at = e.at AND (p.agency, p.life, p.seq) < (e.agency, e.life, e.seq))))"
)
"""The first decision on each request."""

MESSAGES: Final = (
    "SELECT m.id, m.state, m.at, m.price, r.service, w.text, r.place, r.sensitive, r.caller IS NULL,"
    " (SELECT g.text FROM delivery d JOIN word g ON g.id = d.agency WHERE d.seq = r.seq ORDER BY d.agency LIMIT 1)"
    " FROM message m LEFT JOIN request r ON r.reference = m.reference LEFT JOIN word w ON w.id = r.flow"
    " WHERE m.id > ? ORDER BY m.id LIMIT ?"
)
"""A stretch of messages, with the request that each was about."""

TALKS: Final = "SELECT id, at, talk FROM session WHERE id IN (SELECT value FROM json_each(?)) AND talk IS NOT NULL"

BASES: Final = (
    "SELECT DISTINCT service, agency, district, what FROM fresh_figure WHERE day < ?"
    " ORDER BY service, agency, district, what"
)
FRESH: Final = (
    "SELECT day, traits, n, total FROM fresh_figure"
    " WHERE service = ? AND agency = ? AND district = ? AND what = ? AND day < ? ORDER BY day, traits"
)
DROP_FRESH: Final = (
    "DELETE FROM fresh_figure WHERE service = ? AND agency = ? AND district = ? AND what = ? AND day = ? AND traits = ?"
)
TELL: Final = (
    "INSERT INTO figure (service, agency, district, what, week, family, value, n, total)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (week, service, agency, district, what, family, value)"
    " DO UPDATE SET n = n + excluded.n, total = total + excluded.total"
)

INVENTED: Final = "SELECT n FROM figure_mark WHERE name = 'invented'"
"""How many people were made up for a demonstration."""

READ: Final = (
    "SELECT service, agency, district, what, week, family, value, n, total FROM figure r"
    " WHERE week >= ? AND week <= ? AND {within} ORDER BY service, district, what, week, family, value"
)

SUMS: Final = (
    "SELECT {columns}, sum(n), sum(total) FROM figure r WHERE week >= ? AND week <= ? AND {within}"
    " GROUP BY {columns} ORDER BY {columns}"
)

OUTLINES: Final = "SELECT code, rings, source, at FROM outline ORDER BY code"
DROP_OUTLINES: Final = "DELETE FROM outline"
DROP_OUTLINE: Final = "DELETE FROM outline WHERE code = ?"
ADD_OUTLINE: Final = (
    "INSERT INTO outline (code, rings, source, at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (code) DO UPDATE SET rings = excluded.rings, source = excluded.source, at = excluded.at"
)
