-- The desk: who may sign in, who has, what was done there, and what a list of requests needs to page without a scan.
-- Times are UTC epoch seconds; lists are JSON.

CREATE TABLE account (
  name TEXT PRIMARY KEY,
  shown TEXT NOT NULL,
  password TEXT NOT NULL,
  roles TEXT NOT NULL,
  districts TEXT NOT NULL,
  agencies TEXT NOT NULL,
  language TEXT NOT NULL,
  secret BLOB NOT NULL,
  step INTEGER NOT NULL,
  wrong INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  fresh INTEGER NOT NULL,
  active INTEGER NOT NULL,
  subject TEXT NOT NULL,
  looked_at INTEGER NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX account_subject ON account (subject) WHERE subject <> '';

-- Codes that sign in once, as SHA-256: printed for the day without a telephone, or witnessed for the day without a clock.
CREATE TABLE account_code (
  account TEXT NOT NULL,
  hash BLOB NOT NULL,
  witness TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (account, hash)
) WITHOUT ROWID;

-- Who is signed in; `key` is the SHA-256 of the cookie, `token` what the forms carry.
CREATE TABLE sitting (
  key BLOB PRIMARY KEY,
  account TEXT NOT NULL,
  token TEXT NOT NULL,
  browser TEXT NOT NULL,
  at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sitting_account ON sitting (account);

-- Each row's hash is over the one before and its own content: a row changed or taken out breaks all that follow.
CREATE TABLE audit (
  n INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  act TEXT NOT NULL,
  object TEXT NOT NULL,
  details TEXT NOT NULL,
  hash BLOB NOT NULL
);
CREATE INDEX audit_object ON audit (object, n);

-- Somebody pressed "sync now": the road takes it up and writes how far it is.
CREATE TABLE push (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  agency TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  began_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  total INTEGER NOT NULL,
  done INTEGER NOT NULL,
  result TEXT NOT NULL
);
CREATE INDEX push_open ON push (n) WHERE ended_at = 0;

CREATE INDEX request_desk ON request (place, service, status, seq);
CREATE INDEX request_service ON request (service, status, seq);

-- What a request can be found by besides its reference; written soon after intake, gone with the body.
CREATE TABLE card (
  request INTEGER PRIMARY KEY,
  ending INTEGER NOT NULL,
  village TEXT NOT NULL
);
CREATE INDEX card_ending ON card (ending, request) WHERE ending >= 0;
CREATE INDEX card_village ON card (village, request) WHERE village <> '';
