"""Every statement of drafts, proposals and what follows from them, as `store/sql.py` has them of turns."""

# ruff: noqa: S608 - the only parts put together here are this file's own lists of columns

from typing import Final

# --- drafts ----------------------------------------------------------------------------------------------------------

DRAFT: Final = (
    "SELECT d.base, d.version, d.save, d.actor, d.at, coalesce(s.text, ''),"
    " coalesce((SELECT b.id FROM draft_save b WHERE b.id = s.before), 0),"
    " EXISTS (SELECT 1 FROM draft_save n WHERE n.kind = d.kind AND n.name = d.name AND n.before = d.save)"
    " FROM draft d LEFT JOIN draft_save s ON s.id = d.save WHERE d.kind = ? AND d.name = ?"
)
"""One draft with its text, the save before it (0: none), and whether there is one after it."""

DRAFTS: Final = "SELECT kind, name, base, version, actor, at FROM draft WHERE save <> 0 ORDER BY kind, name"

SET_DRAFT: Final = (
    "INSERT INTO draft (kind, name, base, version, save, actor, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (kind, name) DO UPDATE SET base = excluded.base, version = excluded.version, save = excluded.save,"
    " actor = excluded.actor, at = excluded.at"
)

ADD_SAVE: Final = "INSERT INTO draft_save (kind, name, before, text) VALUES (?, ?, ?, ?) RETURNING id"

AFTER_SAVE: Final = "SELECT max(id) FROM draft_save WHERE kind = ? AND name = ? AND before = ?"
"""The newest text that was made on this one."""

ADD_DRAFT_ACT: Final = (
    "INSERT INTO draft_act (kind, name, version, what, save, actor, at, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)

DRAFT_ACTS: Final = (
    "SELECT version, what, actor, at, note FROM draft_act WHERE kind = ? AND name = ? ORDER BY version DESC LIMIT ?"
)

TEXT_AT: Final = (
    "SELECT s.text FROM draft_act a JOIN draft_save s ON s.id = a.save"
    " WHERE a.kind = ? AND a.name = ? AND a.version = ?"
)
"""The text of one version."""

TEXT_OPENED: Final = f"{TEXT_AT} AND a.what = 'open'"
"""The same, if a draft was begun with it."""

OLD_SAVES: Final = (
    "DELETE FROM draft_save WHERE kind = ? AND name = ? AND id <= (SELECT id FROM draft_save"
    " WHERE kind = ? AND name = ? ORDER BY id DESC LIMIT 1 OFFSET ?)"
)
"""All but the newest texts."""

DROP_SAVES: Final = "DELETE FROM draft_save WHERE kind = ? AND name = ?"

LIVE_FLOW: Final = "SELECT r.digest, r.files FROM live l JOIN revision r ON r.digest = l.digest WHERE l.flow = ?"

IN_USE: Final = (
    "SELECT e.digest, e.text FROM in_use u JOIN edition e"
    " ON e.kind = u.kind AND e.name = u.name AND e.digest = u.digest WHERE u.kind = ? AND u.name = ?"
)

# --- comments --------------------------------------------------------------------------------------------------------

ADD_REMARK: Final = (
    "INSERT INTO remark (kind, name, step, text, actor, at, done_by, done_at) VALUES (?, ?, ?, ?, ?, ?, '', 0)"
    " RETURNING id"
)

REMARKS: Final = (
    "SELECT id, step, text, actor, at, done_by, done_at FROM remark WHERE kind = ? AND name = ? ORDER BY id"
)

SAME_REMARK: Final = (
    "SELECT id FROM remark WHERE kind = ? AND name = ? AND step = ? AND text = ? AND actor = ? AND done_at = 0"
)

SETTLE_REMARK: Final = "UPDATE remark SET done_by = ?, done_at = ? WHERE id = ? AND done_at = 0 RETURNING id"

# --- proposals -------------------------------------------------------------------------------------------------------

_PROPOSAL: Final = (
    "id, kind, name, digest, base, files, note, active_from, state, actor, at, decider, decided_at, answer"
)

ADD_PROPOSAL: Final = (
    "INSERT INTO proposal (kind, name, digest, base, files, note, active_from, state, actor, at, decider, decided_at,"
    " answer) VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, '', 0, '') RETURNING id"
)

PROPOSAL: Final = f"SELECT {_PROPOSAL} FROM proposal WHERE id = ?"

PROPOSALS: Final = f"SELECT {_PROPOSAL} FROM proposal WHERE state IN ('open', 'approved') ORDER BY id"
"""What waits for a person, or for its time."""

ALL_PROPOSALS: Final = f"SELECT {_PROPOSAL} FROM proposal ORDER BY id DESC LIMIT ?"

DUE: Final = f"SELECT {_PROPOSAL} FROM proposal WHERE state = 'approved' AND active_from <= ? ORDER BY active_from, id"

REPLACE_OPEN: Final = (
    "UPDATE proposal SET state = 'replaced', decider = ?, decided_at = ? WHERE state = 'open' AND kind = ? AND name = ?"
)
"""A newer proposal takes the place of the one that nobody has decided."""

DECIDE: Final = (
    "UPDATE proposal SET state = ?, decider = ?, decided_at = ?, answer = ? WHERE id = ? AND state = ? RETURNING id"
)

SETTLE: Final = (
    "UPDATE proposal SET state = ?, digest = ?, answer = CASE WHEN ? = '' THEN answer ELSE ? END"
    " WHERE id = ? AND state = 'approved' RETURNING id"
)
"""An approved proposal is live, or could not be."""

IS_SAVED: Final = "SELECT 1 FROM draft_save WHERE kind = ? AND name = ? AND text = ? LIMIT 1"
"""Whether a text is one of this draft's."""

REBASE: Final = "UPDATE draft SET base = ? WHERE kind = ? AND name = ?"
"""What is live now came out of this draft."""
