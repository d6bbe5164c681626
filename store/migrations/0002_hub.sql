-- A hub and its nodes. States are numbers in the order of flows.delivery.State, agencies are words, times UTC epoch
-- seconds.

-- What a hub has in custody: one row per submission of a node and agency, the bytes as they came.
CREATE TABLE passage (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  node TEXT NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  agency INTEGER NOT NULL,
  reference TEXT NOT NULL,
  case_id TEXT NOT NULL,
  epoch TEXT NOT NULL,
  sequence TEXT NOT NULL,
  digest BLOB NOT NULL,
  event BLOB,
  state INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  held INTEGER NOT NULL,
  owner TEXT NOT NULL,
  code TEXT NOT NULL,
  agency_ref TEXT NOT NULL,
  reason TEXT NOT NULL,
  fields TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (source, id, agency)
);
CREATE INDEX passage_waiting ON passage (agency, due_at, n) WHERE state IN (0, 2, 3, 9);
CREATE INDEX passage_leased ON passage (due_at) WHERE state = 1;
CREATE INDEX passage_id ON passage (id);
CREATE INDEX passage_reference ON passage (source, reference);
CREATE INDEX passage_number ON passage (source, epoch, sequence);

-- What goes home from a hub: each agency's word for a submission, and its statuses, in one feed per node and agency.
CREATE TABLE home (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  life TEXT NOT NULL,
  node TEXT NOT NULL,
  agency INTEGER NOT NULL,
  id TEXT NOT NULL,
  reference TEXT NOT NULL,
  status TEXT NOT NULL,
  agency_ref TEXT NOT NULL,
  reason TEXT NOT NULL,
  fields TEXT NOT NULL,
  params TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX home_by_node ON home (node, agency, seq);

-- Statuses of submissions that this hub does not know (its disk was lost): they go home when their node is known again.
CREATE TABLE stray (
  id TEXT NOT NULL,
  agency INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  reference TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  fields TEXT NOT NULL,
  params TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (id, agency, seq)
) WITHOUT ROWID;

-- The last that each node said of itself, and every run of it that was heard.
CREATE TABLE heartbeat (
  node TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  returns INTEGER NOT NULL,
  cloned_at INTEGER NOT NULL,
  down INTEGER NOT NULL,
  body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE heartbeat_run (
  node TEXT NOT NULL,
  epoch TEXT NOT NULL,
  first INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  PRIMARY KEY (node, epoch)
) WITHOUT ROWID;

-- What a hub sends down; an empty node means all of them.
CREATE TABLE parcel (
  seq INTEGER PRIMARY KEY,
  node TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  active_from INTEGER NOT NULL,
  body TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE TABLE block (block TEXT PRIMARY KEY, node TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX block_by_node ON block (node);

-- What came down to a node; state: waiting, active, replaced, refused.
CREATE TABLE arrival (
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  active_from INTEGER NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX arrival_state ON arrival (state, kind, name);
