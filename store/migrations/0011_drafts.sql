-- The life of what is published: drafts, proposals, who answers for what. `kind` is flow, table or phrases; people are
-- named by their user ids; times are UTC epoch seconds, 0 for never.

-- What is being edited, never what is live. `save` is the text that it stands on (0: no draft is open); the version
-- goes on counting when a draft ends, so that a form of yesterday is always known for what it is.
CREATE TABLE draft (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  base TEXT NOT NULL,
  version INTEGER NOT NULL,
  save INTEGER NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) WITHOUT ROWID;

-- Every text that was saved, and the save that it was made on: undo goes there, redo to the newest that was made on it.
CREATE TABLE draft_save (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  before INTEGER NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX draft_save_before ON draft_save (kind, name, before);

CREATE TABLE draft_act (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  what TEXT NOT NULL,
  save INTEGER NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (kind, name, version)
) WITHOUT ROWID;

CREATE TABLE remark (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  step TEXT NOT NULL,
  text TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  done_by TEXT NOT NULL,
  done_at INTEGER NOT NULL
);
CREATE INDEX remark_name ON remark (kind, name);

-- A text as it was proposed: state open, approved (it waits for its time), live, refused, replaced or failed.
CREATE TABLE proposal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  base TEXT NOT NULL,
  files TEXT NOT NULL,
  note TEXT NOT NULL,
  active_from INTEGER NOT NULL,
  state TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  decider TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  answer TEXT NOT NULL
);
CREATE INDEX proposal_state ON proposal (state, kind, name);

-- Tables and phrases as they were published (flows have `revision` and `live`).
CREATE TABLE edition (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (kind, name, digest)
) WITHOUT ROWID;
CREATE TABLE in_use (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) WITHOUT ROWID;

-- Why something was published, and by whom it was proposed.
ALTER TABLE publication ADD COLUMN kind TEXT NOT NULL DEFAULT 'flow';
ALTER TABLE publication ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE publication ADD COLUMN proposer TEXT NOT NULL DEFAULT '';
CREATE INDEX publication_name ON publication (kind, flow, id);

-- What citizens read while a service is paused, by language, as JSON ('' the channel's own words).
ALTER TABLE live ADD COLUMN said TEXT NOT NULL DEFAULT '';

-- What one person did alone because it could not wait; state: open, confirmed or refused.
CREATE TABLE confirmation (
  publication INTEGER PRIMARY KEY,
  state TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  note TEXT NOT NULL
);
CREATE INDEX confirmation_state ON confirmation (state);

-- Menu numbers, codes and keywords that citizens were given; `until` is when the service gave it up.
CREATE TABLE code (
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  flow TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (kind, value)
) WITHOUT ROWID;

-- Texts that a person has read and accepted: a digest of words and original (flows/texts/marks.py).
CREATE TABLE reviewed (
  language TEXT NOT NULL,
  digest TEXT NOT NULL,
  who TEXT NOT NULL,
  PRIMARY KEY (language, digest)
) WITHOUT ROWID;

-- Words that nobody has reviewed, let through by a named person for a time. Empty: every service, every language.
CREATE TABLE waiver (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  flow TEXT NOT NULL,
  language TEXT NOT NULL,
  note TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  ended_by TEXT NOT NULL,
  ended_at INTEGER NOT NULL
);

-- Numbers (keyed hashes) that get a draft on the real code.
CREATE TABLE trial (
  flow TEXT NOT NULL,
  caller BLOB NOT NULL,
  label TEXT NOT NULL,
  digest TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (flow, caller)
) WITHOUT ROWID;

-- A request that was made under a draft goes to no agency.
ALTER TABLE request ADD COLUMN trial INTEGER NOT NULL DEFAULT 0;

-- The digests of the tables and phrases that a submission was taken under, as a word.
ALTER TABLE submission ADD COLUMN under INTEGER NOT NULL DEFAULT 0;
