-- The first schema. Every table is explained in docs/store.md. Times are UTC epoch seconds.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE epoch (n INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, why TEXT NOT NULL);

-- Agencies and revisions by a small number: these words stand in millions of rows.
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

-- The one row of a plain key press. Updated by its number alone, so neither index is touched.
CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  number INTEGER,
  channel TEXT NOT NULL,
  heard TEXT NOT NULL,
  reply TEXT NOT NULL,
  state INTEGER NOT NULL,
  talk BLOB,
  at INTEGER NOT NULL,
  keep_until INTEGER NOT NULL,
  dropped TEXT NOT NULL
);
CREATE INDEX session_forgotten ON session (id) WHERE number IS NULL;
CREATE INDEX session_dropped ON session (id) WHERE dropped <> '';

-- Numbered by chance: the order of rows must not tell when somebody called for the first time.
CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  session INTEGER NOT NULL,
  data BLOB,
  day INTEGER NOT NULL
);

-- One row per case, numbered like its first submission; what "my requests" shows.
CREATE TABLE request (
  seq INTEGER PRIMARY KEY,
  case_id BLOB NOT NULL UNIQUE,
  reference INTEGER NOT NULL UNIQUE,
  caller BLOB,
  number INTEGER,
  channel TEXT NOT NULL,
  service TEXT NOT NULL,
  flow INTEGER NOT NULL,
  language TEXT NOT NULL,
  place TEXT NOT NULL,
  case_revision INTEGER NOT NULL,
  latest INTEGER NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  fields TEXT NOT NULL,
  status_agency INTEGER NOT NULL,
  status_seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  sensitive INTEGER NOT NULL,
  once BLOB,
  keep_days INTEGER NOT NULL
);
CREATE INDEX request_caller ON request (caller) WHERE caller IS NOT NULL;

-- The bytes fixed at intake. A first submission's `request` is its own number.
CREATE TABLE submission (
  seq INTEGER PRIMARY KEY,
  request INTEGER NOT NULL,
  case_revision INTEGER NOT NULL,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  event BLOB
);
CREATE INDEX submission_later ON submission (request, case_revision) WHERE case_revision > 1;

CREATE TABLE once (key BLOB PRIMARY KEY, reference INTEGER NOT NULL, caller BLOB, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX once_private ON once (until) WHERE caller IS NULL;

-- One row per submission and agency; states are numbers in the order of flows.delivery.State. `due_at` finds its row in
-- `waiting`, `rank` orders it there, `previous` is the case's revision that must be settled before it.
CREATE TABLE delivery (
  seq INTEGER NOT NULL,
  agency INTEGER NOT NULL,
  state INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  previous INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  held INTEGER NOT NULL,
  owner TEXT NOT NULL,
  code TEXT NOT NULL,
  agency_ref TEXT NOT NULL,
  reason TEXT NOT NULL,
  fields TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (seq, agency)
) WITHOUT ROWID;
CREATE INDEX delivery_review ON delivery (agency, seq) WHERE state = 6;
CREATE INDEX delivery_leased ON delivery (due_at) WHERE state = 1;
-- What was tried and waits elsewhere than in its old place.
CREATE INDEX delivery_moved ON delivery (agency) WHERE due_at > rank AND state IN (0, 2, 3, 9);
CREATE INDEX delivery_held ON delivery (agency) WHERE held = 1;

-- Only what is still to be delivered, in the order of trying; narrow, so that ten million settled rows cost nothing.
CREATE TABLE waiting (
  agency INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (agency, due_at, seq)
) WITHOUT ROWID;

CREATE TABLE tally (agency INTEGER NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (agency, state))
WITHOUT ROWID;

CREATE TABLE road (
  agency INTEGER PRIMARY KEY,
  cursor TEXT NOT NULL,
  seq INTEGER NOT NULL,
  life INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  last_outcome TEXT NOT NULL
);

CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  agency INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  road TEXT NOT NULL,
  outcome TEXT NOT NULL,
  bytes_out INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL,
  milliseconds INTEGER NOT NULL,
  http_status INTEGER NOT NULL
);
CREATE INDEX attempt_seq ON attempt (seq);

CREATE TABLE status_event (
  agency INTEGER NOT NULL,
  life INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  request INTEGER NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  fields TEXT NOT NULL,
  params TEXT NOT NULL,
  at INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  PRIMARY KEY (agency, life, seq)
) WITHOUT ROWID;
CREATE INDEX status_event_request ON status_event (request);

CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  number INTEGER,
  kind TEXT NOT NULL,
  language TEXT NOT NULL,
  text TEXT NOT NULL,
  parts INTEGER NOT NULL,
  reference INTEGER,
  link_id TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  at INTEGER NOT NULL,
  useless_at INTEGER NOT NULL,
  gateway_id TEXT,
  settled_at INTEGER NOT NULL,
  price INTEGER NOT NULL,
  cost TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX message_gateway ON message (gateway_id, channel) WHERE gateway_id IS NOT NULL;
CREATE INDEX message_reference ON message (reference) WHERE reference IS NOT NULL;

CREATE INDEX message_unknown ON message (id) WHERE state = 'unknown';

-- Messages on their way out; a settled one leaves it.
CREATE TABLE message_queue (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  number INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  state TEXT NOT NULL
);
CREATE INDEX message_queue_due ON message_queue (channel, state, due_at);
CREATE INDEX message_queue_number ON message_queue (number);

CREATE TABLE early_report (
  channel TEXT NOT NULL,
  gateway_id TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, gateway_id)
) WITHOUT ROWID;

-- The identity of every SMS that came in: the same one again changes nothing.
CREATE TABLE inbox (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, at INTEGER NOT NULL);

CREATE TABLE note (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  number INTEGER,
  at INTEGER NOT NULL,
  done INTEGER NOT NULL
);

CREATE INDEX note_open ON note (id) WHERE done = 0;

CREATE TABLE case_key (
  request INTEGER PRIMARY KEY,
  salt BLOB NOT NULL,
  hash BLOB NOT NULL,
  wrong INTEGER NOT NULL,
  until INTEGER NOT NULL
);
CREATE TABLE guess (caller BLOB PRIMARY KEY, wrong INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE revision (
  digest TEXT PRIMARY KEY,
  flow TEXT NOT NULL,
  files TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE TABLE live (flow TEXT PRIMARY KEY, digest TEXT NOT NULL, paused INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE publication (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  flow TEXT NOT NULL,
  digest TEXT NOT NULL,
  act TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL
);
