"""The statements of a hub: what it has in custody, what goes home, what comes down, and how its nodes are.

Numbers for states are those of `flows.delivery.State`, in its order: 1 leased, 4 accepted, 6 officer_review, 9 carried.
"""

from typing import Final

# --- custody ---------------------------------------------------------------------------------------------------------

KNOWN: Final = (
    "SELECT source, id, digest, state, code, agency_ref, reason, fields FROM passage"
    " WHERE agency = ? AND id IN (SELECT value FROM json_each(?))"
)

SAME_REFERENCE: Final = "SELECT 1 FROM passage WHERE source = ? AND reference = ? AND case_id NOT IN ('', ?) LIMIT 1"
"""Another case of the same node under the same reference."""

SAME_NUMBER: Final = "SELECT 1 FROM passage WHERE source = ? AND epoch = ? AND sequence = ? AND id <> ? LIMIT 1"
"""Another submission of the same run of a node under the same sequence number."""

TAKE: Final = (
    "INSERT INTO passage (node, source, id, agency, reference, case_id, epoch, sequence, digest, event, state, due_at,"
    " rank, attempts, held, owner, code, agency_ref, reason, fields, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0, 0, '', '', '', '', '[]', ?)"
)

COUNT: Final = (
    "INSERT INTO taken (node, agency, n) VALUES (?, ?, ?)"
    " ON CONFLICT (node, agency) DO UPDATE SET n = taken.n + excluded.n"
)

COUNTED: Final = "SELECT n FROM taken WHERE node = ? AND agency = ?"
"""What this hub ever took, also what it has pruned since: a node must not take its housework for a lost disk."""

DUE: Final = (
    "SELECT n, id, reference, case_id, event, attempts, state, rank FROM passage"
    " WHERE agency = ? AND due_at <= ? AND state IN (0, 2, 3, 9) ORDER BY due_at, n LIMIT ?"
)

ROWS: Final = (
    "SELECT n, id, reference, case_id, event, attempts, state, rank, node FROM passage"
    " WHERE agency = ? AND n IN (SELECT value FROM json_each(?))"
)

LEASE: Final = "UPDATE passage SET state = 1, due_at = ?, owner = ?, attempts = attempts + 1 WHERE n = ?"

SETTLE: Final = (
    "UPDATE passage SET state = ?, due_at = ?, owner = '', attempts = ?, held = ?, code = ?, agency_ref = ?,"
    " reason = ?, fields = ?, at = ? WHERE n = ?"
)

WAKE: Final = (
    "UPDATE passage SET due_at = rank, held = 0 WHERE agency = ? AND state IN (0, 2, 3, 9) AND due_at > rank"
    " AND held <= ?"
)

LAPSE: Final = (
    "UPDATE passage SET state = 2, due_at = rank, owner = '' WHERE n IN"
    " (SELECT n FROM passage WHERE state = 1 AND due_at <= ? LIMIT 5000) RETURNING n"
)

TAKEN: Final = "SELECT n, id, reference, node FROM passage WHERE agency = ? AND state = 4 AND event IS NULL"
"""What an agency that has gone back may have lost, and this hub has no more: its node is asked."""

DROP: Final = "DELETE FROM passage WHERE n = ?"

OFFER_AGAIN: Final = (
    "UPDATE passage SET state = 2, due_at = rank, held = 0 WHERE agency = ? AND state = 4 AND event IS NOT NULL"
    " RETURNING n"
)

WAITING: Final = (
    "SELECT w.text, p.state, count(*), min(p.rank) FROM passage p JOIN word w ON w.id = p.agency"
    " WHERE p.state IN (0, 1, 2, 3, 9) GROUP BY w.text, p.state"
)

ACCEPTED: Final = (
    "SELECT w.text, count(*), max(p.rank) FROM passage p JOIN word w ON w.id = p.agency"
    " WHERE p.state = 4 GROUP BY p.agency"
)

WAITING_OF: Final = "SELECT node, count(*), min(rank) FROM passage WHERE state IN (0, 1, 2, 3, 9) GROUP BY node"

OLD_BODIES: Final = (
    "UPDATE passage SET event = NULL WHERE n IN"
    " (SELECT n FROM passage WHERE state IN (4, 6) AND event IS NOT NULL AND at < ? LIMIT 500)"
)

OLD_PASSAGES: Final = (
    "DELETE FROM passage WHERE n IN (SELECT n FROM passage ORDER BY n LIMIT 500) AND state IN (4, 6) AND at < ?"
)

OLD_HOME: Final = "DELETE FROM home WHERE seq IN (SELECT seq FROM home ORDER BY seq LIMIT 500) AND at < ?"

OLD_STRAYS: Final = "DELETE FROM stray WHERE at < ?"

# --- on the way home -------------------------------------------------------------------------------------------------

OWNERS: Final = "SELECT id, node FROM passage WHERE agency = ? AND id IN (SELECT value FROM json_each(?))"

GO_HOME: Final = (
    "INSERT INTO home (life, node, agency, id, reference, status, agency_ref, reason, fields, params, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

STRAY: Final = (
    "INSERT INTO stray (id, agency, seq, reference, status, reason, fields, params, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id, agency, seq) DO NOTHING"
)

FOUND: Final = (
    "DELETE FROM stray WHERE agency = ? AND id IN (SELECT value FROM json_each(?))"
    " RETURNING id, reference, status, reason, fields, params, seq"
)

FEED: Final = (
    "SELECT seq, life, id, reference, status, agency_ref, reason, fields, params FROM home"
    " WHERE node = ? AND agency = ? AND seq > ? ORDER BY seq LIMIT ?"
)

AT: Final = "SELECT 1 FROM home WHERE seq = ? AND node = ? AND agency = ? AND (life = ? OR ? = '')"

# --- heartbeats ------------------------------------------------------------------------------------------------------

RUNS: Final = "SELECT epoch, first, stamp FROM heartbeat_run WHERE node = ? AND epoch IN (?, ?)"

NEWEST_STAMP: Final = "SELECT max(stamp) FROM heartbeat_run WHERE node = ?"

SET_RUN: Final = (
    "INSERT INTO heartbeat_run (node, epoch, first, stamp) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (node, epoch) DO UPDATE SET stamp = max(stamp, excluded.stamp)"
)

HEARTBEAT: Final = "SELECT epoch, returns, cloned_at FROM heartbeat WHERE node = ?"

SET_HEARTBEAT: Final = (
    "INSERT INTO heartbeat (node, at, epoch, returns, cloned_at, down, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (node) DO UPDATE SET at = excluded.at, epoch = excluded.epoch, returns = excluded.returns,"
    " cloned_at = excluded.cloned_at, down = excluded.down, body = excluded.body"
)

SET_CLONED: Final = (
    "INSERT INTO heartbeat (node, at, epoch, returns, cloned_at, down, body) VALUES (?, ?, '', 0, ?, 0, '{}')"
    " ON CONFLICT (node) DO UPDATE SET cloned_at = excluded.cloned_at"
)

HEARTBEATS: Final = "SELECT node, at, epoch, cloned_at, down, body FROM heartbeat ORDER BY node"

# --- the road down ---------------------------------------------------------------------------------------------------

ADD_PARCEL: Final = (
    "INSERT INTO parcel (seq, node, kind, name, active_from, body, actor, at) SELECT"
    " 1 + max((SELECT coalesce(max(seq), 0) FROM parcel), (SELECT coalesce(max(down), 0) FROM heartbeat)),"
    " ?, ?, ?, ?, ?, ?, ? RETURNING seq"
)
"""Numbered after everything that any node has read, also when this hub's disk was lost."""

PARCELS: Final = (
    "SELECT seq, node, kind, name, active_from, body FROM parcel WHERE seq > ? AND node IN ('', ?) ORDER BY seq LIMIT ?"
)

NEWEST_PARCEL: Final = "SELECT coalesce(max(seq), 0) FROM parcel WHERE node IN ('', ?)"

NEWEST_BLOCKS: Final = "SELECT coalesce(max(seq), 0) FROM parcel WHERE node = ? AND kind = 'blocks'"

BLOCKS: Final = "SELECT block, node FROM block"

ADD_BLOCK: Final = "INSERT INTO block (block, node, at) VALUES (?, ?, ?) ON CONFLICT (block) DO NOTHING RETURNING block"

USED_IN: Final = "SELECT count(*) FROM request WHERE reference >= ? AND reference < ?"
"""References of one block that this node has given out."""

GIVEN_IN: Final = "SELECT reference FROM request WHERE reference >= ? AND reference < ?"

# --- what came down --------------------------------------------------------------------------------------------------

ADD_ARRIVAL: Final = (
    "INSERT INTO arrival (seq, kind, name, active_from, body, state, reason, at)"
    " VALUES (?, ?, ?, ?, ?, 'waiting', '', ?) ON CONFLICT (seq) DO NOTHING"
)

ARRIVALS: Final = (
    "SELECT seq, kind, name, active_from, body, state, reason, at FROM arrival WHERE state = ?"
    " ORDER BY active_from, seq"
)

ALL_ARRIVALS: Final = "SELECT seq, kind, name, active_from, '', state, reason, at FROM arrival ORDER BY seq"

REPLACE_ARRIVAL: Final = (
    "UPDATE arrival SET state = 'replaced' WHERE state = 'active' AND kind = ? AND name = ? AND seq <> ?"
)

SET_ARRIVAL: Final = "UPDATE arrival SET state = ?, reason = ?, at = ? WHERE seq = ?"

LEASED: Final = (
    "SELECT body FROM arrival WHERE kind = 'blocks'"
    " UNION ALL SELECT body FROM parcel WHERE kind = 'blocks' AND node = ?"
)
"""Blocks that came down to this node, or that a hub gave to itself."""
