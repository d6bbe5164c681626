-- Indexes of keys that lie in no order cost a page for each row of a large file. A session is found by its key, and the
-- newest of a number, from memory: no index. A person's row lies in its index. Of a number without anything to be
-- remembered there is no row.

CREATE TABLE session_flat (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL,
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
INSERT INTO session_flat SELECT id, key, number, channel, heard, reply, state, talk, at, keep_until, dropped FROM session
ORDER BY id;
DROP TABLE session;
ALTER TABLE session_flat RENAME TO session;
CREATE INDEX session_forgotten ON session (id) WHERE number IS NULL;
CREATE INDEX session_dropped ON session (id) WHERE dropped <> '';

CREATE TABLE person_flat (key BLOB PRIMARY KEY, data BLOB NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO person_flat SELECT key, data, day FROM person WHERE data IS NOT NULL ORDER BY key;
DROP TABLE person;
ALTER TABLE person_flat RENAME TO person;

-- Which requests are a number's, by the first eight bytes of its key: written in bulk, in the order of the keys.
CREATE TABLE request_of (caller INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (caller, seq)) WITHOUT ROWID;
DROP INDEX request_caller;
