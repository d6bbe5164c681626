"""Every statement of what is published: revisions, tables and phrases in use, codes, confirmations, waivers, trials."""

from typing import Final

# --- revisions -------------------------------------------------------------------------------------------------------

ADD_REVISION: Final = (
    "INSERT INTO revision (digest, flow, files, at) VALUES (?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING"
)

REVISIONS: Final = "SELECT digest, flow, files, at FROM revision ORDER BY at, digest"

FILES_OF: Final = "SELECT files FROM revision WHERE digest = ? AND flow = ?"

NEVER_PUBLISHED: Final = (
    "SELECT digest FROM revision r WHERE NOT EXISTS (SELECT 1 FROM publication p WHERE p.kind = 'flow'"
    " AND p.flow = r.flow AND p.digest = r.digest)"
)
"""Revisions that were only tried."""

LIVE: Final = "SELECT flow, digest, paused, said FROM live"

SET_LIVE: Final = (
    "INSERT INTO live (flow, digest, paused, at) VALUES (?, ?, 0, ?)"
    " ON CONFLICT (flow) DO UPDATE SET digest = excluded.digest, paused = 0, at = excluded.at, said = ''"
)

SET_PAUSED: Final = "UPDATE live SET paused = ?, said = ? WHERE flow = ? RETURNING digest"

# --- tables and phrases ----------------------------------------------------------------------------------------------

ADD_EDITION: Final = (
    "INSERT INTO edition (kind, name, digest, text, at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (kind, name, digest) DO NOTHING"
)

IN_USE: Final = (
    "SELECT u.kind, u.name, u.digest, e.text, u.at FROM in_use u JOIN edition e"
    " ON e.kind = u.kind AND e.name = u.name AND e.digest = u.digest ORDER BY u.kind, u.name"
)

DIGEST_IN_USE: Final = "SELECT digest FROM in_use WHERE kind = ? AND name = ?"

SET_IN_USE: Final = (
    "INSERT INTO in_use (kind, name, digest, at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (kind, name) DO UPDATE SET digest = excluded.digest, at = excluded.at"
)

DROP_IN_USE: Final = "DELETE FROM in_use WHERE kind = ? AND name = ?"

EDITION: Final = "SELECT text FROM edition WHERE kind = ? AND name = ? AND digest = ?"

# --- who did what ----------------------------------------------------------------------------------------------------

ADD_PUBLICATION: Final = (
    "INSERT INTO publication (kind, flow, digest, act, actor, at, note, proposer) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " RETURNING id"
)

BEFORE_LIVE: Final = (
    "SELECT digest FROM publication WHERE kind = ? AND flow = ? AND act IN ('publish', 'rollback') AND digest <> ?"
    " ORDER BY id DESC LIMIT 1"
)
"""What was live before this revision."""

WAS_LIVE: Final = (
    "SELECT 1 FROM publication WHERE kind = ? AND flow = ? AND act IN ('publish', 'rollback') AND digest = ? LIMIT 1"
)

_ACT: Final = (
    "p.id, p.kind, p.flow, p.digest, p.act, p.actor, p.proposer, p.note, p.at,"
    " coalesce(c.state, ''), coalesce(c.actor, ''), coalesce(c.at, 0), coalesce(c.note, '')"
    " FROM publication p LEFT JOIN confirmation c ON c.publication = p.id"
)

ACTS: Final = f"SELECT {_ACT} WHERE p.kind = ? AND p.flow = ? ORDER BY p.id"

UNCONFIRMED: Final = f"SELECT {_ACT} WHERE c.state = 'open' ORDER BY p.id"

ACT: Final = f"SELECT {_ACT} WHERE p.id = ?"

ADD_CONFIRMATION: Final = "INSERT INTO confirmation (publication, state, actor, at, note) VALUES (?, 'open', '', 0, '')"

CONFIRM: Final = (
    "UPDATE confirmation SET state = ?, actor = ?, at = ?, note = ? WHERE publication = ? AND state = 'open'"
    " RETURNING publication"
)

# --- codes -----------------------------------------------------------------------------------------------------------

CODES: Final = "SELECT kind, value, flow, since, until FROM code ORDER BY kind, value"

TAKE_CODE: Final = (
    "INSERT INTO code (kind, value, flow, since, until) VALUES (?, ?, ?, ?, 0)"
    " ON CONFLICT (kind, value) DO UPDATE SET until = 0"
)

RETIRE_CODE: Final = "UPDATE code SET until = ? WHERE kind = ? AND value = ?"

# --- wording --------------------------------------------------------------------------------------------------------

REVIEWED: Final = "SELECT language, digest, who FROM reviewed ORDER BY language, digest"

ADD_REVIEWED: Final = (
    "INSERT INTO reviewed (language, digest, who) VALUES (?, ?, ?) ON CONFLICT (language, digest) DO NOTHING"
)

DROP_REVIEWED: Final = "DELETE FROM reviewed WHERE language = ? AND digest = ?"

SET_REVIEWED_PLACE: Final = (
    "INSERT INTO reviewed_place (flow, place, language, digest, words, actor, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (flow, place, language) DO UPDATE SET digest = excluded.digest, words = excluded.words,"
    " actor = excluded.actor, at = excluded.at"
)

REVIEWED_PLACES: Final = "SELECT place, language, digest, words, actor, at FROM reviewed_place WHERE flow = ?"

# --- waivers ---------------------------------------------------------------------------------------------------------

ADD_WAIVER: Final = (
    "INSERT INTO waiver (flow, language, note, actor, at, until, ended_by, ended_at) VALUES (?, ?, ?, ?, ?, ?, '', 0)"
    " RETURNING id"
)

WAIVERS: Final = "SELECT id, flow, language, note, actor, at, until, ended_by, ended_at FROM waiver ORDER BY id"

END_WAIVER: Final = "UPDATE waiver SET ended_by = ?, ended_at = ? WHERE id = ? AND ended_at = 0 RETURNING id"

# --- trials ----------------------------------------------------------------------------------------------------------

SET_TRIAL: Final = (
    "INSERT INTO trial (flow, caller, label, digest, actor, at, until) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (flow, caller) DO UPDATE SET label = excluded.label, digest = excluded.digest,"
    " actor = excluded.actor, at = excluded.at, until = excluded.until"
)

TRIALS: Final = "SELECT flow, caller, label, digest, actor, at, until FROM trial ORDER BY flow, at, caller"

END_TRIAL: Final = "DELETE FROM trial WHERE flow = ? RETURNING caller"

OLD_TRIALS: Final = "DELETE FROM trial WHERE until <= ? RETURNING flow"
